"""Builds: what is encoded, what is kept, what survives damage, and one at a time."""

import multiprocessing
from pathlib import Path

import filelock
import pytest

from corpora.article import Deletion
from corpora.errors import Busy, NoCorpus
from corpora.home import Home
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.version import Versions, read_manifest, verify_files
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded

_ARTICLES = [article(str(n), f"Title {n}", f"Finding {n} is here. " * 8) for n in range(1, 31)]


def test_a_first_build_encodes_every_passage(tmp_path: Path) -> None:
    encoder, progress = HashingEncoder(), Recorded()
    put(Home(tmp_path), _ARTICLES)
    result = build_index(Home(tmp_path), encoder, progress)
    assert result.manifest.articles == 30
    assert result.encoded == encoder.encoded == result.manifest.passages
    assert progress.stages["split"] == progress.stages["index"] == (30, 30)
    assert progress.stages["encode"] == (result.encoded, result.encoded)
    verify_files(result.folder, result.manifest)


def test_nothing_new_builds_nothing_and_a_forced_build_encodes_nothing(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, _ARTICLES, encoder)
    encoded = encoder.encoded
    again = build_index(home, encoder, Recorded())
    assert again.unchanged
    forced = build_index(home, encoder, Recorded(), force=True)
    assert not forced.unchanged
    assert (forced.encoded, encoder.encoded) == (0, encoded)
    assert len(Versions(home.indexes).all()) == 2


def test_an_update_encodes_only_what_changed_and_deletions_leave(tmp_path: Path) -> None:
    encoder = HashingEncoder(window=256)
    home = indexed(tmp_path, _ARTICLES, encoder)
    before = encoder.encoded
    revised = article("3", "Title 3", "Another finding.", revised="2022-01-01")
    put(home, [revised, Deletion("7"), article("99", "New", "A new finding.")], "update.jsonl")
    result = build_index(home, encoder, Recorded())
    assert result.encoded == encoder.encoded - before == 2
    assert result.manifest.articles == 30


def test_an_equal_corpus_gives_equal_files(tmp_path: Path) -> None:
    """Same vectors and passages, whatever was built and encoded before."""
    encoder = HashingEncoder()
    one = indexed(tmp_path / "one", _ARTICLES, encoder)
    two = Home(tmp_path / "two")
    put(two, _ARTICLES[:11], "a.jsonl")
    build_index(two, encoder, Recorded())
    put(two, _ARTICLES[11:], "b.jsonl")
    build_index(two, encoder, Recorded())
    files = [read_manifest(Versions(home.indexes).current()).files for home in (one, two)]
    flat = [{n: f[n] for n in f if not n.startswith("lexical")} for f in files]
    assert flat[0] == flat[1]


def test_no_corpus_and_an_empty_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(NoCorpus):
        build_index(Home(tmp_path), HashingEncoder(), Recorded())
    ArticleStore(Home(tmp_path).corpus).close()
    with pytest.raises(NoCorpus):
        build_index(Home(tmp_path), HashingEncoder(), Recorded())


def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, _ARTICLES, encoder)
    broken = Versions(home.indexes).current()
    dense = broken / "dense.faiss"
    content = bytearray(dense.read_bytes())
    content[-5] ^= 1
    dense.write_bytes(content)
    result = build_index(home, encoder, Recorded())
    assert not result.unchanged
    assert result.encoded == 0
    assert Versions(home.indexes).current() != broken


def test_a_failing_encoder_leaves_the_version_in_use(tmp_path: Path) -> None:
    class Breaking(HashingEncoder):
        def encode_documents(self, texts):  # type: ignore[no-untyped-def]
            raise RuntimeError("out of memory")

    home = indexed(tmp_path, _ARTICLES, HashingEncoder())
    current = Versions(home.indexes).current()
    put(home, [article("99", "New", "A new finding.")], "update.jsonl")
    with pytest.raises(RuntimeError, match="out of memory"):
        build_index(home, Breaking(), Recorded())
    assert Versions(home.indexes).current() == current
    # The half-made folder goes with the next build.
    build_index(home, HashingEncoder(), Recorded())
    assert all((f / "manifest.json").exists() for f in home.indexes.iterdir() if f.is_dir())


def _hold(path: str, ready: object, done: object) -> None:
    with filelock.FileLock(path):
        ready.set()  # type: ignore[attr-defined]
        done.wait(20)  # type: ignore[attr-defined]


def test_a_second_build_is_refused_while_one_runs(tmp_path: Path) -> None:
    home = indexed(tmp_path, _ARTICLES[:2], HashingEncoder())
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(home.root / "build.lock"), ready, done))
    other.start()
    try:
        assert ready.wait(20)
        with pytest.raises(Busy, match="Another build"):
            build_index(home, HashingEncoder(), Recorded())
    finally:
        done.set()
        other.join()
    assert build_index(home, HashingEncoder(), Recorded()).unchanged
