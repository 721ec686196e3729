"""Processes killed at any moment, a disk that fills up, damage anywhere, readers during a swap."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpora.errors import Damaged, MedciteError, NoCorpus, NoIndex, StorageError
from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore, open_corpus
from retrieval.build import build_index
from retrieval.passage import SearchQuery
from retrieval.search import Searcher
from retrieval.version import Versions, read_manifest, verify_files
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded
from tests.fakes.worker import work

_PER_FILE = 400


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for number in range(4):
        lines = [
            {"pmid": f"{number}-{n}", "title": f"Title {n}", "abstract": f"Word{n} in file{number}. " * 12}
            for n in range(_PER_FILE)
        ]  # fmt: skip
        (folder / f"{number}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder


def _whole(home: Home) -> None:
    """Whatever was killed: files are in the store whole or not at all, and the version in use is."""
    try:
        with open_corpus(home.corpus) as store:
            per_file: dict[str, int] = {}
            for _, each in store.articles():
                name = each.pmid.partition("-")[0]
                per_file[name] = per_file.get(name, 0) + 1
            assert set(per_file.values()) <= {_PER_FILE}
            assert len(per_file) == len(store.journal())
    except NoCorpus:
        pass
    try:
        current = Versions(home.indexes).current()
    except NoIndex:
        return
    verify_files(current, read_manifest(current))


@pytest.mark.parametrize("kills", [4, pytest.param(25, marks=pytest.mark.slow)])
def test_killed_at_any_moment_the_end_is_that_of_an_undisturbed_run(
    tmp_path: Path, files: Path, kills: int
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fakes.worker"])
    undisturbed = Home(tmp_path / "undisturbed")
    first = context.Process(target=work, args=(str(undisturbed.root), str(files)))
    first.start()
    first.join()
    begun = time.monotonic()
    again = context.Process(target=work, args=(str(tmp_path / "timed"), str(files)))
    again.start()
    again.join()
    whole = time.monotonic() - begun
    home, moments = Home(tmp_path / "killed"), random.Random(7)
    survived = 0
    for _ in range(kills):
        process = context.Process(target=work, args=(str(home.root), str(files)))
        process.start()
        process.join(moments.uniform(0.02, whole))
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        else:
            survived += 1
        _whole(home)
    last = context.Process(target=work, args=(str(home.root), str(files)))
    last.start()
    last.join()
    assert last.exitcode == 0
    assert survived < kills, "none was killed"
    kept = [read_manifest(Versions(h.indexes).current()) for h in (home, undisturbed)]
    assert kept[0].snapshot == kept[1].snapshot
    tables = [{n: m.files[n] for n in m.files if n.startswith(("passage", "dense"))} for m in kept]
    assert tables[0] == tables[1]
    query = [SearchQuery("word17 file2")]
    found = [
        [e.article.pmid for e in Searcher(h, HashingEncoder()).search(query, 5)[0]]
        for h in (home, undisturbed)
    ]
    assert found[0] == found[1] != []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; `resize` changes how much fits."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(place)], check=False, capture_output=True
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _resize(place: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


def test_a_full_disk_ends_an_import_and_what_was_done_stays(small_disk: Path, files: Path) -> None:
    home = Home(small_disk / "home")
    home.create()
    paths = find_files([files])
    with pytest.raises(StorageError, match="full"), ArticleStore(home.corpus) as store:
        import_files(store, paths)
    _whole(home)
    _resize(small_disk, "40m")
    with ArticleStore(home.corpus) as store:
        import_files(store, paths)
        assert len(store) == 4 * _PER_FILE


@pytest.mark.parametrize("room", [40, 150, 400, 700])
def test_a_full_disk_ends_a_build_and_the_version_in_use_stays(
    small_disk: Path, files: Path, room: int
) -> None:
    """Wherever the disk fills up: in the table, the shards, FAISS's file or tantivy's."""
    encoder = HashingEncoder()
    _resize(small_disk, "40m")
    home = indexed(small_disk / "home", [article("1", "Zinc", "Zinc shortened colds.")], encoder)
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([files]))
    current = Versions(home.indexes).current()
    used = sum(f.stat().st_blocks // 2 for f in small_disk.rglob("*") if f.is_file())
    _resize(small_disk, f"{used + room}k")
    with pytest.raises(StorageError):
        build_index(home, encoder, Recorded())
    assert Versions(home.indexes).current() == current
    assert Searcher(home, encoder).search([SearchQuery("zinc")], 1)[0][0].article.pmid == "1"
    _resize(small_disk, "80m")
    assert build_index(home, encoder, Recorded()).manifest.articles == 4 * _PER_FILE + 1


_ARTICLES = [article(str(n), f"Title {n}", f"Finding {n} is here. " * 8) for n in range(1, 31)]


def _files_of(home: Home) -> list[str]:
    current = Versions(home.indexes).current()
    names = [p.relative_to(current).as_posix() for p in sorted(current.rglob("*")) if p.is_file()]
    return [name for name in names if not name.endswith(".lock")]


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "empty"])
def test_damage_to_any_file_of_an_index_is_found_named_and_repaired(
    tmp_path: Path, damage: str
) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path / "home", _ARTICLES, encoder)
    for name in ["manifest.json", *(n for n in _files_of(home) if "lexical" not in n), "lexical/meta.json"]:  # fmt: skip
        current = Versions(home.indexes).current()
        path = current / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0x55
        if damage == "remove":
            path.unlink()
        else:
            path.write_bytes({"flip": content, "truncate": content[:-3], "empty": b""}[damage])
        with pytest.raises(Damaged) as said:
            verify_files(current, read_manifest(current))
        assert Path(name).name in str(said.value)
        encoded = encoder.encoded
        result = build_index(home, encoder, Recorded())
        assert not result.unchanged
        assert encoder.encoded == encoded, "vectors are whole and are not encoded again"
        assert Searcher(home, encoder).search([SearchQuery("finding 7")], 1)[0]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc", b"nowhere", b"\x00"])
def test_a_damaged_pointer_is_said_and_a_build_mends_it(tmp_path: Path, content: bytes) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, _ARTICLES, encoder)
    (home.indexes / "CURRENT").write_bytes(content)
    with pytest.raises(MedciteError):
        Searcher(home, encoder)
    build_index(home, encoder, Recorded())
    assert Searcher(home, encoder).search([SearchQuery("finding 7")], 1)[0]


def test_readers_answer_through_swaps_rollbacks_and_prunes(tmp_path: Path) -> None:
    encoder = HashingEncoder(dimension=256)
    home = indexed(tmp_path, _ARTICLES, encoder)
    stop, failures, answered = threading.Event(), [], [0]

    def read() -> None:
        searcher = Searcher(home, encoder)
        try:
            while not stop.is_set():
                assert searcher.search([SearchQuery("finding 7")], 3)[0]
                answered[0] += 1
        except BaseException as error:
            failures.append(error)
        finally:
            searcher.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    versions = Versions(home.indexes)
    for number in range(4):
        put(home, [article(f"new{number}", "New", f"A new finding {number}.")], f"{number}.jsonl")
        build_index(home, encoder, Recorded())
        if number == 2:
            versions.rollback()
        versions.prune(2)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert answered[0] > 4
    assert Searcher(home, encoder).version.manifest.articles == 34
