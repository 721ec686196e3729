"""Render an answer as a chat message with citation annotations."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from agent.answer import Answer, Source, Status, cited_numbers
from ui.server.shared import answer_markdown


def chat_reply(answer: Answer, base_url: str) -> tuple[str, list[dict[str, Any]]]:
    """Return Markdown without the question as heading, and annotations of type url_citation.

    There is one annotation per sentence and cited article; it spans the sentence with its source
    numbers. Positions count characters (code points).

    Args:
        base_url: URL of this server, for articles without a web page.
    """
    heading, _, text = answer_markdown(answer).partition("\n\n")
    if not heading.startswith("#"):
        raise RuntimeError("an answer's Markdown begins with its question")
    return text, _annotations(answer, text, base_url) if answer.status is Status.ANSWERED else []


def _annotations(answer: Answer, text: str, base_url: str) -> list[dict[str, Any]]:
    sources = {source.number: source for source in answer.sources}
    numbers = answer.numbers
    annotations, at = [], 0
    for verdict in answer.verdicts:
        # Each sentence is a list item after the heading, in order.
        start = text.index("\n- ", at) + 3
        cited = cited_numbers(verdict.claim, numbers)
        marks = "".join(f" [{number}]" for number in cited)
        end = text.index(marks, start) + len(marks)
        annotations += [_annotation(sources[n], start, end, base_url) for n in cited]
        at = end
    return annotations


def _annotation(source: Source, start: int, end: int, base_url: str) -> dict[str, Any]:
    article = source.article
    fallback = f"{base_url.rstrip('/')}/v1/articles/{quote(article.pmid, safe=':')}"
    return {
        "type": "url_citation",
        "url_citation": {
            "start_index": start,
            "end_index": end,
            "url": article.url or fallback,
            "title": article.title,
        },
    }
