import ast
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from retrieval.array_file import ArrayFile, mapped_array, save_arrays

_ARRAYS: dict[str, npt.NDArray[np.generic]] = {
    "numbers": np.arange(12, dtype=np.int64),
    "rows": np.linspace(0, 1, 12, dtype=np.float16).reshape(3, 4),
    "marks": np.array([True, False]),
    "names": np.array(["Lancet", "BMJ"]),
    "none": np.empty((0, 384), dtype=np.float32),
}


def _same(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    save_arrays(tmp_path / "all.npz", _ARRAYS)
    for name, array in _ARRAYS.items():
        np.save(tmp_path / f"{name}.npy", array)
        assert _same(mapped_array(tmp_path / f"{name}.npy"), array)
        with ArrayFile(tmp_path / "all.npz") as file:
            assert _same(file[name], array)


def test_reading_does_not_parse_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's parser fails now and then in several threads (CPython's issue 106905)."""
    save_arrays(tmp_path / "all.npz", _ARRAYS)
    np.save(tmp_path / "rows.npy", _ARRAYS["rows"])

    def failing(source: str) -> None:
        raise SystemError("AST constructor recursion depth mismatch (before=60, after=56)")

    monkeypatch.setattr(ast, "literal_eval", failing)
    with pytest.raises(SystemError):
        np.load(tmp_path / "rows.npy")
    with ArrayFile(tmp_path / "all.npz") as file:
        assert _same(file["rows"], _ARRAYS["rows"])
    assert _same(mapped_array(tmp_path / "rows.npy"), _ARRAYS["rows"])


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00\x05\x00{'a'}"])
def test_a_file_that_is_no_array_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"magic string|array of numbers"):
        mapped_array(tmp_path / "rows.npy")


def test_objects_are_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not an array of numbers"):
        mapped_array(tmp_path / "objects.npy")
