"""A writer that needs no language model: it quotes the sentences that answer, word for word.

What it knows: which sentences are near the question in meaning and in words, what part of the
abstract they stand in, and the study design. What it does not know: how to join findings, or
whether two of them disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.answer import Claim, Label, Verdict
from agent.wording import stems
from agent.writing.sentences import Candidate, candidates
from corpora.evidence_level import EvidenceLevel
from retrieval.encoder import Encoder
from retrieval.passage import Evidence

# Where a sentence stands says whether it is a finding.
_CATEGORY_WEIGHT = {
    "CONCLUSIONS": 0.14,
    "RESULTS": 0.08,
    "": 0.0,
    "BACKGROUND": -0.40,
    "OBJECTIVE": -0.50,
    "METHODS": -0.40,
}
_LEANS_BACK = -0.15
_WORDS_WEIGHT = 0.25
_LEVEL_WEIGHT = 0.01
# A sentence is taken while it is this near to the best one, and this unlike those taken before.
_WORTH_SHARE = 0.62
_LEAST_SCORE = 0.30
_MOST_ALIKE = 0.85
# Sentences compared with the question in meaning: those that share most words with it.
_COMPARED = 48
_REDUNDANCY = 0.35
_MOST_PER_ARTICLE = 3


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """Extracts. `most` is the number of sentences an answer has at the most."""

    encoder: Encoder
    most: int = 5

    def write(self, question: str, evidence: Sequence[Evidence]) -> list[Claim]:
        asked = stems(question)
        found = candidates(list(evidence))
        found.sort(key=lambda c: -len(asked & stems(c.text)) + min(c.evidence.rank, 10) / 10)
        del found[_COMPARED:]
        if not found:
            return []
        vectors = self.encoder.encode_queries([question, *(c.text for c in found)])
        scores = _scores(question, found, vectors[1:] @ vectors[0])
        pmids = [c.evidence.article.pmid for c in found]
        chosen = _select(scores, vectors[1:] @ vectors[1:].T, pmids, self.most)
        quoted = sorted((found[i] for i in chosen), key=_reading_order)
        return [Claim(c.text, (c.evidence.passage.id,)) for c in quoted]

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        kept = (Label.SUPPORTED, Label.UNVERIFIED)
        return [verdict.claim for verdict in verdicts if verdict.label in kept]


def _reading_order(candidate: Candidate) -> tuple[EvidenceLevel, int, int, bool, int]:
    """Stronger designs and newer papers first; of one paper its conclusion before its results."""
    article = candidate.evidence.article
    later = candidate.category != "CONCLUSIONS"
    return (article.evidence_level, -article.year, candidate.evidence.rank, later, candidate.start)


def _scores(
    question: str, found: list[Candidate], similarity: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    asked = stems(question)
    scores = np.empty(len(found))
    for i, candidate in enumerate(found):
        shared = len(asked & stems(candidate.text)) / max(1, len(asked))
        level = candidate.evidence.article.evidence_level
        scores[i] = (
            float(similarity[i])
            + _WORDS_WEIGHT * shared
            + _CATEGORY_WEIGHT.get(candidate.category, 0.0)
            + (_LEANS_BACK if candidate.leans_back else 0.0)
            + _LEVEL_WEIGHT * (EvidenceLevel.UNSTATED - level)
            - 0.01 * min(candidate.evidence.rank, 10)
        )
    return scores


def _select(
    scores: npt.NDArray[np.float64], alike: npt.NDArray[np.float32], pmids: list[str], most: int
) -> list[int]:
    """Greedy choice by score less redundancy, a few sentences an article.

    Source: maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998.
    """
    best = float(scores.max())
    if best < _LEAST_SCORE:
        return []
    chosen: list[int] = []
    open_ = [i for i in range(len(scores)) if scores[i] >= _WORTH_SHARE * best]
    while open_ and len(chosen) < most:
        nearest = [max((float(alike[i, j]) for j in chosen), default=0.0) for i in open_]
        worth = [scores[i] - _REDUNDANCY * near for i, near in zip(open_, nearest, strict=True)]
        at = int(np.argmax(worth))
        spent = sum(1 for j in chosen if pmids[j] == pmids[open_[at]]) >= _MOST_PER_ARTICLE
        if spent or (chosen and nearest[at] > _MOST_ALIKE):
            del open_[at]
            continue
        chosen.append(open_.pop(at))
    return chosen
