"""What shows whether any sentence of a scored pool answers: one row per question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from agent.reading.features import Asked, Read, share
from agent.reading.heads import Heads

Matrix = npt.NDArray[np.float64]
Places = npt.NDArray[np.signedinteger[Any]]

_BEST = 5
# An article counts as near when its best sentence is worth this share of the best of all.
_NEAR = 0.6


def pool_features(
    asked: Asked,
    articles: Sequence[Read],
    scores: Matrix,
    heads: Heads | None,
    worth: Matrix | None = None,
) -> tuple[tuple[str, ...], Matrix]:
    """(names, values): of the scores, of the best sentences, of the best articles.

    Args:
        scores: of every sentence of all articles in order.
        worth: what the alignment network expects of the best ones, where it was asked.
    """
    order = np.argsort(-scores)
    ranked = scores[order]
    best = np.pad(ranked[:_BEST], (0, max(0, _BEST - len(ranked))))
    owner = np.concatenate([np.full(len(r.sentences), i) for i, r in enumerate(articles)])
    per_article = np.array([scores[owner == i].max() for i in range(len(articles))])
    values = {
        "first": best[0],
        "second": best[1],
        "third": best[2],
        "mean_best": best.mean(),
        "stands_out": best[0] - float(np.median(ranked)),
        "spread": float(ranked.std()),
        "articles_near": float((per_article > _NEAR * best[0]).sum()),
    }
    values |= _of_words(asked, articles, order, owner)
    if heads:
        values |= _of_vectors(asked, articles, order, owner, heads)
    if worth is not None:
        ranked = np.pad(np.sort(worth)[::-1], (0, _BEST))
        values |= {
            "worth_first": ranked[0],
            "worth_second": ranked[1],
            "worth_mean_three": ranked[:3].mean(),
            "worth_mean_best": ranked[:_BEST].mean(),
            "worth_gap": ranked[0] - ranked[3],
        }
    return tuple(values), np.array(list(values.values()), dtype=np.float64)


def _of_words(
    asked: Asked, articles: Sequence[Read], order: Places, owner: Places
) -> dict[str, float]:
    terms = [t for read in articles for t in read.terms]
    first = articles[int(owner[order[0]])]
    held = [frozenset().union(*r.terms, r.title_terms) for r in articles]
    of_first = frozenset().union(*first.terms, first.title_terms)
    chosen = frozenset().union(*(terms[i] | articles[int(owner[i])].title_terms for i in order[:3]))
    rarest = max(asked.terms.values(), default=0.0)
    return {
        "share_sentence": share(asked.terms, terms[order[0]]),
        "share_chosen": share(asked.terms, chosen),
        "share_first": share(asked.terms, of_first),
        "share_best": max(share(asked.terms, each) for each in held),
        "share_any": share(asked.terms, frozenset().union(*held)),
        "lacking_first": _lacking(asked, of_first) / rarest if rarest else 0.0,
        "lacking_chosen": _lacking(asked, chosen) / rarest if rarest else 0.0,
        "lacking_any": min(_lacking(asked, each) for each in held),
        "rarest": rarest,
        "terms": float(len(asked.terms)),
        "retrieval_first": float(first.evidence.rank),
        "lexical_best": max(read.evidence.lexical_score or 0.0 for read in articles),
    }


def _of_vectors(
    asked: Asked, articles: Sequence[Read], order: Places, owner: Places, heads: Heads
) -> dict[str, float]:
    alone = np.concatenate([read.alone @ asked.vector for read in articles])
    titled = np.concatenate([read.titled(asked.vector) for read in articles])
    kinds = heads.question_kinds(asked.vector)
    fits = np.concatenate([heads.sentence_kinds(read.alone) @ kinds for read in articles])
    first = articles[int(owner[order[0]])]
    titles = np.array([float(read.title @ asked.vector) for read in articles])
    top = order[:_BEST]
    return {
        "alone_first": float(alone[order[0]]),
        "alone_best": float(alone.max()),
        "titled_first": float(titled[order[0]]),
        "titled_best": float(titled.max()),
        "titled_mean": float(titled[top].mean()),
        "title_best": float(titles.max()),
        "title_first": float(first.title @ asked.vector),
        "titles_stand_out": float(titles.max() - np.median(titles)),
        "fits_first": float(fits[order[0]]),
        "fits_best": float(fits[top].max()),
        "retrieval_score": max(read.evidence.score for read in articles),
        "dense_best": max(read.evidence.dense_score or 0.0 for read in articles),
    } | {f"kind_{i}": float(value) for i, value in enumerate(kinds)}


def _lacking(asked: Asked, held: frozenset[str]) -> float:
    """The weight of the rarest term that is not held."""
    return max((w for term, w in asked.terms.items() if term not in held), default=0.0)
