"""Optional reranking with a cross-encoder, off unless one is configured.

A cross-encoder reads question and passage together, which is more accurate than comparing two
vectors and about a hundred times slower. MedCPT's (`ncbi/MedCPT-Cross-Encoder`) was trained on
PubMed searches.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from corpora.errors import EncoderError
from retrieval.passage import Evidence

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_PAIRS_AT_ONCE = 32


class Reranker(Protocol):
    """Scores how well passages answer a query."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score per text, higher is better; comparable within one query."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder with one output.

    Raises:
        EncoderError: it cannot be found or loaded, or has several outputs.
    """

    def __init__(self, name: str, device: str | None = None) -> None:
        from sentence_transformers import CrossEncoder

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._model: CrossEncoder = CrossEncoder(name, device=device)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EncoderError(
                f"The reranker {name} cannot be loaded: {error}",
                "Give a folder or hub model that sentence-transformers' CrossEncoder can load.",
            ) from error
        if self._model.num_labels != 1:
            raise EncoderError(
                f"{name} has {self._model.num_labels} outputs; a reranker has one.",
                "Give a model trained to rank, such as ncbi/MedCPT-Cross-Encoder.",
            )

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        pairs = [(query, text) for text in texts]
        scores = self._model.predict(pairs, batch_size=_PAIRS_AT_ONCE, show_progress_bar=False)
        return [float(score) for score in scores]


def rerank(query: str, evidence: Sequence[Evidence], reranker: Reranker) -> list[Evidence]:
    """The evidence in the reranker's order, with its scores."""
    if not evidence:
        return []
    texts = [f"{item.article.title} {item.passage.text}" for item in evidence]
    scored = sorted(
        zip(reranker.scores(query, texts), evidence, strict=True), key=lambda pair: -pair[0]
    )
    return [
        replace(item, rank=rank, score=score, reranked=True)
        for rank, (score, item) in enumerate(scored, start=1)
    ]
