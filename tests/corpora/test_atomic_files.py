"""Files that are written whole or not at all."""

import stat
from pathlib import Path

import pytest

from corpora.atomic_files import atomic_write, replacing
from corpora.errors import StorageError


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"first", durable=durable)

    def fail() -> None:
        with replacing(path, durable=durable) as part:
            part.write_bytes(b"half")
            assert path.read_bytes() == b"first"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_process_left_is_not_read_by_others_than_before(tmp_path: Path) -> None:
    (tmp_path / "keys.part").write_bytes(b"left by another, and open to all")
    atomic_write(tmp_path / "keys", b"secret", mode=0o600)
    assert (tmp_path / "keys").read_bytes() == b"secret"
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_folder_that_is_missing_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        atomic_write(tmp_path / "nowhere" / "file", b"")
