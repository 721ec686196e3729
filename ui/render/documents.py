"""Render answers and conversations as documents: printable HTML, and Markdown.

The HTML is self-contained: no scripts, fonts, images or remote content.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from agent.answer import Answer, Source
from agent.verification.sides import Sides
from ui.render.answer_markup import claim_html, sides_html
from ui.render.answer_text import answer_markdown
from ui.render.answer_view import DRAFT_HEADING, SentenceView, made_line, view_of
from ui.render.markup import design_html, links_html, notices_html
from ui.render.text import DISCLAIMER, markdown_text, reference
from ui.render.typography import said_html, title_line

if TYPE_CHECKING:
    from agent.conversations.threads import Thread, Turn
    from retrieval.passage import Evidence

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


# HTML


def answer_page(answer: Answer, disagreements: Sequence[Sides] = ()) -> str:
    """Render an answer as an HTML document."""
    body = _answer(answer, disagreements, "h1")
    return _page(answer.question, body)


def thread_page(thread: Thread, turns: Sequence[Turn]) -> str:
    """Render a conversation as an HTML document."""
    parts = [f"<header><h1>{escape(thread.name)}</h1></header>"]
    for turn in turns:
        if turn.answer is None:
            parts.append(
                f"<article><h2>{turn.number}. {escape(turn.asked)}</h2><p>Interrupted.</p></article>"
            )
        else:
            parts.append(_answer(turn.answer, (), "h2"))
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


def _answer(answer: Answer, disagreements: Sequence[Sides], heading: str) -> str:
    view = view_of(answer)
    parts = [f"<article><{heading}>{escape(view.asked)}</{heading}>"]
    if view.read_as:
        parts.append(f'<p class="muted">Interpreted as: {escape(view.read_as)}</p>')
    if view.turned_away:
        parts.append(f"<p>{escape(view.turned_away)}</p>")
    if view.first:
        parts.append(f"<p><strong>{escape(view.first)}</strong></p>")
    if view.refusal:
        parts.append(f"<p><strong>No answer:</strong> {escape(view.refusal)}.</p>")
    if view.heading:
        caution = f" {escape(view.caution)}" if view.caution else ""
        parts.append(f"<p><strong>{view.heading}</strong>{caution}</p>")
    if view.sentences:
        parts.append(f'<p class="muted">{view.tally}</p>{_claims(view.sentences, answer)}')
    if view.draft:
        parts.append(f"<h2>{DRAFT_HEADING}</h2>{_claims(view.draft, answer)}")
    if disagreements:
        numbers = {source.article.pmid: source.number for source in answer.sources}
        parts.append("<h2>Evidence for and against</h2>")
        parts += [sides_html(disagreement, numbers) for disagreement in disagreements]
    if view.sources:
        parts.append(f"<h2>{view.sources_heading}</h2><ol>")
        parts += [_source(source) for source in view.sources]
        parts.append("</ol>")
    parts += [f'<p class="muted">{escape(line)}.</p>' for line in view.small_print]
    return "".join([*parts, f'<p class="muted">{escape(made_line(answer))}.</p></article>'])


def _claims(sentences: Sequence[SentenceView], answer: Answer) -> str:
    items = "".join(_claim(sentence, answer.evidence) for sentence in sentences)
    return f'<ul class="claims">{items}</ul>'


def _claim(sentence: SentenceView, evidence: Sequence[Evidence]) -> str:
    label = sentence.label
    about = "; ".join(filter(None, (sentence.reason or label.word, sentence.repair)))
    studies = "; ".join(sentence.studies)
    quotes = "".join(
        f'<p class="quote">[{number}] “{said_html(quote.text, (quote,), evidence)}”</p>'
        for number, quote in sentence.quotes
        if quote.text != sentence.text
    )
    replaced = f'<p class="muted">{escape(sentence.replaced)}</p>' if sentence.replaced else ""
    return (
        f'<li class="{label.tone}"><span class="sign" aria-hidden="true">{label.sign}</span>'
        f"{claim_html(sentence.verdict, evidence)}{sentence.marks}"
        f' <span class="muted">{escape(studies)}</span>'
        f' <span class="verdict">{escape(about)}</span>{quotes}{replaced}</li>'
    )


def _source(source: Source) -> str:
    article = source.article
    return (
        f'<li value="{source.number}">{title_line(article)}{notices_html(article)}'
        f'<p class="reference">{escape(reference(article))} {design_html(article)}</p>'
        f"{links_html(article)}</li>"
    )


# Conversations


def thread_markdown(thread: Thread, turns: Sequence[Turn]) -> str:
    """Render a conversation as Markdown."""
    parts = [f"# {markdown_text(thread.name)}\n"]
    for turn in turns:
        parts.append(f"## {turn.number}. {markdown_text(turn.asked)}\n")
        parts.append(answer_markdown(turn.answer) if turn.answer else "_Interrupted._\n")
    return "\n".join(parts)


def thread_dict(thread: Thread, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return a conversation as JSON; answers follow docs/answer.schema.json."""
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
