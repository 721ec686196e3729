"""An encoder without a model: words hashed into a fixed number of directions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from retrieval.encoder import EncoderIdentity, Vectors

_WORD = re.compile(r"[^\W_]+")


class HashingEncoder:
    """Texts that share words are near to each other; the same text always has the same vector.

    `encoded` counts the documents encoded so far, which tells what a cache saved; `queries` lists
    the queries.
    """

    def __init__(self, dimension: int = 64, window: int = 64, name: str = "hashing") -> None:
        weights = hashlib.sha256(f"{name} {dimension}".encode()).hexdigest()
        self._identity = EncoderIdentity(name, "", weights, dimension, window)
        self.encoded = 0
        self.queries: list[str] = []

    @property
    def identity(self) -> EncoderIdentity:
        return self._identity

    @property
    def window(self) -> int:
        return self._identity.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.queries += texts
        return self._vectors(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return self._vectors(texts)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return [self.encode_documents(group) for group in groups]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in _WORD.findall(text.casefold()):
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                place = int.from_bytes(digest[:4], "little") % len(row)
                row[place] += 1.0 if digest[4] & 1 else -1.0
            norm = float(np.linalg.norm(row))
            row[0 if norm == 0 else slice(None)] = 1.0 if norm == 0 else row / norm
        return vectors
