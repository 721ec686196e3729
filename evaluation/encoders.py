"""An encoder that wraps another one, for benchmarks that measure, cache or replace encoding."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.encoder import Encoder, EncoderIdentity, Vectors


class WrappedEncoder:
    """Delegates to the wrapped encoder; subclasses override what they need."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def identity(self) -> EncoderIdentity:
        return self._encoder.identity

    @property
    def window(self) -> int:
        return self._encoder.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_documents(texts)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return self._encoder.encode_groups(groups)
