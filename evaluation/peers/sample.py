"""The articles and questions that every system gets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from corpora.article import Article
from corpora.errors import BadInput
from corpora.store import ArticleStore
from evaluation.reading.questions import GradedQuestion

ARTICLES = 1_000
_AUTHORS = 3


def choose(
    store: ArticleStore, questions: Sequence[GradedQuestion], count: int = ARTICLES
) -> list[Article]:
    """`count` articles: all that annotators read for these questions, and others by a hash of
    their PMIDs. Retracted articles are left out, as Medcite does.

    Raises:
        BadInput: the store does not have the articles of the questions.
    """
    articles = {article.pmid: article for _, article in store.articles() if not article.retracted}
    read = {pmid for question in questions for pmid in question.articles}
    if missing := read - articles.keys():
        raise BadInput(
            f"{len(missing)} of the {len(read)} articles of the questions are not there.",
            "Name a data directory with the demo literature: medcite corpus fetch demo.",
        )
    others = sorted(articles.keys() - read, key=lambda pmid: hashlib.md5(
        pmid.encode(), usedforsecurity=False
    ).hexdigest())  # fmt: skip
    chosen = [*sorted(read), *others[: max(0, count - len(read))]]
    return [articles[pmid] for pmid in chosen]


def relevance(questions: Iterable[GradedQuestion]) -> dict[str, dict[str, int]]:
    """Question id → PMID → the highest grade of the article's sentences; answerable questions only.

    Articles without a graded sentence, also those that nobody read, are not relevant.
    """
    qrels: dict[str, dict[str, int]] = {}
    for question in questions:
        if question.answerable:
            own = qrels.setdefault(question.id, {})
            for (pmid, _, _), grade in question.grades.items():
                own[pmid] = max(grade, own.get(pmid, 0))
    return qrels


def task(
    articles: Sequence[Article], questions: Sequence[GradedQuestion], depth: int
) -> dict[str, Any]:
    """The input of `evaluation.peers.measure`, without settings."""
    return {
        "articles": [
            {
                "id": article.pmid,
                "text": article.text,
                "citation": _citation(article),
                "record": article.to_json().decode(),
            }
            for article in articles
        ],
        "questions": [{"id": each.id, "question": each.question} for each in questions],
        "depth": depth,
    }


def _citation(article: Article) -> str:
    names = [author.short for author in article.authors[:_AUTHORS]]
    authors = ", ".join([*names, *(["et al"] if len(article.authors) > _AUTHORS else [])])
    parts = (authors, article.title.rstrip("."), article.journal, str(article.year or ""))
    return ". ".join(part for part in (*parts, article.named) if part)
