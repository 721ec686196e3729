"""An answer as it is shown: what is said, in which order, for every renderer to walk.

The terminal, Markdown, plain text, HTML documents and the pages differ in their marks alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Answer, Confidence, Label, Quote, Source, Status, Verdict, cited_numbers
from agent.judging import JUDGING_CHECK
from agent.plan import Scope
from ui.render.text import filters_line, findings_of, reason_of, study_line, tally
from ui.render.units import counted

DRAFT_HEADING = "The language model's draft, which did not stand up to its check"
NEAREST_NOTE = "Read it as background: no sentence that was found seems to answer the question."
SOURCES, CLOSEST = "Sources", "The closest articles"


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence of an answer, and what is to be said of it.

    `numbers` are those of the sources that it cites, `studies` a line on each of them. `findings`
    say why it is flagged, "" where it carries or nothing is known; `repaired_by` is the source that
    carries it where what it cites does not, `replaced` says in whose place it stands; both "" where
    that is not so. `quotes` are the words that decided, by the number of their source.
    """

    verdict: Verdict
    numbers: tuple[int, ...]
    studies: tuple[str, ...]
    findings: str
    repaired_by: str
    replaced: str
    quotes: tuple[tuple[int, Quote], ...]

    @property
    def label(self) -> Label:
        return self.verdict.label

    @property
    def text(self) -> str:
        return self.verdict.claim.text

    @property
    def marks(self) -> str:
        """The numbers as they follow the sentence: " [1] [2]"."""
        return "".join(f" [{number}]" for number in self.numbers)

    @property
    def reason(self) -> str:
        """The label in words, with its findings; "" where the sentence carries."""
        return reason_of(self.verdict)

    @property
    def repair(self) -> str:
        """That another source carries it; "" where none does."""
        return f"supported, but by [{self.repaired_by}]" if self.repaired_by else ""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer, part by part; a part that it lacks is "" or empty.

    `asked` is the question as typed, `read_as` what it was understood to mean where that differs.
    One of three follows: `turned_away` says why it is no question for the literature; `refusal` why
    there is no answer; else `heading` says how likely this is one, with `sentences`, their `tally`,
    and a `caution`. `draft` is what a language model wrote in vain. `sources` stand under
    `sources_heading`. `small_print` says what was searched, and how the answer came about.
    """

    asked: str
    read_as: str
    turned_away: str
    refusal: str
    confidence: Confidence | None
    sentences: tuple[SentenceView, ...]
    tally: str
    caution: str
    draft: tuple[SentenceView, ...]
    sources_heading: str
    sources: tuple[Source, ...]
    small_print: tuple[str, ...]

    @property
    def heading(self) -> str:
        return self.confidence.heading if self.confidence else ""


def view_of(answer: Answer) -> AnswerView:
    """The view of an answer."""
    away = answer.plan.scope is not Scope.LITERATURE
    answered = answer.status is Status.ANSWERED
    sources = answer.cited if answered else answer.sources
    return AnswerView(
        asked=answer.plan.asked or answer.question,
        read_as=answer.question if answer.plan.asked else "",
        turned_away=answer.reason if away else "",
        refusal="" if answered or away else answer.reason,
        confidence=answer.confidence,
        sentences=tuple(sentence_view(each, answer.sources) for each in answer.verdicts),
        tally=tally([verdict.label for verdict in answer.verdicts]),
        caution=NEAREST_NOTE if answer.confidence is Confidence.NEAREST else "",
        draft=tuple(sentence_view(each, answer.sources) for each in answer.draft),
        sources_heading=(SOURCES if answered else CLOSEST) if sources else "",
        sources=sources,
        small_print=() if away else tuple(_small_print(answer)),
    )


def sentence_view(verdict: Verdict, sources: Sequence[Source]) -> SentenceView:
    """The view of a sentence that was checked against some of these sources."""
    numbers = {each.passage.id: source.number for source in sources for each in source.evidence}
    cited = cited_numbers(verdict.claim, numbers)
    shown = [source for source in sources if source.number in cited]
    return SentenceView(
        verdict,
        tuple(cited),
        tuple(_study(verdict, source) for source in shown),
        findings_of(verdict),
        str(numbers.get(verdict.repair, verdict.repair)),
        f"quoted in place of a drafted sentence that failed its check: “{verdict.replaces}”"
        if verdict.replaces
        else "",
        tuple(
            (numbers[quote.key], quote)
            for quote in (*verdict.quotes, *verdict.repair_quotes)
            if quote.key in numbers
        ),
    )


def notes_of(answer: Answer) -> list[str]:
    """What a reader should know of how an answer came about."""
    made = answer.provenance
    notes = list(answer.plan.notes)
    if made.fallbacks:
        why = " ".join(made.fallbacks).rstrip(".")
        notes.append(f"the language model failed, so Medcite's own rules took over ({why})")
    if made.model != "none":
        notes.append(f"planned and written by the language model {made.model}")
    uncounted = sum(
        check.name == JUDGING_CHECK
        for verdict in (*answer.verdicts, *answer.draft)
        for check in verdict.checks
    )
    if made.judging and uncounted:
        notes.append(
            f"the language model {made.judging.words}, so its word alone marks no sentence as"
            f" supported; it finds {counted(uncounted, 'sentence')} supported that the local check"
            " does not, or not in full (medcite models judge tests it)"
        )
    if made.judge == "large" and not all(each.label is Label.QUOTED for each in answer.verdicts):
        notes.append("claims were checked by the large judge")
    return notes


def _study(verdict: Verdict, source: Source) -> str:
    """Design, size and year of a source, and the pages of a PDF on which the cited words stand."""
    passages = {each.passage.id: each.passage for each in source.evidence}
    quoted = [quote.start for quote in verdict.quotes if quote.key in passages]
    cited = quoted or [passages[k].start for k in verdict.claim.keys if k in passages]
    pages = dict.fromkeys(filter(None, map(source.article.page_at, cited)))
    place = f"p. {', '.join(pages)}" if pages else ""
    return ", ".join(filter(None, (study_line(source.article), place)))


def _small_print(answer: Answer) -> list[str]:
    queries = "; ".join(f"“{query.text}”" for query in answer.plan.queries)
    only, seen = filters_line(answer.plan.filters), answer.articles_seen
    refused = answer.status is not Status.ANSWERED
    return [
        *([f"{seen} articles were looked at"] if refused else []),
        *([f"Searched: {queries}"] if queries else []),
        *([f"Only: {only}"] if only else []),
        *(f"Note: {note}" for note in notes_of(answer)),
    ]


def made_line(answer: Answer) -> str:
    """When, from which index and by which language model: the last line of a document."""
    made = answer.provenance
    by = f" by {made.model}" if made.model != "none" else ""
    return f"Made {made.created} from index {made.index_version}{by}"
