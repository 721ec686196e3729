"""The view of an answer that all renderers walk: its parts, in display order.

The terminal, Markdown, plain text, HTML documents and the pages differ only in markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Answer, Confidence, Label, Quote, Source, Status, Verdict, cited_numbers
from agent.judging import JUDGING_CHECK
from agent.plan import Scope
from ui.render.text import filters_line, findings_of, reason_of, study_line, tally
from ui.render.units import counted

DRAFT_HEADING = "The language model's draft, which failed its check"
NEAREST_NOTE = "Read it as background: no sentence that was found seems to answer the question."
SOURCES, CLOSEST = "Sources", "The closest articles"


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence of an answer, with what is displayed about it.

    `numbers` are those of the sources it cites, `studies` has a line on each of them. `findings`
    say why it is flagged, "" if it is not or the reason is unknown; `repaired_by` is another source
    that supports it, if the cited ones do not, else ""; `replaced` names the drafted sentence that
    it replaces, else "". `quotes` are the deciding words, with the numbers of their sources.
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
        """The citation marks that follow the sentence: " [1] [2]"."""
        return "".join(f" [{number}]" for number in self.numbers)

    @property
    def reason(self) -> str:
        """The label in words, with its findings; "" if the sentence is not flagged."""
        return reason_of(self.verdict)

    @property
    def repair(self) -> str:
        """A note that another source supports the sentence; "" if none does."""
        return f"supported, but by [{self.repaired_by}]" if self.repaired_by else ""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The parts of an answer; missing parts are "" or empty.

    `asked` is the question as typed, `read_as` its interpretation if different; `first` cautions
    somebody who may be asking for themselves and stands above everything else. One of three
    follows: `turned_away` says why it is not a question for the literature; `refusal` why there is
    no answer; else `heading` gives the confidence, with `sentences`, their `tally` and a `caution`.
    `draft` is a language model's draft that failed its check. `sources` are listed under
    `sources_heading`. `small_print` gives the queries and how the answer was made.
    """

    asked: str
    read_as: str
    first: str
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
    """Build the view of an answer."""
    away = answer.plan.scope is not Scope.LITERATURE
    answered = answer.status is Status.ANSWERED
    sources = answer.cited if answered else answer.sources
    return AnswerView(
        asked=answer.plan.asked or answer.question,
        read_as=answer.question if answer.plan.asked else "",
        first=answer.plan.caution,
        turned_away=answer.reason if away else "",
        refusal="" if answered or away else answer.reason,
        confidence=answer.confidence,
        sentences=tuple(sentence_view(verdict, answer.sources) for verdict in answer.verdicts),
        tally=tally([verdict.label for verdict in answer.verdicts]),
        caution=NEAREST_NOTE if answer.confidence is Confidence.NEAREST else "",
        draft=tuple(sentence_view(verdict, answer.sources) for verdict in answer.draft),
        sources_heading=(SOURCES if answered else CLOSEST) if sources else "",
        sources=sources,
        small_print=() if away else tuple(_small_print(answer)),
    )


def sentence_view(verdict: Verdict, sources: Sequence[Source]) -> SentenceView:
    """Build the view of a sentence that was checked against some of these sources."""
    numbers = {e.passage.id: source.number for source in sources for e in source.evidence}
    cited = cited_numbers(verdict.claim, numbers)
    shown = [source for source in sources if source.number in cited]
    return SentenceView(
        verdict,
        tuple(cited),
        tuple(_study(verdict, source) for source in shown),
        findings_of(verdict),
        str(numbers.get(verdict.repair, verdict.repair)),
        f"quoted instead of a drafted sentence that failed its check: “{verdict.replaces}”"
        if verdict.replaces
        else "",
        tuple(
            (numbers[quote.key], quote)
            for quote in (*verdict.quotes, *verdict.repair_quotes)
            if quote.key in numbers
        ),
    )


def notes_of(answer: Answer) -> list[str]:
    """Return notes on how an answer was made."""
    provenance = answer.provenance
    notes = list(answer.plan.notes)
    if provenance.fallbacks:
        reason = " ".join(provenance.fallbacks).rstrip(".")
        notes.append(f"the language model failed, so Medcite's own rules were used ({reason})")
    if provenance.model != "none":
        notes.append(f"planned and written by the language model {provenance.model}")
    uncounted = sum(
        check.name == JUDGING_CHECK
        for verdict in (*answer.verdicts, *answer.draft)
        for check in verdict.checks
    )
    if provenance.judging and uncounted:
        notes.append(
            f"the language model {provenance.judging.words}, so its judgement alone marks no"
            f" sentence as supported; it finds {counted(uncounted, 'sentence')} supported that the"
            " local check does not, or not in full (to test it: medcite models judge)"
        )
    if provenance.judge == "large" and not all(v.label is Label.QUOTED for v in answer.verdicts):
        notes.append("claims were checked by the large judge")
    return notes


def _study(verdict: Verdict, source: Source) -> str:
    """Return a source's design, size and year and, for a PDF, the pages of the cited words."""
    passages = {e.passage.id: e.passage for e in source.evidence}
    quoted = [quote.start for quote in verdict.quotes if quote.key in passages]
    cited = quoted or [passages[k].start for k in verdict.claim.keys if k in passages]
    pages = dict.fromkeys(filter(None, map(source.article.page_at, cited)))
    place = f"p. {', '.join(pages)}" if pages else ""
    return ", ".join(filter(None, (study_line(source.article), place)))


def _small_print(answer: Answer) -> list[str]:
    queries = "; ".join(f"“{query.text}”" for query in answer.plan.queries)
    only, examined = filters_line(answer.plan.filters), answer.articles_seen
    refused = answer.status is not Status.ANSWERED
    return [
        *([f"{examined} articles were examined"] if refused else []),
        *([f"Searched: {queries}"] if queries else []),
        *([f"Only: {only}"] if only else []),
        *(f"Note: {note}" for note in notes_of(answer)),
    ]


def made_line(answer: Answer) -> str:
    """Return the last line of a document: its time, index version and language model."""
    provenance = answer.provenance
    by = f" by {provenance.model}" if provenance.model != "none" else ""
    return f"Generated {provenance.created} from index {provenance.index_version}{by}"
