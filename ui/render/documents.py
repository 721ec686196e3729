"""Answers and conversations to take away: plain text, Markdown, and HTML that prints as it reads.

The HTML is one file that needs no other: no script, no font, no picture, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from agent.answer import Answer, Source, Status, Verdict, cited_numbers
from agent.plan import Scope
from agent.verification.sides import Sides
from ui.render.answer_markup import claim_html, sides_html
from ui.render.inline import inline_plain
from ui.render.markup import design_html, links_html, notices_html
from ui.render.text import (
    DISCLAIMER,
    answer_markdown,
    filters_line,
    markdown_text,
    marked,
    notes_of,
    notice_line,
    reference,
    studies_of,
    summary_line,
)
from ui.render.typography import said_html, title_line

if TYPE_CHECKING:
    from agent.conversations.threads import Thread, Turn
    from retrieval.passage import Filters

_STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.5 Georgia, "Times New Roman", serif; color: #1b1a18; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
h4 { margin: 0; font-size: .9rem; }
p { margin: 0 0 .35rem; }
sub, sup { line-height: 0; }
ol, ul { padding-left: 1.5rem; }
.good { --tone: #0c5a44; } .fair { --tone: #7a5600; } .bad { --tone: #a3283a; } .unknown { --tone: #6f33b8; }
.quoted { --tone: #1d5f8a; }
.claims { list-style: none; padding: 0; }
.claims > li { margin: 0 0 .6rem; padding-left: 1.5rem; position: relative; }
.sign { position: absolute; left: 0; color: var(--tone); font-weight: bold; }
.verdict { color: var(--tone); font-size: .85rem; }
.quote { color: #444; font-size: .9rem; border-left: 2px solid #bbb; padding-left: .6rem; margin: .2rem 0; }
.muted, .reference { color: #5f5b54; font-size: .85rem; }
.notice { border-left: 4px solid var(--tone); padding: .2rem .6rem; font-size: .9rem; }
.sides-pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; font-size: .9rem; }
.side h4 { color: var(--tone); }
.design { border: 1px solid #ccc; border-radius: .4rem; padding: 0 .3rem; }
.links { display: flex; gap: 1rem; font-size: .85rem; }
a { color: #1d5f8a; }
footer { border-top: 1px solid #ccc; margin-top: 2rem; padding-top: .5rem; }
article + article { border-top: 1px solid #ccc; margin-top: 2rem; padding-top: 1rem; }
@page { size: A4; margin: 20mm 18mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }
  li, .sides, .notice, tr { break-inside: avoid; }
  h1, h2, h4 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .links a[href^="https://doi.org"]::after { content: " " attr(href); }
  article + article { break-before: page; border: 0; }
}
"""


# Text to paste


def answer_text(answer: Answer) -> str:
    """An answer as plain text, with its references."""
    lines = [answer.question, ""]
    shown = answer.sources
    if answer.status is Status.ANSWERED:
        numbers, shown = answer.numbers, answer.cited
        if answer.confidence:
            lines += [f"{answer.confidence.heading}:", ""]
        for verdict in answer.verdicts:
            label = verdict.label
            cited = "".join(f" [{n}]" for n in cited_numbers(verdict.claim, numbers))
            studies = "; ".join(studies_of(verdict, answer))
            said = marked(label, inline_plain(verdict.claim.text))
            lines.append(f"{said}{cited} ({label.word}; {studies})")
        lines += ["", summary_line(answer)]
    else:
        lines += [answer.reason if _away(answer) else f"No answer: {answer.reason}."]
    if shown:
        lines += ["", "Sources" if answer.verdicts else "The closest articles"]
    for source in shown:
        notice = notice_line(source.article)
        lines.append(
            f"[{source.number}] {inline_plain(source.article.title)} {reference(source.article)}."
            + (f" {notice}." if notice else "")
        )
    return "\n".join([*lines, "", DISCLAIMER, ""])


# HTML


def answer_page(answer: Answer, filters: Filters, disagreements: Sequence[Sides] = ()) -> str:
    """One answer as a document of its own."""
    body = _answer(answer, filters, disagreements, "h1")
    return _page(answer.question, body)


def thread_page(thread: Thread, turns: Sequence[Turn]) -> str:
    """A conversation as a document of its own."""
    parts = [f"<header><h1>{escape(thread.name)}</h1></header>"]
    for turn in turns:
        if turn.answer is None:
            parts.append(
                f"<article><h2>{turn.number}. {escape(turn.asked)}</h2><p>Interrupted.</p></article>"
            )
        else:
            parts.append(_answer(turn.answer, turn.filters, (), "h2"))
    return _page(thread.name, "".join(parts))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}"
        f'<footer class="muted">{DISCLAIMER}</footer></body></html>\n'
    )


def _answer(answer: Answer, filters: Filters, disagreements: Sequence[Sides], heading: str) -> str:
    asked = answer.plan.asked
    parts = [f"<article><{heading}>{escape(asked or answer.question)}</{heading}>"]
    if asked:
        parts.append(f'<p class="muted">Read as: {escape(answer.question)}</p>')
    shown = answer.sources
    if answer.status is Status.ANSWERED:
        shown = answer.cited
        claims = "".join(_claim(answer, verdict) for verdict in answer.verdicts)
        if answer.confidence:
            parts.append(f"<p><strong>{answer.confidence.heading}</strong></p>")
        parts.append(f'<p class="muted">{summary_line(answer)}</p><ul class="claims">{claims}</ul>')
        if disagreements:
            numbers = {source.article.pmid: source.number for source in answer.sources}
            parts.append("<h2>Evidence for and against</h2>")
            parts += [sides_html(each, numbers) for each in disagreements]
    elif _away(answer):
        parts.append(f"<p>{escape(answer.reason)}</p>")
    else:
        parts.append(f"<p><strong>No answer:</strong> {escape(answer.reason)}.</p>")
    if shown:
        parts.append(f"<h2>{'Sources' if answer.verdicts else 'The closest articles'}</h2><ol>")
        parts += [_source(source) for source in shown]
        parts.append("</ol>")
    return "".join([*parts, _made(answer, filters), "</article>"])


def _claim(answer: Answer, verdict: Verdict) -> str:
    label = verdict.label
    numbers = answer.numbers
    cited = "".join(f" [{n}]" for n in cited_numbers(verdict.claim, numbers))
    why = "; ".join(f"{check.name}: {check.finding}" for check in verdict.checks)
    repair = f"; supported, but by [{numbers[verdict.repair]}]" if verdict.repair in numbers else ""
    quotes = "".join(
        f'<p class="quote">[{numbers[quote.key]}] “{said_html(quote.text, (quote,), answer.evidence)}”</p>'
        for quote in (*verdict.quotes, *verdict.repair_quotes)
        if quote.key in numbers and quote.text != verdict.claim.text
    )
    return (
        f'<li class="{label.tone}"><span class="sign" aria-hidden="true">{label.sign}</span>'
        f"{claim_html(verdict, answer.evidence)}{cited}"
        f' <span class="muted">{escape("; ".join(studies_of(verdict, answer)))}</span>'
        f' <span class="verdict">{label.word}{escape(f": {why}" if why else "")}{repair}</span>{quotes}</li>'
    )


def _source(source: Source) -> str:
    article = source.article
    return (
        f'<li value="{source.number}">{title_line(article)}{notices_html(article)}'
        f'<p class="reference">{escape(reference(article))} {design_html(article)}</p>'
        f"{links_html(article)}</li>"
    )


def _made(answer: Answer, filters: Filters) -> str:
    """What was searched and with what, in small print."""
    queries = "; ".join(f"“{query.text}”" for query in answer.plan.queries)
    line = filters_line(filters)
    made = answer.provenance
    said = [
        *([f"Searched: {queries}"] if queries else []),
        *([f"Only: {line}"] if line else []),
        *(f"Note: {note}" for note in notes_of(answer)),
        f"Made {made.created} from index {made.index_version} by {made.model}"
        if made.model != "none"
        else f"Made {made.created} from index {made.index_version}",
    ]
    return "".join(f'<p class="muted">{escape(line)}.</p>' for line in said)


def _away(answer: Answer) -> bool:
    return answer.plan.scope is not Scope.LITERATURE


# Conversations


def thread_markdown(thread: Thread, turns: Sequence[Turn]) -> str:
    """A conversation as Markdown."""
    parts = [f"# {markdown_text(thread.name)}\n"]
    for turn in turns:
        parts.append(f"## {turn.number}. {markdown_text(turn.asked)}\n")
        parts.append(answer_markdown(turn.answer) if turn.answer else "_Interrupted._\n")
    return "\n".join(parts)


def thread_dict(thread: Thread, turns: Sequence[Turn]) -> dict[str, Any]:
    """A conversation for programs; each answer is as docs/answer.schema.json has it."""
    from dataclasses import asdict

    return asdict(thread) | {
        "turns": [
            {
                "number": turn.number,
                "asked": turn.asked,
                "created": turn.created,
                "answer": turn.answer.to_dict() if turn.answer else None,
            }
            for turn in turns
        ]
    }
