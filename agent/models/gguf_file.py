"""What a GGUF file says about itself, read from its header, and whether it is whole.

Source: the GGUF specification, version 2 and 3, in ggml's documentation.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from corpora.errors import ModelDamaged, ModelNotFound

Value = str | int | float | bool

# Value types by number: struct's letter for those of fixed size.
_FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LONGEST_STRING = 1 << 24
_MOST_DIMENSIONS = 4
# Gemma 3's sizes differ in what attention scores are divided by; files do not say it, so llama.cpp
# goes by the number of layers, as does this: 62 layers are the 27B.
_LAYERS_27B = 62


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The metadata of a file, without its arrays, and what its tensors are: their types, and how
    many weights they hold together.
    """

    metadata: Mapping[str, Value]
    tensor_types: frozenset[int]
    weights: int = 0

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def query_scale(self) -> int:
        """Gemma 3's `query_pre_attn_scalar`."""
        own = self._own
        if own("block_count") == _LAYERS_27B:
            return int(own("embedding_length")) // int(own("attention.head_count"))
        return int(own("attention.key_length"))

    def rope_factor(self) -> float:
        """By how much positions of the global layers are divided; 1.0 for not at all."""
        if self.metadata.get(f"{self.architecture}.rope.scaling.type") != "linear":
            return 1.0
        return float(self._own("rope.scaling.factor"))

    def _own(self, key: str) -> Value:
        return self.metadata[f"{self.architecture}.{key}"]


def read_header(path: Path) -> GgufHeader:
    """Read a file's header and check that its tensors lie within the file.

    Raises:
        ModelNotFound: it is not there.
        ModelDamaged: it is no GGUF file, or it is truncated.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).header()
    except OSError as error:
        raise ModelNotFound(f"{path} cannot be read ({error}).", "Check the path.") from error
    except (struct.error, ValueError, OverflowError) as error:
        raise ModelDamaged(
            f"{path} is no GGUF file, or is truncated or corrupt ({error}).",
            "Get it again; `medcite models pull` checks what it gets.",
        ) from error


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def header(self) -> GgufHeader:
        if self._file.read(4) != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        if self._number("I") not in (2, 3):
            raise ValueError("it is of a version that is not known")
        tensors, pairs = self._number("Q"), self._number("Q")
        metadata = {}
        for _ in range(pairs):
            key = self._string()
            value = self._value(int(self._number("I")))
            if value is not None:
                metadata[key] = value
        types, furthest, weights = set(), 0, 0
        for _ in range(int(tensors)):
            self._string()
            dimensions = int(self._number("I"))
            if dimensions > _MOST_DIMENSIONS:
                raise ValueError("a tensor has too many dimensions")
            weights += prod(int(self._number("Q")) for _ in range(dimensions))
            types.add(int(self._number("I")))
            furthest = max(furthest, int(self._number("Q")))
        if tensors and self._file.tell() + furthest >= self._size:
            raise ValueError("its last tensors are missing")
        return GgufHeader(metadata, frozenset(types), weights)

    def _number(self, kind: str) -> int:
        size = struct.calcsize(kind)
        found: int = struct.unpack(f"<{kind}", self._file.read(size))[0]
        return found

    def _string(self) -> str:
        length = self._number("Q")
        if length > _LONGEST_STRING:
            raise ValueError("a text in it is far too long")
        raw = self._file.read(length)
        if len(raw) < length:
            raise ValueError("it ends within its header")
        return raw.decode("utf-8", "replace")

    def _value(self, kind: int) -> Value | None:
        """A value; arrays are passed over as None."""
        if kind in _FIXED:
            return self._number(_FIXED[kind])
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            raise ValueError(f"it holds a value of unknown type {kind}")
        inner, count = int(self._number("I")), self._number("Q")
        if inner in _FIXED:
            self._file.seek(struct.calcsize(_FIXED[inner]) * count, 1)
        elif self._file.tell() + count * 8 > self._size:
            raise ValueError("it ends within its header")
        else:
            for _ in range(count):
                self._value(inner)
        return None
