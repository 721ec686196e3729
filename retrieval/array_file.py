"""Files of named arrays (uncompressed .npz) and of one array (.npy), memory-mapped in place."""

from __future__ import annotations

import re
import tempfile
import zipfile
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from corpora.atomic_files import replacing
from corpora.errors import storage_errors

# Values buffered in memory by one `GrowingArray`.
_BUFFERED = 65_536
_ZEROS_AT_ONCE = 1_000_000
# A member's data follows a header of this many bytes, its name and an extra field.
_HEADER, _LENGTHS_AT = 30, 26
# The header of an array of numbers as NumPy writes it.
_NUMBERS = re.compile(
    r"\{'descr': '([<>|]?[a-zA-Z]\d+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), *\}\s*"
)


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Write arrays atomically.

    Raises:
        StorageError: they cannot be written.
    """
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def mapped_array(path: Path) -> npt.NDArray[Any]:
    """The array of a .npy file, memory-mapped.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not an array of numbers.
    """
    with path.open("rb") as file:
        dtype, shape = _header(file)
        return _mapped(path, dtype, shape, file.tell())


def _header(file: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type and shape; the file stands at the first number afterwards.

    NumPy parses a header as a Python expression. In Python before 3.14 this fails now and then if
    several threads do it (CPython's issue 106905), as searches do when a new version is activated.
    """
    version = np.lib.format.read_magic(file)
    length = int.from_bytes(file.read(2 if version == (1, 0) else 4), "little")
    header = _NUMBERS.fullmatch(file.read(length).decode("latin1"))
    if not header:
        raise ValueError("it is not an array of numbers")
    shape = tuple(int(number) for number in header[2].replace(",", " ").split())
    return np.dtype(header[1]), shape


def _mapped(
    path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], start: int
) -> npt.NDArray[Any]:
    if not all(shape):
        return np.empty(shape, dtype=dtype)
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", offset=start, shape=shape))


class ArrayFile:
    """An open file of arrays; each is mapped when it is read. No checksum is verified.

    Raises:
        OSError, zipfile.BadZipFile: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = zipfile.ZipFile(path)

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """An array, memory-mapped.

        Raises:
            KeyError: there is no such array.
            ValueError: it is compressed or not an array of numbers.
        """
        info = self._archive.getinfo(f"{name}.npy")
        with self._archive.open(info) as file:
            dtype, shape = _header(file)
            header = file.tell()
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{name} cannot be mapped")
        with self._path.open("rb") as raw:
            raw.seek(info.header_offset + _LENGTHS_AT)
            lengths = int.from_bytes(raw.read(2), "little") + int.from_bytes(raw.read(2), "little")
        start = info.header_offset + _HEADER + lengths + header
        return _mapped(self._path, dtype, shape, start)


class GrowingArray:
    """An appendable array of numbers of one type that overflows to a temporary file.

    Args:
        code: type code of `array.array`.
    """

    def __init__(self, code: str) -> None:
        self._buffer = array(code)
        self._file: IO[bytes] | None = None
        self._written = 0

    def __len__(self) -> int:
        return self._written + len(self._buffer)

    def append(self, number: int) -> None:
        self._buffer.append(number)
        if len(self._buffer) >= _BUFFERED:
            self._flush()

    def _flush(self) -> None:
        with storage_errors(Path(tempfile.gettempdir())):
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._buffer.tofile(self._file)
        self._written += len(self._buffer)
        del self._buffer[:]

    def array(self) -> npt.NDArray[Any]:
        """All numbers; nothing can be appended afterwards."""
        dtype = np.dtype(self._buffer.typecode)
        if self._file is None:
            return np.frombuffer(self._buffer, dtype=dtype)
        self._flush()
        self._file.flush()
        return np.asarray(np.memmap(self._file, dtype=dtype, mode="r", shape=(self._written,)))


def scratch_array(length: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """A writable array of zeros in a temporary file, which is removed with the array.

    Raises:
        StorageError: the disk is full.
    """
    if not length:
        return np.empty(0, dtype=dtype)
    size = length * np.dtype(dtype).itemsize
    with storage_errors(Path(tempfile.gettempdir())), tempfile.TemporaryFile() as file:
        # Written rather than truncated, since a full disk would otherwise end the process later.
        for start in range(0, size, _ZEROS_AT_ONCE):
            file.write(bytes(min(_ZEROS_AT_ONCE, size - start)))
        file.flush()
        return np.asarray(np.memmap(file, dtype=dtype, mode="r+", shape=(length,)))
