"""Render answers, verdicts and runs for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.spinner import Spinner
from rich.text import Text

from agent.answer import Answer, Confidence, Label, Source, Verdict
from agent.plan import Scope
from ui.render.answer_view import DRAFT_HEADING, AnswerView, SentenceView, view_of
from ui.render.draft import TONE_COLOURS, draft_console, draft_of
from ui.render.text import (
    DISCLAIMER,
    describe_step,
    notice_line,
    reason_of,
    reference,
    tally,
)

if TYPE_CHECKING:
    from agent.assistant import Step
    from agent.run_monitor import Watch

Lines = Iterator[Text | Padding]

_HEADINGS = {
    Confidence.LIKELY: "bold green",
    Confidence.POSSIBLE: "bold",
    Confidence.NEAREST: "bold yellow",
}


def answer_console(answer: Answer) -> Group:
    """Render an answer."""
    view = view_of(answer)
    if view.turned_away:
        colour = "bold red" if answer.plan.scope is Scope.EMERGENCY else "yellow"
        return Group(Text(view.turned_away, style=colour), Text(), Text(DISCLAIMER, style="dim"))
    return Group(*_answer(view))


def _answer(view: AnswerView) -> Lines:
    yield Text(view.asked, style="bold")
    if view.read_as:
        yield Text(f"Interpreted as: {view.read_as}", style="dim")
    yield Text()
    if view.first:
        yield Text(view.first, style="yellow")
        yield Text()
    if view.refusal:
        yield Text(f"No answer: {view.refusal}.", style="yellow")
    if view.confidence:
        yield Text(view.heading, style=_HEADINGS[view.confidence])
        yield Text()
    yield from _sentences(view.sentences)
    if view.tally:
        yield Text()
        yield Text(view.tally, style="italic")
    if view.caution:
        yield Text(view.caution, style="yellow")
    if view.draft:
        yield Text()
        yield Text(DRAFT_HEADING, style="dim bold")
        yield from _sentences(view.draft, "dim")
    if view.sources:
        yield Text()
        yield Text(view.sources_heading, style="bold")
    for source in view.sources:
        yield from _source(source)
    yield Text()
    for line in view.small_print:
        yield Text(line, style="dim")
    yield Text(DISCLAIMER, style="dim")


def _sentences(sentences: Sequence[SentenceView], style: str = "") -> Lines:
    """Render sentences; those in a row that cite the same studies share the lines on them."""
    for place, sentence in enumerate(sentences, start=1):
        alike = any(each.numbers == sentence.numbers for each in sentences[place : place + 1])
        yield from _sentence(sentence, () if alike else sentence.studies, style)


def _sentence(sentence: SentenceView, studies: Sequence[str], style: str) -> Lines:
    """Render a sentence, its studies, and its notes."""
    yield Padding(_marked(sentence.verdict, sentence.marks, style), (0, 0, 0, 1))
    for line in studies:
        yield Padding(Text(line, style="dim"), (0, 0, 0, 3))
    if sentence.replaced:
        yield Padding(Text(sentence.replaced, style="dim"), (0, 0, 0, 5))
    if sentence.reason:
        colour = TONE_COLOURS[sentence.label.tone]
        yield Padding(Text(sentence.reason, style=colour), (0, 0, 0, 5))
    if sentence.repair:
        yield Padding(Text(sentence.repair, style="cyan"), (0, 0, 0, 5))


def _source(source: Source) -> Lines:
    article = source.article
    yield Text.assemble((f"[{source.number}] ", "cyan"), article.title)
    yield Padding(Text(f"{article.design.level.label}. {reference(article)}"), (0, 0, 0, 4))
    if notice := notice_line(article):
        yield Padding(Text(notice, style="bold red"), (0, 0, 0, 4))


def verdicts_console(verdicts: Sequence[Verdict]) -> Group:
    """Render verdicts on an external text, with citations by identifier."""
    lines: list[Text | Padding] = []
    for verdict in verdicts:
        lines.append(_marked(verdict, "".join(f" [{key}]" for key in verdict.claim.keys)))
        if reason := reason_of(verdict):
            lines.append(
                Padding(Text(reason, style=TONE_COLOURS[verdict.label.tone]), (0, 0, 0, 4))
            )
        if verdict.repair:
            repair = f"supported, but by [{verdict.repair}]"
            lines.append(Padding(Text(repair, style="cyan"), (0, 0, 0, 4)))
        for quote in (*verdict.quotes, *verdict.repair_quotes)[:2]:
            lines.append(Padding(Text(f"{quote.key}: “{quote.text}”", style="dim"), (0, 0, 0, 4)))
    counts = tally([verdict.label for verdict in verdicts])
    return Group(*lines, Text(), Text(counts, style="italic"), Text(DISCLAIMER, style="dim"))


def progress_console(steps: Sequence[Step], watch: Watch) -> Callable[[], Group]:
    """Return a function that renders a run's current activity and the draft so far."""
    spinner = Spinner("dots", style="green")

    def now() -> Group:
        spinner.update(text=describe_step(steps[-1]) if steps else "Planning…")
        return Group(spinner, *draft_console(draft_of(steps, watch)))

    return now


def _marked(verdict: Verdict, cited: str, style: str = "") -> Text:
    label, colour = verdict.label, TONE_COLOURS[verdict.label.tone]
    opening, closing = (label.sign, "”") if label is Label.QUOTED else (f"{label.sign} ", "")
    parts = ((opening, colour), verdict.claim.text, (closing, colour), (cited, "cyan"))
    return Text.assemble(*parts, style=style)
