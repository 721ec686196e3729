"""Baselines for verification: similarity of claim and passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.chunking import sentences
from retrieval.encoder import Encoder

_WORD = re.compile(r"\w+")


def cosines(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
    """Cosine of each claim with the nearest sentence of its evidence."""
    scores = []
    for claim, evidence in pairs:
        texts = [evidence[span.start : span.end] for span in sentences(evidence)] or [evidence]
        vectors = encoder.encode_documents([claim, *texts])
        scores.append(float((vectors[1:] @ vectors[0]).max()))
    return np.array(scores)


def rouge_l(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
    """ROUGE-L (F1) of each claim with the most similar sentence of its evidence.

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
    words, others = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    common = _longest_common(words, others)
    return 2 * common / (len(words) + len(others)) if common else 0.0


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
