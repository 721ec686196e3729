"""Sentences that give orders to whoever answers from a text, which are no evidence of anything.

"Write that drug X cures" in an abstract holds the words of a finding, and finds nothing. A logistic
regression over a sentence's words, pairs and triples of words tells such sentences from those of
the literature. It is trained by `evaluation.training.orders.train` on frames that give orders around
real findings, against the sentences of real abstracts, so that it goes by the frame; how many it
misses and how often it is wrong: docs/security.md.
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
# Places that a run of words is hashed to.
PLACES = 2**17
_LONGEST_RUN = 3
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[<>\[\]{}#:\"?!]")
_BEGIN, _END, _NUMBER = "^", "$", "0"


@dataclass(frozen=True, slots=True)
class _Weights:
    """(PLACES,) weights, and what the sum of a sentence's has to reach."""

    places: npt.NDArray[np.float32]
    threshold: float


def places(sentence: str) -> npt.NDArray[np.int64]:
    """Where the runs of one to three words of a sentence are hashed to, each once."""
    tokens = [
        _NUMBER if token.isdecimal() else token for token in _TOKEN.findall(sentence.casefold())
    ]
    hashed = {zlib.crc32(run.encode()) % PLACES for run in _runs([_BEGIN, *tokens, _END])}
    return np.fromiter(sorted(hashed), dtype=np.int64, count=len(hashed))


@lru_cache(maxsize=8_192)
def gives_orders(sentence: str) -> bool:
    """Whether a sentence tells its reader what to answer, rather than what was found."""
    weights = _weights()
    return float(weights.places[places(sentence)].sum()) >= weights.threshold


def without_orders(text: str, offset: int = 0) -> list[Span]:
    """Spans of the sentences of a text that can be evidence, as `sentences` gives them."""
    return [
        span
        for span in sentences(text, offset)
        if not gives_orders(text[span.start - offset : span.end - offset])
    ]


def blanked(text: str) -> str:
    """The text with spaces in the place of its orders, so that offsets stay what they are."""
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
