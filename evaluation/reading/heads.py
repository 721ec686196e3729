"""Train the linear heads that the reader's features rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from agent.reading.features import CATEGORIES
from agent.reading.heads import Head, Heads
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.reading.pools import CachedEncoder, Pool
from evaluation.reading.questions import GradedQuestion
from retrieval.chunking import sentences

KINDS = (
    "efficacy", "comparison", "prognosis", "harm", "prevalence", "diagnosis", "guideline", "dose",
    "mechanism", "definition",
)  # fmt: skip
_SAME_KIND = {"risk": "prognosis", "recommendation": "guideline", "duration": "dose"}


def role_head(home: Home, encoder: CachedEncoder, most: int = 20_000) -> Head:
    """Roles of sentences, learned from the labelled sections of structured abstracts."""
    texts: list[str] = []
    roles: list[int] = []
    store = open_corpus(home.corpus)
    for _, article in store.articles():
        spans = zip(article.sections, article.section_spans(), strict=True)
        for section, (first, last, _) in spans:
            if section.category in CATEGORIES and not section.body:
                for span in sentences(article.text[first:last], first):
                    texts.append(article.text[span.start : span.end])
                    roles.append(CATEGORIES.index(section.category))
    store.close()
    kept = np.random.default_rng(0).permutation(len(texts))[:most]
    vectors = encoder.encode_documents([texts[i] for i in kept])
    return _head(vectors, [roles[i] for i in kept], len(CATEGORIES), 10.0)


def fit_heads(chosen: Sequence[Pool], role: Head) -> Heads:
    """The heads that learn from graded questions."""
    kinds = [(p, k) for p in chosen if (k := _kind(p.question)) is not None]
    question = _head(np.array([p.asked.vector for p, _ in kinds]), [k for _, k in kinds], 10, 3.0)
    useful, answered = [], []
    rows, products, answers = [], [], []
    for pool in chosen:
        vectors = np.concatenate([read.alone for read in pool.articles])
        judged, grades = pool.judged, pool.grades
        rows.append(vectors[judged])
        products.append(vectors[judged] * pool.asked.vector)
        answers.append(grades[judged] >= 2)
        kind = _kind(pool.question)
        if kind is not None:
            useful.append(vectors[grades >= 2])
            answered += [kind] * int((grades >= 2).sum())
    truth = np.concatenate(answers).astype(int).tolist()
    # The product of two unit vectors is small; scaled, the penalty weighs as for the others.
    scale = 20.0
    pair = _head(np.concatenate(products) * scale, truth, 2, 0.02)
    return Heads(
        role,
        question,
        _head(np.concatenate(useful), answered, 10, 1.0),
        _head(np.concatenate(rows), truth, 2, 0.5),
        Head(pair.weights * scale, pair.bias),
    )


def _kind(question: GradedQuestion) -> int | None:
    name = _SAME_KIND.get(question.kind, question.kind)
    return KINDS.index(name) if name in KINDS else None


def _head(
    vectors: npt.NDArray[np.floating[Any]],
    classes: Sequence[int],
    count: int,
    inverse_penalty: float,
) -> Head:
    """Multinomial logistic regression; a class that is not there is all but impossible."""
    fitted = LogisticRegression(C=inverse_penalty, max_iter=100).fit(vectors, classes)
    weights, bias = np.zeros((count, vectors.shape[1])), np.full(count, -9.0)
    if count == 2:
        weights[1], bias[:] = fitted.coef_[0], (0.0, fitted.intercept_[0])
    else:
        weights[fitted.classes_], bias[fitted.classes_] = fitted.coef_, fitted.intercept_
    return Head(weights, bias)
