"""Render answers and runs as HTML: pure functions; all text of articles and users is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from agent.answer import Answer, Confidence, Label, Quote, Source, Verdict
from agent.plan import Scope
from agent.verification.sides import Position, Sides
from corpora.article import Article
from ui.render.answer_view import NEAREST_NOTE, SentenceView, notes_of
from ui.render.inline import Span, inline_html
from ui.render.markup import design_html, note_html
from ui.render.text import (
    filters_line,
    name_and_year,
    tally,
    years_spanned,
)
from ui.render.typography import quoted_html, said_html, title_line
from ui.render.units import ago, counted

if TYPE_CHECKING:
    from agent.assistant import Step
    from agent.conversations.threads import Thread
    from retrieval.passage import Evidence

_MOST_NAMED = 8
# Steps of at least this many seconds show their duration.
_LONG = 0.5


# The answer


def greeting_html(articles: int, years: tuple[int, int] | None, imported: str = "") -> str:
    """Render the start page's greeting; `imported` is the ISO time of the last import."""
    since = f", last import {ago(imported)}" if imported else ""
    span = f" of {years_spanned(years)}" if years else ""
    return (
        '<div class="greeting"><h1>What does the literature say?</h1><p class="muted">Answers from'
        f" {counted(articles, 'article')}{span}{since}. Every sentence is cited and checked against"
        " the passage it cites. Add your own articles on the Literature page.</p>"
        "</div>"
    )


def question_html(answer: Answer) -> str:
    """Render the question or, for a follow-up, the question as asked and as interpreted."""
    asked = answer.plan.asked
    if not asked:
        return f'<h2 class="question">{escape(answer.question)}</h2>'
    return (
        f'<h2 class="question">{escape(asked)}</h2><p class="reference">Interpreted as: '
        f"{escape(answer.question)}</p>"
    )


def sentence_html(sentence: SentenceView, evidence: Sequence[Evidence]) -> str:
    """Render a sentence of the answer after the sign of its verdict, with the reason if flagged.

    `evidence` is the answer's.
    """
    label, tone = sentence.label, sentence.label.tone
    flagged = sentence.findings and sentence.reason
    return (
        f'<div class="sentence {tone}">'
        f'<span class="sign" role="img" aria-label="{label.word}">{label.sign}</span>'
        f'<p>{claim_html(sentence.verdict, evidence)} <span class="study">'
        f"{escape('; '.join(sentence.studies))}</span></p></div>"
        + (f'<p class="why muted">{escape(sentence.replaced)}</p>' if sentence.replaced else "")
        + (f'<p class="why {tone}">{escape(sentence.findings)}</p>' if flagged else "")
    )


def claim_html(verdict: Verdict, evidence: Sequence[Evidence]) -> str:
    """Render the sentence without its verdict."""
    return said_html(verdict.claim.text, (*verdict.quotes, *verdict.repair_quotes), evidence)


def verdict_html(label: Label) -> str:
    """Render a verdict in words."""
    return f'<span class="verdict {label.tone}">{label.word}</span>'


def summary_html(answer: Answer) -> str:
    """Render the answer's confidence, the tally of its verdicts, and the planner's notes."""
    articles = (
        f'<span class="muted">{counted(len(answer.cited), "article")} cited,'
        f" {answer.articles_seen} examined</span>"
    )
    counts = tally_html([verdict.label for verdict in answer.verdicts], articles)
    caution = answer.plan.caution
    first = f'<p class="note"><strong>{escape(caution)}</strong></p>' if caution else ""
    notes = "".join(f'<p class="muted note">{escape(note)}</p>' for note in answer.plan.notes)
    return f"{first}{confidence_html(answer)}{counts}{notes}"


def tally_html(labels: Sequence[Label], more: str = "") -> str:
    """Render how many sentences have which verdict; `more` is HTML to append."""
    shown = "".join(
        f'<span class="tally {label.tone}">{label.sign} {labels.count(label)} {label.word}</span>'
        for label in Label
        if label in labels
    )
    return f'<div class="summary">{shown}{more}</div>'


def quotes_html(quotes: Sequence[Quote], articles: Mapping[str, Article]) -> str:
    """Render the deciding sentences, each after the key its article is cited by."""
    items = "".join(
        f"<li>{escape(quote.key)}: “"
        f"{quoted_html(articles[quote.key], quote.start, quote.end, quote.text)}”</li>"
        for quote in quotes
    )
    return f'<ul class="deciding">{items}</ul>'


def confidence_html(answer: Answer) -> str:
    """Render the answer's confidence in words, with a caution for the lowest step."""
    if answer.confidence is None:
        return ""
    more = f" {NEAREST_NOTE}" if answer.confidence is Confidence.NEAREST else ""
    return (
        f'<p class="confidence {answer.confidence.value}">'
        f"<strong>{answer.confidence.heading}.</strong>{escape(more)}</p>"
    )


def abstention_html(answer: Answer) -> str:
    """Render why there is no answer, and what may help."""
    if answer.plan.scope is not Scope.LITERATURE:
        return note_html(_TURNED_AWAY[answer.plan.scope], escape(answer.reason))
    advice = ["Name the treatment or exposure and the disease in the terms that papers use."]
    if answer.plan.filters.narrows:
        advice.append("Loosen the filters: they exclude part of the literature.")
    advice.append("Read the closest articles below, or import more literature on the subject.")
    tips = "".join(f"<li>{tip}</li>" for tip in advice)
    count = counted(answer.articles_seen, "article was", "articles were")
    return note_html(
        "No answer", f"{escape(_sentence(answer.reason))} {count} examined.<ul>{tips}</ul>"
    )


_TURNED_AWAY = {
    Scope.EMERGENCY: "In an emergency, get help first",
    Scope.PERSONAL: "Not a question that the literature can answer",
    Scope.OUTSIDE: "Outside the biomedical literature",
}


def deciding_spans(verdict: Verdict, source: Source) -> list[Span]:
    """Return the spans of a source's article that decided a verdict, else the cited passages'."""
    passages = {e.passage.id: e.passage for e in source.evidence}
    quotes = (*verdict.quotes, *verdict.repair_quotes)
    quoted = [(q.start, q.end) for q in quotes if q.key in passages]
    cited = [(passages[k].start, passages[k].end) for k in verdict.claim.keys if k in passages]
    return quoted or cited


def search_html(answer: Answer) -> str:
    """Render the queries of each round with their gains, notes, provenance and time."""
    gains = dict(enumerate(answer.plan.gains))
    rounds = "".join(
        "<li>"
        + "; ".join(f"<q>{escape(query.text)}</q>" for query in queries)
        + (f" — {_gained(gains[number])}" if number in gains else "")
        + "</li>"
        for number, queries in enumerate(answer.plan.rounds)
    )
    line = filters_line(answer.plan.filters)
    notes = [*([f"only {line}"] if line else []), *notes_of(answer)]
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    provenance = answer.provenance
    seconds = sum(provenance.timings.values())
    return (
        f'<div class="searched"><p>Queries</p><ol>{rounds}</ol>'
        + (f"<p>Notes</p><ul>{items}</ul>" if items else "")
        + f'<p class="muted">Index {escape(provenance.index_version)}, encoder'
        f" {escape(provenance.encoder)}, language model {escape(provenance.model)};"
        f" {seconds:.1f} s.</p></div>"
    )


def _gained(count: int) -> str:
    return f"{counted(count, 'new article')}" if count else "no new articles"


SIDES_HEADING = (
    '<h2>Evidence for and against</h2><p class="muted">As judged by the verifier. Read both sides:'
    " a difference in population or dose can look like a contradiction.</p>"
)


def sides_html(disagreement: Sides, numbers: dict[str, int]) -> str:
    """Render the support for a sentence and the opposition to it, side by side.

    `numbers` are the numbers of the sources, by PMID.
    """
    return (
        '<section class="sides"><p class="sides-claim">'
        f"<q>{inline_html(disagreement.claim)}</q></p>"
        '<div class="sides-pair">'
        + _side("✓ Supporting", "good", disagreement.supporting, disagreement.claim, numbers)
        + _side("✗ Opposing", "bad", disagreement.opposing, disagreement.claim, numbers)
        + "</div></section>"
    )


def _side(
    name: str, tone: str, positions: Sequence[Position], claim: str, numbers: dict[str, int]
) -> str:
    items = "".join(_position(position, claim, numbers) for position in positions)
    return f'<div class="side {tone}"><h4>{name}</h4><ul>{items}</ul></div>'


def _position(position: Position, claim: str, numbers: dict[str, int]) -> str:
    article = position.article
    studied = f", {position.size.label}" if position.size else ""
    number = numbers.get(article.pmid)
    mark = f"[{number}] " if number else ""
    quote = position.quote
    words = "States it in these words."
    if quote.text != claim:
        words = quoted_html(article, quote.start, quote.end, quote.text)
    return (
        f'<li><p class="reference">{mark}{escape(name_and_year(article))}'
        f" {design_html(article)}{studied}</p><p>{words}</p></li>"
    )


# The run


def steps_html(steps: Sequence[Step]) -> str:
    """Render the completed steps of a run, in order, each with its results."""
    evidence: dict[str, Evidence] = {}
    lines = []
    for step in steps:
        evidence |= {e.article.pmid: e for e in step.update.get("evidence", ())}
        if done := _done(step, evidence):
            lines.append(_step(step, *done))
    return f'<div class="steps">{"".join(lines)}</div>'


def _step(step: Step, summary: str, details: list[str]) -> str:
    lines = "".join(f'<p class="muted">{detail}</p>' for detail in details if detail)
    took = f' <span class="muted">{step.seconds:.1f} s</span>' if step.seconds >= _LONG else ""
    return (
        f'<div class="step"><span class="sign" aria-hidden="true">✓</span><div><p>{escape(summary)}'
        f"{took}</p>{lines}</div></div>"
    )


def _done(step: Step, evidence: dict[str, Evidence]) -> tuple[str, list[str]] | None:
    """Return a summary of a completed step, and its details as HTML; None if nothing came of it."""
    update = step.update
    if "outline" in update or update.get("asked") == "":
        return None
    if update.get("quoted"):
        return f"{counted(len(update['claims']), 'sentence')} quoted instead", []
    if "claims" in update:
        done = "kept after revision" if update.get("revised") else "written"
        return f"{counted(len(update['claims']), 'sentence')} {done}", []
    if "verdicts" in update:
        labels = [verdict.label for verdict in update["verdicts"]]
        return "Sentences checked", [tally(labels)]
    if "evidence" in update:
        best = [title_line(e.article) for e in update["evidence"][:3]]
        summary = f"{counted(len(update.get('seen', ())), 'article')} found"
        return summary, [f"First: {'; '.join(best)}" if best else ""]
    if "reading" in update:
        reading = update["reading"]
        names = [
            name_and_year(evidence[pmid].article)
            for pmid in reading.articles[:_MOST_NAMED]
            if pmid in evidence
        ]
        done = f"{counted(len(reading.sentences), 'sentence')} read"
        return done, [escape(reading.confidence.heading), escape(", ".join(names))]
    if update.get("turned_away"):
        return "Not a question for the literature", []
    if "plan" in update:
        plan = update["plan"]
        queries = "; ".join(f"“{query.text}”" for query in plan.latest)
        number = counted(len(plan.latest), "query", "queries")
        return f"Searching with {number}", [escape(queries)]
    if "question" in update:
        return f"Interpreted as: {update['question']}", []
    return "No further queries" if update.get("exhausted") else "Done", []


def present_html(line: str) -> str:
    """Render a run's current activity with a spinner; screen readers announce its changes."""
    return (
        f'<div class="step" role="status"><span class="turning" aria-hidden="true"></span>'
        f"<p>{escape(line)}</p></div>"
    )


# Conversations


def thread_html(name: str, turns: int) -> str:
    """Render the heading of a conversation."""
    return (
        f'<p class="thread">{escape(name)} <span class="muted">{counted(turns, "question")}</span>'
        "</p>"
    )


def asked_html(question: str) -> str:
    """Render a question without an answer."""
    return f'<h2 class="question">{escape(question)}</h2>'


def thread_line_html(thread: Thread, *, working: bool) -> str:
    """Render the line below a conversation's name in a list."""
    facts = [counted(thread.turns, "question"), f"last used {ago(thread.updated)}"]
    state = ""
    if working:
        state = ' <span class="tally good">being answered</span>'
    elif thread.unanswered:
        state = f' <span class="tally unknown">{thread.unanswered} interrupted</span>'
    return f'<p class="reference">{", ".join(facts)}{state}</p>'


def tallies_html(answer: Answer | None) -> str:
    """Render an answer's verdicts as signs and counts for a list, with words for screen readers."""
    if answer is None:
        return '<span class="tally unknown">interrupted</span>'
    if not answer.verdicts:
        return '<span class="tally muted">no answer</span>'
    counts = [(label, answer.count(label)) for label in Label if answer.count(label)]
    return " ".join(
        f'<span class="tally {label.tone}" role="img" aria-label="{count} {label.word}">'
        f"{label.sign} {count}</span>"
        for label, count in counts
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
