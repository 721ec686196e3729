"""Read the header of a GGUF file, and check that the file is complete.

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

# Number of a value type → struct's format letter, for types of fixed size.
_FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LONGEST_STRING = 1 << 24
_MOST_DIMENSIONS = 4
# Gemma 3's sizes differ in the divisor of attention scores. Files do not contain it, so llama.cpp
# infers it from the number of layers, as does this module: 62 layers are the 27B.
_LAYERS_27B = 62


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """A file's metadata without arrays, and the number of its weights."""

    metadata: Mapping[str, Value]
    weights: int = 0

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def query_scale(self) -> int:
        """Gemma 3's `query_pre_attn_scalar`."""
        value = self._own
        if value("block_count") == _LAYERS_27B:
            return int(value("embedding_length")) // int(value("attention.head_count"))
        return int(value("attention.key_length"))

    def rope_factor(self) -> float:
        """The divisor of positions in the global layers; 1.0 without scaling."""
        if self.metadata.get(f"{self.architecture}.rope.scaling.type") != "linear":
            return 1.0
        return float(self._own("rope.scaling.factor"))

    def _own(self, key: str) -> Value:
        return self.metadata[f"{self.architecture}.{key}"]


def read_header(path: Path) -> GgufHeader:
    """Read a file's header and check that its tensors lie within the file.

    Raises:
        ModelNotFound: the file cannot be opened.
        ModelDamaged: the file is not a GGUF file, or is truncated.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).header()
    except OSError as error:
        raise ModelNotFound(f"{path} cannot be read ({error}).", "Check the path.") from error
    except (struct.error, ValueError, OverflowError) as error:
        raise ModelDamaged(
            f"{path} is not a GGUF file, or is truncated or corrupt ({error}).",
            "Get it again; `medcite models pull` verifies its downloads.",
        ) from error


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def header(self) -> GgufHeader:
        if self._file.read(4) != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        if self._number("I") not in (2, 3):
            raise ValueError("it has an unknown version")
        tensors, pairs = self._number("Q"), self._number("Q")
        metadata = {}
        for _ in range(pairs):
            key = self._string()
            value = self._value(int(self._number("I")))
            if value is not None:
                metadata[key] = value
        furthest, weights = 0, 0
        for _ in range(int(tensors)):
            self._string()
            dimensions = int(self._number("I"))
            if dimensions > _MOST_DIMENSIONS:
                raise ValueError("a tensor has too many dimensions")
            weights += prod(int(self._number("Q")) for _ in range(dimensions))
            self._number("I")
            furthest = max(furthest, int(self._number("Q")))
        if tensors and self._file.tell() + furthest >= self._size:
            raise ValueError("its last tensors are missing")
        return GgufHeader(metadata, weights)

    def _number(self, kind: str) -> int:
        size = struct.calcsize(kind)
        number: int = struct.unpack(f"<{kind}", self._file.read(size))[0]
        return number

    def _string(self) -> str:
        length = self._number("Q")
        if length > _LONGEST_STRING:
            raise ValueError("it contains a string that is far too long")
        raw = self._file.read(length)
        if len(raw) < length:
            raise ValueError("it ends within its header")
        return raw.decode("utf-8", "replace")

    def _value(self, kind: int) -> Value | None:
        """Read a value; arrays are skipped as None."""
        if kind in _FIXED:
            return self._number(_FIXED[kind])
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            raise ValueError(f"it contains a value of unknown type {kind}")
        inner, count = int(self._number("I")), self._number("Q")
        if inner in _FIXED:
            self._file.seek(struct.calcsize(_FIXED[inner]) * count, 1)
        elif self._file.tell() + count * 8 > self._size:
            raise ValueError("it ends within its header")
        else:
            for _ in range(count):
                self._value(inner)
        return None
