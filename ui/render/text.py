"""Records into text people read: pure functions, for the terminal, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from agent.answer import Answer, Confidence, Label, Status, Verdict, cited_numbers
from agent.plan import Scope
from corpora.article import Article, NoticeKind
from corpora.sample_size import sample_size
from ui.render.draft import TONE_COLOURS, draft_console, draft_of
from ui.render.inline import inline_markdown
from ui.render.typography import said_markdown, title_markdown

if TYPE_CHECKING:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    from agent.answer import Source
    from agent.assistant import Step
    from agent.run_monitor import Watch
    from retrieval.passage import Filters

DISCLAIMER = "For research. Not for decisions about anyone's diagnosis or treatment."

_STEPS = {
    Confidence.LIKELY: "bold green",
    Confidence.POSSIBLE: "bold",
    Confidence.NEAREST: "bold yellow",
}
DRAFT_HEADING = "The language model's draft, which did not stand up to its check"
NEAREST_NOTE = "Read it as background: the reader found no sentence that it takes for an answer."

_MOST_AUTHORS = 3


def reference(article: Article) -> str:
    """Authors, journal, year and identifier on one line."""
    names = [author.short for author in article.authors[:_MOST_AUTHORS]]
    if len(article.authors) > _MOST_AUTHORS:
        names.append("et al")
    parts = [", ".join(names), article.journal_abbreviation or article.journal]
    parts.append(str(article.year) if article.year else "year unknown")
    parts.append(article.named)
    return ". ".join(part.rstrip(".") for part in parts if part)


def years_spanned(years: tuple[int, int]) -> str:
    """First and last year, "2011–2021", or "2021" where they are one."""
    return "–".join(dict.fromkeys(map(str, years)))


def name_and_year(article: Article) -> str:
    """The shortest name of an article: "Kow 2021"."""
    first = article.authors[0] if article.authors else None
    name = (first.collective or first.last) if first else ""
    return f"{name or article.named or article.title[:40]} {article.year or ''}".strip()


def notice_line(article: Article) -> str:
    """What editors say about the article, "" where they say nothing."""
    said = []
    for kind, words in (
        (NoticeKind.RETRACTED, "RETRACTED"),
        (NoticeKind.CONCERN, "EXPRESSION OF CONCERN"),
        (NoticeKind.CORRECTED, "CORRECTED"),
    ):
        for notice in article.own_notices:
            if notice.kind is kind:
                place = f"PMID {notice.pmid}" if notice.pmid else ""
                place = place or (f"doi:{notice.doi}" if notice.doi else "")
                said.append(words + (f" ({place})" if place else ""))
    return "; ".join(said)


def study_line(article: Article) -> str:
    """Design, size and year of a study: "Randomised trial, n = 204, 2021"."""
    size = sample_size(article)
    parts = [article.design.level.label, size.label if size else "", str(article.year or "")]
    return ", ".join(part for part in parts if part)


def studies_of(verdict: Verdict, answer: Answer) -> list[str]:
    """The `study_line` of each article that a sentence cites, in the order of their numbers."""
    cited = cited_numbers(verdict.claim, answer.numbers)
    return [
        ", ".join(filter(None, (study_line(source.article), _pages(verdict, source))))
        for source in answer.sources
        if source.number in cited
    ]


def _pages(verdict: Verdict, source: Source) -> str:
    """The pages of a PDF on which stands what a sentence cites: "p. 4"."""
    passages = {each.passage.id: each.passage for each in source.evidence}
    quoted = [quote.start for quote in verdict.quotes if quote.key in passages]
    cited = quoted or [passages[k].start for k in verdict.claim.keys if k in passages]
    pages = dict.fromkeys(filter(None, map(source.article.page_at, cited)))
    return f"p. {', '.join(pages)}" if pages else ""


def summary_line(answer: Answer) -> str:
    """How many sentences have which verdict: "3 supported, 1 contradicted"."""
    return tally([verdict.label for verdict in answer.verdicts])


def tally(labels: Sequence[Label]) -> str:
    """How many there are of each label, the best first: "2 quoted, 1 contradicted"."""
    return ", ".join(f"{labels.count(label)} {label.word}" for label in Label if label in labels)


def marked(label: Label, sentence: str) -> str:
    """A sentence behind the sign of its label; a quotation between quotation marks."""
    return f"“{sentence}”" if label is Label.QUOTED else f"{label.sign} {sentence}"


def describe_step(step: Step) -> str:
    """What a step of the graph did, in a line."""
    update = step.update
    if "evidence" in update and step.node == "retrieve":
        return f"Found {len(update.get('seen', ()))} articles; reading…"
    if "reading" in update:
        return f"{len(update['reading'].sentences)} sentences read; writing…"
    if update.get("quoted"):
        return "Quoting the articles…"
    if "claims" in update:
        return f"Checking {len(update['claims'])} sentences…"
    if update.get("turned_away"):
        return "No question for the literature…"
    if "plan" in update:
        return f"Searching with {len(update['plan'].latest)} queries…"
    return "Finishing…"


def progress_console(steps: Sequence[Step], watch: Watch) -> Callable[[], Group]:
    """A function that gives what a run does just now, with the draft as far as it goes."""
    from rich.console import Group
    from rich.spinner import Spinner

    turning = Spinner("dots", style="green")

    def now() -> Group:
        turning.update(text=describe_step(steps[-1]) if steps else "Planning…")
        return Group(turning, *draft_console(draft_of(steps, watch)))

    return now


def filters_line(filters: Filters) -> str:
    """The filters that are set, in words: "2019–2021, Randomised trial"; "" where none is."""
    first, last = filters.first_year, filters.last_year
    years = ""
    if first is not None and last is not None:
        years = years_spanned((first, last))
    elif first is not None:
        years = f"since {first}"
    elif last is not None:
        years = f"until {last}"
    parts = [
        years,
        *(level.label for level in filters.designs),
        *filters.publication_types,
        *filters.journals,
        *map(language_name, filters.languages),
        *filters.mesh,
        "studies in people" if filters.people_only else "",
        "with retracted articles" if filters.include_retracted else "",
    ]
    return ", ".join(part for part in parts if part)


_LANGUAGES = {
    "eng": "English", "fre": "French", "ger": "German", "spa": "Spanish", "por": "Portuguese",
    "ita": "Italian", "rus": "Russian", "jpn": "Japanese", "chi": "Chinese", "pol": "Polish",
    "dut": "Dutch", "cze": "Czech", "dan": "Danish", "swe": "Swedish", "nor": "Norwegian",
    "fin": "Finnish", "hun": "Hungarian", "tur": "Turkish", "kor": "Korean", "heb": "Hebrew",
    "gre": "Greek", "rum": "Romanian", "ukr": "Ukrainian", "bul": "Bulgarian", "hrv": "Croatian",
    "scr": "Croatian", "srp": "Serbian", "slo": "Slovak", "slv": "Slovenian", "per": "Persian",
    "ara": "Arabic", "lit": "Lithuanian", "cat": "Catalan", "vie": "Vietnamese", "tha": "Thai",
    "und": "language unknown", "mul": "several languages",
}  # fmt: skip


def language_name(code: str) -> str:
    """A MEDLINE language code in English; the code itself where it is a rare one."""
    return _LANGUAGES.get(code.casefold(), code)


def notes_of(answer: Answer) -> list[str]:
    """What a reader should know of how an answer came about."""
    made = answer.provenance
    notes = list(answer.plan.notes)
    if made.fallbacks:
        why = " ".join(made.fallbacks).rstrip(".")
        notes.append(f"the language model failed, so Medcite's own rules took over ({why})")
    if made.model != "none":
        notes.append(f"planned and written by the language model {made.model}")
    if made.judge == "large" and not all(each.label is Label.QUOTED for each in answer.verdicts):
        notes.append("claims were checked by the large judge")
    return notes


def answer_console(answer: Answer) -> Group:
    """An answer for the terminal."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    lines: list[Text | Padding] = [Text(answer.question, style="bold"), Text()]
    if answer.status is Status.ANSWERED:
        if answer.confidence:
            lines += [Text(answer.confidence.heading, style=_STEPS[answer.confidence]), Text()]
        for verdict in answer.verdicts:
            lines += _sentence_console(verdict, answer)
        lines += [Text(), Text(summary_line(answer), style="italic")]
        if answer.confidence is Confidence.NEAREST:
            lines.append(Text(NEAREST_NOTE, style="yellow"))
        if answer.draft:
            lines += [Text(), Text(DRAFT_HEADING, style="dim bold")]
            lines += [Padding(Text(drafted(v), style="dim"), (0, 0, 0, 1)) for v in answer.draft]
        shown = answer.cited
    elif answer.plan.scope is not Scope.LITERATURE:
        colour = "bold red" if answer.plan.scope is Scope.EMERGENCY else "yellow"
        return Group(Text(answer.reason, style=colour), Text(), Text(DISCLAIMER, style="dim"))
    else:
        lines.append(Text(f"No answer: {answer.reason}.", style="yellow"))
        lines.append(Text(f"{answer.articles_seen} articles were looked at. The closest:"))
        shown = answer.sources
    lines += [Text(), Text("Sources", style="bold")]
    for source in shown:
        article = source.article
        lines.append(Text.assemble((f"[{source.number}] ", "cyan"), article.title))
        lines.append(
            Padding(Text(f"{article.design.level.label}. {reference(article)}"), (0, 0, 0, 4))
        )
        if notice := notice_line(article):
            lines.append(Padding(Text(notice, style="bold red"), (0, 0, 0, 4)))
    queries = "; ".join(query.text for query in answer.plan.queries)
    lines += [Text(), Text(f"Searched: {queries}", style="dim")]
    lines += [Text(f"Note: {note}", style="dim") for note in notes_of(answer)]
    lines.append(Text(DISCLAIMER, style="dim"))
    return Group(*lines)


def _sentence_console(verdict: Verdict, answer: Answer) -> Iterator[Padding]:
    """A sentence of an answer, its studies, and what is to be said of it."""
    from rich.padding import Padding
    from rich.text import Text

    numbers = answer.numbers
    cited = "".join(f" [{n}]" for n in cited_numbers(verdict.claim, numbers))
    yield Padding(_marked_text(verdict, cited), (0, 0, 0, 1))
    for line in studies_of(verdict, answer):
        yield Padding(Text(line, style="dim"), (0, 0, 0, 3))
    if verdict.replaces:
        yield Padding(Text(replaced(verdict), style="dim"), (0, 0, 0, 5))
    if not verdict.label.carries:
        yield Padding(Text(_why(verdict), style=TONE_COLOURS[verdict.label.tone]), (0, 0, 0, 5))
    if verdict.repair:
        said = f"supported, but by [{numbers.get(verdict.repair, verdict.repair)}]"
        yield Padding(Text(said, style="cyan"), (0, 0, 0, 5))


def verdicts_console(verdicts: Sequence[Verdict]) -> Group:
    """Verdicts on a text that Medcite did not write, each citation shown as its PMID."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    lines: list[Text | Padding] = []
    for verdict in verdicts:
        lines.append(_marked_text(verdict, "".join(f" [{key}]" for key in verdict.claim.keys)))
        if not verdict.label.carries:
            colour = TONE_COLOURS[verdict.label.tone]
            lines.append(Padding(Text(_why(verdict), style=colour), (0, 0, 0, 4)))
        if verdict.repair:
            said = f"supported, but by [{verdict.repair}]"
            lines.append(Padding(Text(said, style="cyan"), (0, 0, 0, 4)))
        for quote in (*verdict.quotes, *verdict.repair_quotes)[:2]:
            lines.append(Padding(Text(f"{quote.key}: “{quote.text}”", style="dim"), (0, 0, 0, 4)))
    told = tally([verdict.label for verdict in verdicts])
    return Group(*lines, Text(), Text(told, style="italic"), Text(DISCLAIMER, style="dim"))


def _marked_text(verdict: Verdict, cited: str) -> Text:
    from rich.text import Text

    label, colour = verdict.label, TONE_COLOURS[verdict.label.tone]
    opening, closing = (label.sign, "”") if label is Label.QUOTED else (f"{label.sign} ", "")
    return Text.assemble((opening, colour), verdict.claim.text, (closing, colour), (cited, "cyan"))


def answer_markdown(answer: Answer) -> str:
    """An answer as Markdown that shows paper text literally."""
    lines = [f"### {markdown_text(answer.question)}", ""]
    if answer.status is Status.ANSWERED:
        if answer.confidence:
            lines += [f"**{answer.confidence.heading}**", ""]
        numbers = answer.numbers
        for verdict in answer.verdicts:
            cited = "".join(f" [{n}]" for n in cited_numbers(verdict.claim, numbers))
            why = "" if verdict.label.carries else f" ({_why(verdict)})"
            quotes = (*verdict.quotes, *verdict.repair_quotes)
            said = said_markdown(verdict.claim.text, quotes, answer.evidence)
            studies = markdown_text("; ".join(studies_of(verdict, answer)))
            lines.append(f"- {marked(verdict.label, said)}{cited}{markdown_text(why)} _{studies}_")
            if verdict.repair:
                lines.append(
                    f"  - supported, but by [{numbers.get(verdict.repair, verdict.repair)}]"
                )
            if verdict.replaces:
                lines.append(f"  - {markdown_text(replaced(verdict))}")
        lines += ["", f"_{summary_line(answer)}_", ""]
        lines += _draft_markdown(answer)
        shown = answer.cited
    elif answer.plan.scope is not Scope.LITERATURE:
        return "\n".join([*lines, markdown_text(answer.reason), "", f"_{DISCLAIMER}_", ""])
    else:
        lines += [f"**No answer:** {markdown_text(answer.reason)}.", ""]
        lines += [f"{answer.articles_seen} articles were looked at. The closest:", ""]
        shown = answer.sources
    for source in shown:
        article = source.article
        title = title_markdown(article)
        linked = f"[{title}]({article.url})" if article.url else title
        lines.append(f"{source.number}. {linked} {markdown_text(reference(article))}."
                     f" _{article.design.level.label}._")  # fmt: skip
        if notice := notice_line(article):
            lines.append(f"   **{notice}**")
    queries = "; ".join(f"“{markdown_text(query.text)}”" for query in answer.plan.queries)
    lines += ["", f"Searched: {queries}"]
    lines += [f"Note: {markdown_text(note)}" for note in notes_of(answer)]
    return "\n".join([*lines, "", f"_{DISCLAIMER}_", ""])


def _draft_markdown(answer: Answer) -> list[str]:
    if not answer.draft:
        return []
    lines = [f"- {markdown_text(drafted(verdict))}" for verdict in answer.draft]
    return ["<details>", f"<summary>{DRAFT_HEADING}</summary>", "", *lines, "", "</details>", ""]


def drafted(verdict: Verdict) -> str:
    """A sentence of a draft that was given up, with its verdict; its sources are not listed."""
    return f"{marked(verdict.label, verdict.claim.text)} ({_why(verdict)})"


def replaced(verdict: Verdict) -> str:
    """What a quotation stands in the place of."""
    return f"quoted in place of a drafted sentence that failed its check: “{verdict.replaces}”"


def markdown_text(text: str) -> str:
    """Text that Markdown, HTML and LaTeX in it do nothing to; see `ui.render.inline`."""
    return inline_markdown(text)


def _why(verdict: Verdict) -> str:
    findings = "; ".join(f"{check.name}: {check.finding}" for check in verdict.checks)
    return f"{verdict.label.word}: {findings}" if findings else verdict.label.word
