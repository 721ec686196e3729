"""Answers and runs into HTML: pure functions; all text of papers and users is escaped."""

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
# Seconds of a step that are worth saying.
_LONG = 0.5


# The answer


def greeting_html(articles: int, years: tuple[int, int] | None, imported: str = "") -> str:
    """What one meets before asking; `imported` is the ISO time of the last import."""
    since = f", last import {ago(imported)}" if imported else ""
    span = f" of {years_spanned(years)}" if years else ""
    return (
        '<div class="greeting"><h1>What does the literature say?</h1><p class="muted">Answers from'
        f" {counted(articles, 'article')}{span}{since}. Every sentence is cited, and checked"
        " against the passage that it cites. Add articles of your own on the Literature page.</p>"
        "</div>"
    )


def question_html(answer: Answer) -> str:
    """The question; of a follow-up, what was asked and how it was read."""
    asked = answer.plan.asked
    if not asked:
        return f'<h2 class="question">{escape(answer.question)}</h2>'
    return (
        f'<h2 class="question">{escape(asked)}</h2><p class="reference">Interpreted as: '
        f"{escape(answer.question)}</p>"
    )


def sentence_html(sentence: SentenceView, evidence: Sequence[Evidence]) -> str:
    """A sentence of the answer behind the sign of its verdict, with the reason where flagged.

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
    """The sentence alone."""
    return said_html(verdict.claim.text, (*verdict.quotes, *verdict.repair_quotes), evidence)


def verdict_html(label: Label) -> str:
    """A verdict in words."""
    return f'<span class="verdict {label.tone}">{label.word}</span>'


def summary_html(answer: Answer) -> str:
    """How many sentences have which verdict, and what else to know before reading on."""
    seen = (
        f'<span class="muted">{counted(len(answer.cited), "article")} cited,'
        f" {answer.articles_seen} looked at</span>"
    )
    counts = tally_html([verdict.label for verdict in answer.verdicts], seen)
    notes = "".join(f'<p class="muted note">{escape(note)}</p>' for note in answer.plan.notes)
    return f"{confidence_html(answer)}{counts}{notes}"


def tally_html(labels: Sequence[Label], more: str = "") -> str:
    """How many sentences have which verdict; `more` is HTML to stand behind it."""
    shown = "".join(
        f'<span class="tally {label.tone}">{label.sign} {labels.count(label)} {label.word}</span>'
        for label in Label
        if label in labels
    )
    return f'<div class="summary">{shown}{more}</div>'


def quotes_html(quotes: Sequence[Quote], articles: Mapping[str, Article]) -> str:
    """The sentences that decided, each under the name its article is cited by."""
    items = "".join(
        f"<li>{escape(quote.key)}: “"
        f"{quoted_html(articles[quote.key], quote.start, quote.end, quote.text)}”</li>"
        for quote in quotes
    )
    return f'<ul class="deciding">{items}</ul>'


def confidence_html(answer: Answer) -> str:
    """How likely the answer answers, in words; the nearest found looks unlike the others."""
    if answer.confidence is None:
        return ""
    more = f" {NEAREST_NOTE}" if answer.confidence is Confidence.NEAREST else ""
    return (
        f'<p class="confidence {answer.confidence.value}">'
        f"<strong>{answer.confidence.heading}.</strong>{escape(more)}</p>"
    )


def abstention_html(answer: Answer) -> str:
    """Why there is no answer, and what may help."""
    if answer.plan.scope is not Scope.LITERATURE:
        return note_html(_TURNED_AWAY[answer.plan.scope], escape(answer.reason))
    advice = ["Name the treatment or exposure and the disease in the words that papers use."]
    if answer.plan.filters.narrows:
        advice.append("Loosen the filters: they leave out part of the literature.")
    advice.append("Read the closest articles below, or import more literature on the subject.")
    tips = "".join(f"<li>{tip}</li>" for tip in advice)
    seen = answer.articles_seen
    return note_html(
        "No answer",
        f"{escape(_sentence(answer.reason))} {counted(seen, 'article was', 'articles were')}"
        f" looked at.<ul>{tips}</ul>",
    )


_TURNED_AWAY = {
    Scope.EMERGENCY: "In an emergency, get help first",
    Scope.PERSONAL: "Not a question that literature can settle",
    Scope.OUTSIDE: "Outside the biomedical literature",
}


def deciding_spans(verdict: Verdict, source: Source) -> list[Span]:
    """The spans of a source's article that decided a verdict, else those of the cited passages."""
    own = {each.passage.id: each.passage for each in source.evidence}
    quotes = (*verdict.quotes, *verdict.repair_quotes)
    quoted = [(q.start, q.end) for q in quotes if q.key in own]
    cited = [(own[key].start, own[key].end) for key in verdict.claim.keys if key in own]
    return quoted or cited


def search_html(answer: Answer) -> str:
    """What was searched, round by round, and what that found; with the planner's notes and time."""
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
    told = "".join(f"<li>{escape(note)}</li>" for note in notes)
    made = answer.provenance
    seconds = sum(made.timings.values())
    return (
        f'<div class="searched"><p>Queries</p><ol>{rounds}</ol>'
        + (f"<p>Notes</p><ul>{told}</ul>" if told else "")
        + f'<p class="muted">Index {escape(made.index_version)}, encoder {escape(made.encoder)},'
        f" language model {escape(made.model)}; {seconds:.1f} s.</p></div>"
    )


def _gained(count: int) -> str:
    return f"found {counted(count, 'new article')}" if count else "found nothing new"


SIDES_HEADING = (
    '<h2>Evidence for and against</h2><p class="muted">As the verifier reads these articles. Read'
    " both sides: a difference of population or dose can look like a contradiction.</p>"
)


def sides_html(disagreement: Sides, numbers: dict[str, int]) -> str:
    """What supports a sentence and what opposes it, beside each other.

    `numbers` are the sources' by PMID.
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
    items = "".join(_position(each, claim, numbers) for each in positions)
    return f'<div class="side {tone}"><h4>{name}</h4><ul>{items}</ul></div>'


def _position(position: Position, claim: str, numbers: dict[str, int]) -> str:
    article = position.article
    studied = f", {position.size.label}" if position.size else ""
    number = numbers.get(article.pmid)
    mark = f"[{number}] " if number else ""
    quote = position.quote
    said = "Says so in these words."
    if quote.text != claim:
        said = quoted_html(article, quote.start, quote.end, quote.text)
    return (
        f'<li><p class="reference">{mark}{escape(name_and_year(article))}'
        f" {design_html(article)}{studied}</p><p>{said}</p></li>"
    )


# The run


def steps_html(steps: Sequence[Step]) -> str:
    """What the steps of a run did, in order, each with what it found."""
    known: dict[str, Evidence] = {}
    lines = []
    for step in steps:
        known |= {each.article.pmid: each for each in step.update.get("evidence", ())}
        lines.append(_step(step, known))
    return f'<div class="steps">{"".join(lines)}</div>'


def _step(step: Step, known: dict[str, Evidence]) -> str:
    what, details = _done(step, known)
    told = "".join(f'<p class="muted">{detail}</p>' for detail in details if detail)
    took = f' <span class="muted">{step.seconds:.1f} s</span>' if step.seconds >= _LONG else ""
    return (
        f'<div class="step"><span class="sign" aria-hidden="true">✓</span><div><p>{escape(what)}'
        f"{took}</p>{told}</div></div>"
    )


def _done(step: Step, known: dict[str, Evidence]) -> tuple[str, list[str]]:
    """(what a step did, details of it as HTML)."""
    update = step.update
    if update.get("quoted"):
        return f"{counted(len(update['claims']), 'sentence')} quoted instead", []
    if "claims" in update:
        done = "kept after a second look" if update.get("revised") else "written"
        return f"{counted(len(update['claims']), 'sentence')} {done}", []
    if "verdicts" in update:
        labels = [verdict.label for verdict in update["verdicts"]]
        return "Sentences checked", [tally(labels)]
    if "evidence" in update:
        best = [title_line(each.article) for each in update["evidence"][:3]]
        found = f"{counted(len(update.get('seen', ())), 'article')} found"
        return found, [f"First: {'; '.join(best)}" if best else ""]
    if "reading" in update:
        reading = update["reading"]
        named = [
            name_and_year(known[p].article) for p in reading.articles[:_MOST_NAMED] if p in known
        ]
        done = f"{counted(len(reading.sentences), 'sentence')} read"
        return done, [escape(reading.confidence.heading), escape(", ".join(named))]
    if update.get("turned_away"):
        return "No question for the literature", []
    if "plan" in update:
        plan = update["plan"]
        read = f"Interpreted as: {update.get('question', '')}" if plan.asked else ""
        queries = "; ".join(f"“{query.text}”" for query in plan.latest)
        number = counted(len(plan.latest), "query", "queries")
        return f"Searching with {number}", [escape(read), escape(queries)]
    return "Nothing else to try" if update.get("exhausted") else "Done", []


def present_html(line: str) -> str:
    """What a run does just now, with a sign that moves; screen readers say it when it changes."""
    return (
        f'<div class="step" role="status"><span class="turning" aria-hidden="true"></span>'
        f"<p>{escape(line)}</p></div>"
    )


# Conversations


def thread_html(name: str, turns: int) -> str:
    """The name of a conversation, over its questions."""
    return (
        f'<p class="thread">{escape(name)} <span class="muted">{counted(turns, "question")}</span>'
        "</p>"
    )


def asked_html(question: str) -> str:
    """A question that has no answer yet."""
    return f'<h2 class="question">{escape(question)}</h2>'


def thread_line_html(thread: Thread, *, working: bool) -> str:
    """What stands under the name of a conversation in a list."""
    said = [counted(thread.turns, "question"), f"last used {ago(thread.updated)}"]
    state = ""
    if working:
        state = ' <span class="tally good">being answered</span>'
    elif thread.unanswered:
        state = f' <span class="tally unknown">{thread.unanswered} interrupted</span>'
    return f'<p class="reference">{", ".join(said)}{state}</p>'


def tallies_html(answer: Answer | None) -> str:
    """The verdicts of an answer in signs and numbers, for a list; with words for screen readers."""
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
