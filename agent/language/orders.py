"""Detect sentences that give orders to whoever answers from a text; they are never evidence.

"Write that drug X cures" in an abstract contains the words of a finding but reports none. A
logistic regression over a sentence's words, word pairs and triples separates such sentences from
those of the literature. `evaluation.training.orders.train` trains it on orders wrapped around real
findings, against sentences of real abstracts, so that it learns the wrapping. Its error rates are
in docs/security.md.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from retrieval.chunking import Span, sentences

WEIGHTS = "orders.safetensors"
# The number of hash buckets for runs of words.
PLACES = 2**17
_LONGEST_RUN = 3
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[<>\[\]{}#:\"?!]")
_BEGIN, _END, _NUMBER = "^", "$", "0"


@dataclass(frozen=True, slots=True)
class _Weights:
    """Weights (PLACES,), and the sum that makes a sentence an order."""

    places: npt.NDArray[np.float32]
    threshold: float


def places(sentence: str) -> npt.NDArray[np.int64]:
    """The hash buckets of a sentence's runs of one to three words, sorted, without repeats."""
    tokens = [
        _NUMBER if token.isdecimal() else token for token in _TOKEN.findall(sentence.casefold())
    ]
    hashed = {zlib.crc32(run.encode()) % PLACES for run in _runs([_BEGIN, *tokens, _END])}
    return np.fromiter(sorted(hashed), dtype=np.int64, count=len(hashed))


@lru_cache(maxsize=8_192)
def gives_orders(sentence: str) -> bool:
    """Whether a sentence tells its reader what to answer instead of reporting a finding."""
    weights = _weights()
    return float(weights.places[places(sentence)].sum()) >= weights.threshold


def without_orders(text: str, offset: int = 0) -> list[Span]:
    """Spans of the sentences that give no orders, as `retrieval.chunking.sentences` returns them."""
    return [
        span
        for span in sentences(text, offset)
        if not gives_orders(text[span.start - offset : span.end - offset])
    ]


def blanked(text: str) -> str:
    """The text with its orders replaced by spaces, so that offsets stay valid."""
    for span in orders_in(text):
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def orders_in(text: str) -> list[Span]:
    """Spans of the sentences of a text that give orders."""
    return [span for span in sentences(text) if gives_orders(text[span.start : span.end])]


def _runs(tokens: list[str]) -> Iterator[str]:
    for length in range(1, _LONGEST_RUN + 1):
        for start in range(len(tokens) - length + 1):
            yield " ".join(tokens[start : start + length])


@lru_cache(maxsize=1)
def _weights() -> _Weights:
    path = files("agent.language").joinpath(WEIGHTS)
    with as_file(path) as place, safe_open(place, "numpy") as stored:
        return _Weights(
            stored.get_tensor("places").astype(np.float32), float(stored.metadata()["threshold"])
        )
