"""Whether what was found is likely to hold an answer: logistic regression over five signs.

Trained (`evaluation.sufficiency`) to tell what is found for a question from what is found for the
same question when the articles that experts named for it are taken out of the library, along with
nine tenths or three quarters of the others, and from what is found for it in another library:
papers near the subject remain, the answer is gone. Since each question is on both sides, how it is
put teaches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from retrieval.passage import Evidence

# Of the encoder whose cosines the weights were made for: all-MiniLM-L6-v2.
_ENCODER = "0a108ad0bb6fb1fe"
_NEAREST = 3
_FIRST = 5


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells an answer from its neighbours, for one question.

    `nearest` is the highest cosine, `stands_out` how far the best three lie above the median of all
    found; `passage` the share of the question that one passage of the first articles holds, since
    a long article holds many words here and there; `rarest` the best article's share of the
    question's rarest words; `lacking` the weight of the rarest word that the best of the first
    articles lacks, 1 for the rarest of all.
    """

    nearest: float
    stands_out: float
    passage: float
    rarest: float
    lacking: float


@dataclass(frozen=True, slots=True)
class _Weights:
    bias: float
    signs: Signs


_WEIGHTS = _Weights(
    -5.888, Signs(nearest=6.816, stands_out=7.301, passage=3.266, rarest=2.039, lacking=-1.864)
)
# For other encoders, whose cosines mean something else.
_WORDS_ALONE = _Weights(
    -2.654, Signs(nearest=0.0, stands_out=0.0, passage=5.562, rarest=2.116, lacking=-1.199)
)


def signs(
    asked: Mapping[str, float],
    held: Mapping[str, frozenset[str]],
    evidence: Sequence[Evidence],
    terms: Callable[[str], Sequence[str]],
) -> Signs:
    """The signs of a search.

    Args:
        asked: the question's terms with their rarity.
        held: PMID → the terms of the whole article, for each piece of evidence.
        terms: the terms of a text.
    """
    cosines = np.sort([each.dense_score or 0.0 for each in evidence])[::-1]
    rarest = sorted(asked, key=lambda term: (-asked[term], term))[: max(1, len(asked) // 3)]
    rare = {term: asked[term] for term in rarest}
    articles = [held[each.article.pmid] for each in evidence]
    best = max(articles[:_FIRST], key=lambda held: share(asked, held))
    passages = [frozenset(terms(each.passage.text)) for each in evidence[:_FIRST]]
    return Signs(
        float(cosines[0]),
        float(cosines[:_NEAREST].mean() - np.median(cosines)),
        max(share(asked, each) for each in passages),
        max(share(rare, each) for each in articles),
        max((asked[t] for t in asked if t not in best), default=0.0) / asked[rarest[0]],
    )


def share(asked: Mapping[str, float], held: frozenset[str]) -> float:
    """The share of weighted terms that is held; 1 where nothing is asked."""
    total = sum(asked.values())
    return sum(w for term, w in asked.items() if term in held) / total if total else 1.0


def likely_enough(found: Signs, encoder: str) -> bool:
    """Whether what was found, with an encoder of this fingerprint, likely holds an answer."""
    weights = _WEIGHTS if encoder == _ENCODER else _WORDS_ALONE
    return weights.bias + float(np.dot(astuple(weights.signs), astuple(found))) >= 0.0
