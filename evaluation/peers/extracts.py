"""What each system would show of its best articles without a language model.

Only Medcite chooses sentences by itself. The others get a simple choice: of their five best
articles, in one variant the last sentence of each (abstracts end with their conclusion), in the
other the five sentences nearest to the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from corpora.article import Article
from evaluation.reading.questions import GradedQuestion, SentenceKey, Shown
from retrieval.chunking import article_sentences
from retrieval.encoder import Encoder

ARTICLES = SENTENCES = 5

Choice = Callable[[str, Sequence[Article]], list[SentenceKey]]


def last_sentences(_: str, articles: Sequence[Article]) -> list[SentenceKey]:
    """The last sentence of each article."""
    return [keys[-1] for article in articles if (keys := sentence_keys(article))]


def nearest_sentences(encoder: Encoder) -> Choice:
    """The five sentences with the highest cosine to the question, the nearest first."""

    @cache
    def encoded(article: Article) -> np.ndarray:
        texts = [article.text[start:end] for _, start, end in sentence_keys(article)]
        return encoder.encode_documents(texts)

    def choose(question: str, articles: Sequence[Article]) -> list[SentenceKey]:
        several = [article for article in articles if sentence_keys(article)]
        if not several:
            return []
        keys = [key for article in several for key in sentence_keys(article)]
        (asked,) = encoder.encode_queries([question])
        cosines = np.concatenate([encoded(article) for article in several]) @ asked
        return [keys[place] for place in np.argsort(-cosines, kind="stable")[:SENTENCES]]

    return choose


def extracts(
    questions: Sequence[GradedQuestion],
    rankings: Mapping[str, Sequence[str]],
    articles: Mapping[str, Article],
    choice: Choice,
) -> list[Shown]:
    """The sentences that a system would show for each question; it refuses none."""
    return [
        Shown(
            each,
            tuple(choice(each.question, [articles[p] for p in rankings[each.id][:ARTICLES]])),
            "possible",
        )
        for each in questions
    ]


@cache
def sentence_keys(article: Article) -> tuple[SentenceKey, ...]:
    """The sentences of the abstract."""
    return tuple((article.pmid, span.start, span.end) for span, _ in article_sentences(article))
