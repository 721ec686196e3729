"""What verification amounts to without a verifier: how alike claim and passage are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.chunking import sentences
from retrieval.encoder import Encoder

_WORD = re.compile(r"\w+")


def cosines(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
    """Cosine of each claim with the sentence of its evidence that is nearest to it."""
    found = []
    for claim, evidence in pairs:
        texts = [evidence[span.start : span.end] for span in sentences(evidence)] or [evidence]
        vectors = encoder.encode_documents([claim, *texts])
        found.append(float((vectors[1:] @ vectors[0]).max()))
    return np.array(found)


def rouge_l(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
    """ROUGE-L (F1) of each claim with the sentence of its evidence that is most like it.

    Source: Lin, ACL workshop on text summarization, 2004.
    """
    return np.array(
        [
            max(
                (_f1(claim, evidence[span.start : span.end]) for span in sentences(evidence)),
                default=0.0,
            )
            for claim, evidence in pairs
        ]
    )


def _f1(one: str, other: str) -> float:
    mine, its = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    common = _longest_common(mine, its)
    return 2 * common / (len(mine) + len(its)) if common else 0.0


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        above_left = 0
        for j, match in enumerate(other, start=1):
            above = row[j]
            row[j] = above_left + 1 if word == match else max(above, row[j - 1])
            above_left = above
    return row[-1]
