"""Render answers as plain text, and as Markdown in which article text is inert."""

from __future__ import annotations

from collections.abc import Iterator

from agent.answer import Answer, Source
from ui.render.answer_view import DRAFT_HEADING, AnswerView, SentenceView, view_of
from ui.render.inline import inline_plain
from ui.render.text import DISCLAIMER, markdown_text, marked, notice_line, reference
from ui.render.typography import said_markdown, title_markdown


def answer_text(answer: Answer) -> str:
    """Render an answer as plain text, with its references."""
    view = view_of(answer)
    lines = [view.asked, *([f"Interpreted as: {view.read_as}"] if view.read_as else []), ""]
    if view.turned_away:
        return "\n".join([*lines, view.turned_away, "", DISCLAIMER, ""])
    if view.first:
        lines += [view.first, ""]
    if view.refusal:
        lines.append(f"No answer: {view.refusal}.")
    if view.heading:
        lines += [f"{view.heading}:", ""]
    lines += [_plain(sentence) for sentence in view.sentences]
    if view.tally:
        lines += ["", view.tally]
    if view.caution:
        lines.append(view.caution)
    if view.draft:
        lines += ["", f"{DRAFT_HEADING}:", *map(_plain, view.draft)]
    if view.sources:
        lines += ["", view.sources_heading]
    for source in view.sources:
        title, notice = inline_plain(source.article.title), notice_line(source.article)
        lines.append(
            f"[{source.number}] {title} {reference(source.article)}."
            + (f" {notice}." if notice else "")
        )
    lines += ["", *(f"{inline_plain(line)}." for line in view.small_print)]
    return "\n".join([*lines, DISCLAIMER, ""])


def _plain(sentence: SentenceView) -> str:
    text = marked(sentence.label, inline_plain(sentence.text))
    about = [sentence.reason or sentence.label.word, *sentence.studies, sentence.repair]
    return f"{text}{sentence.marks} ({'; '.join(filter(None, [*about, sentence.replaced]))})"


def _above(view: AnswerView) -> Iterator[str]:
    """The paragraphs above the sentences, in Markdown."""
    if view.first:
        yield from (f"_{markdown_text(view.first)}_", "")
    if view.refusal:
        yield from (f"**No answer:** {markdown_text(view.refusal)}.", "")
    if view.heading:
        yield from (f"**{view.heading}**", "")


def answer_markdown(answer: Answer) -> str:
    """Render an answer as Markdown: the question as heading, each sentence as a list item."""
    view = view_of(answer)
    lines = [f"### {markdown_text(view.asked)}", ""]
    if view.read_as:
        lines += [f"Interpreted as: {markdown_text(view.read_as)}", ""]
    if view.turned_away:
        return "\n".join([*lines, markdown_text(view.turned_away), "", f"_{DISCLAIMER}_", ""])
    lines += _above(view)
    for sentence in view.sentences:
        lines += _item(sentence, answer)
    if view.tally:
        lines += ["", f"_{view.tally}_", ""]
    if view.caution:
        lines += [view.caution, ""]
    if view.draft:
        items = [line for sentence in view.draft for line in _item(sentence, answer)]
        lines += ["<details>", f"<summary>{DRAFT_HEADING}</summary>", "", *items]
        lines += ["", "</details>", ""]
    if view.sources:
        lines += [f"**{view.sources_heading}**", ""]
    for source in view.sources:
        lines += _source(source)
    lines.append("")
    for line in view.small_print:
        lines += [f"{markdown_text(line)}  "]
    return "\n".join([*lines, "", f"_{DISCLAIMER}_", ""])


def _item(sentence: SentenceView, answer: Answer) -> Iterator[str]:
    quotes = [quote for _, quote in sentence.quotes]
    text = said_markdown(sentence.text, quotes, answer.evidence)
    reason = f" ({markdown_text(sentence.reason)})" if sentence.reason else ""
    studies = markdown_text("; ".join(sentence.studies))
    yield f"- {marked(sentence.label, text)}{sentence.marks}{reason} _{studies}_"
    for remark in filter(None, (sentence.repair, sentence.replaced)):
        yield f"  - {markdown_text(remark)}"


def _source(source: Source) -> Iterator[str]:
    article = source.article
    title = title_markdown(article)
    linked = f"[{title}]({article.url})" if article.url else title
    yield (
        f"{source.number}. {linked} {markdown_text(reference(article))}."
        f" _{article.design.level.label}._"
    )
    if notice := notice_line(article):
        yield f"   **{notice}**"
