"""Builds: what is encoded, what is kept, what survives damage, and one at a time."""

import multiprocessing
import shutil
from dataclasses import replace
from pathlib import Path

import filelock
import pytest

from corpora.article import Deletion
from corpora.errors import BadInput, Busy, Damaged, IndexMismatch, NoCorpus, NoIndex
from corpora.home import Home
from corpora.store import ArticleStore
from corpora.typography import TypeStyle, Typography
from retrieval import build, passage_stage
from retrieval.build import build_index
from retrieval.integrity import verify_index
from retrieval.passage import SearchQuery
from retrieval.search import Searcher
from retrieval.version import Versions, read_manifest, verify_files
from retrieval.workers import LocalWorkers
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


class _Counting(HashingEncoder):
    """Also counts the texts whose tokens were counted: what was cut rather than taken over."""

    def __init__(self) -> None:
        super().__init__(window=256)
        self.cut = 0

    def count_tokens(self, texts):  # type: ignore[no-untyped-def]
        self.cut += 1
        return super().count_tokens(texts)


def test_an_update_cuts_only_what_is_new(tmp_path: Path) -> None:
    encoder = _Counting()
    home = indexed(tmp_path, _ARTICLES, encoder)
    each = encoder.cut / len(_ARTICLES)
    before = encoder.cut
    revised = article("3", "Title 3", "Another finding.", revised="2022-01-01")
    put(home, [revised, Deletion("7"), article("99", "New", "A new finding.")], "update.jsonl")
    updated = build_index(home, encoder, Recorded())
    assert encoder.cut - before == 2 * each
    # What was taken over is what a build from nothing gives.
    shutil.rmtree(home.indexes)
    fresh = build_index(home, encoder, Recorded())
    assert _files(fresh.manifest.files) == _files(updated.manifest.files)


def _files(files: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    return {name: files[name] for name in files if not name.startswith("lexical")}


@pytest.mark.parametrize("stage", ["encode", "index"])
def test_a_build_that_died_is_taken_over(tmp_path: Path, stage: str) -> None:
    class Dying(Recorded):
        def stage(self, name: str, total: int) -> None:
            super().stage(name, total)
            if name == stage:
                raise KeyboardInterrupt

    home = Home(tmp_path / "one")
    put(home, _ARTICLES)
    encoder = _Counting()
    with pytest.raises(KeyboardInterrupt):
        build_index(home, encoder, Dying())
    cut, encoded = encoder.cut, encoder.encoded
    result = build_index(home, encoder, Recorded())
    assert encoder.cut == cut
    assert encoded == (0 if stage == "encode" else encoder.encoded)
    assert result.encoded == (result.manifest.passages if stage == "encode" else 0)
    assert [f.name for f in home.indexes.iterdir() if f.is_dir()] == [result.folder.name]
    undisturbed = indexed(tmp_path / "two", _ARTICLES, HashingEncoder(window=256))
    manifest = read_manifest(Versions(undisturbed.indexes).current())
    assert _files(manifest.files) == _files(result.manifest.files)


def test_damaged_tables_are_not_taken_over(tmp_path: Path) -> None:
    encoder = _Counting()
    home = indexed(tmp_path, _ARTICLES, encoder)
    current = Versions(home.indexes).current()
    whole = read_manifest(current).files
    spans = current / "passage-spans.bin"
    content = bytearray(spans.read_bytes())
    content[40] ^= 1
    spans.write_bytes(content)
    before = encoder.cut
    result = build_index(home, encoder, Recorded())
    assert encoder.cut == 2 * before
    assert _files(result.manifest.files) == _files(whole)


def test_another_corpus_in_the_same_place_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """Its ids mean other articles."""
    encoder = HashingEncoder(dimension=256)
    home = indexed(tmp_path, _ARTICLES, encoder)
    for path in home.root.glob("corpus.sqlite*"):
        path.unlink()
    put(home, [article("500", "Zinc", "Zinc shortened colds."), *_ARTICLES[:3]])
    with pytest.raises(IndexMismatch, match="different corpus"):
        Searcher(home, encoder)
    build_index(home, encoder, Recorded())
    found = Searcher(home, encoder).search([SearchQuery("zinc colds")], 1)[0]
    assert found[0].article.pmid == "500"


@pytest.mark.parametrize("name", ["ivf", "hnsw"])
def test_another_dense_type_encodes_nothing(tmp_path: Path, name: str) -> None:
    encoder = HashingEncoder()
    articles = [article(str(n), f"T {n}", f"Word{n} and word{n % 7}. ") for n in range(1, 300)]
    home = indexed(tmp_path, articles, encoder)
    encoded = encoder.encoded
    result = build_index(home, encoder, Recorded(), dense=name)
    assert (result.encoded, encoder.encoded) == (0, encoded)
    assert not result.manifest.dense_type.exact
    assert build_index(home, encoder, Recorded(), dense=name).unchanged
    found = Searcher(home, encoder).search([SearchQuery("word17 word3")], 3)[0]
    assert "17" in {e.article.pmid for e in found}
    with pytest.raises(BadInput, match="not a dense type"):
        build_index(home, encoder, Recorded(), dense="fast")


def test_later_builds_keep_the_dense_type(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, [article("1", "One", "A finding.")], encoder)
    assert not build_index(home, encoder, Recorded(), dense="hnsw").manifest.dense_type.exact
    assert build_index(home, encoder, Recorded()).unchanged
    put(home, [article("2", "Two", "Another finding.")], "2.jsonl")
    assert build_index(home, encoder, Recorded()).manifest.dense == "hnsw"
    assert build_index(home, encoder, Recorded(), dense="auto").manifest.dense_type.exact


def test_rollback_goes_back_and_prune_keeps_what_is_in_use(tmp_path: Path) -> None:
    encoder = HashingEncoder(dimension=256)
    home = indexed(tmp_path, _ARTICLES, encoder)
    versions = Versions(home.indexes)
    with pytest.raises(NoIndex, match="no version before"):
        versions.rollback()
    for name in ("b", "c"):
        put(home, [article(name, name, f"Finding {name}.")], f"{name}.jsonl")
        build_index(home, encoder, Recorded())
    one, two, three = versions.all()
    searcher = Searcher(home, encoder)
    assert versions.rollback() == two
    assert searcher.version.folder == two
    assert len(searcher) == 31
    (two / "dense.faiss").rename(two / "gone")
    (one / "dense.faiss").write_bytes(b"damaged")
    with pytest.raises(Damaged, match=r"dense\.faiss"):
        versions.rollback()
    assert versions.current() == two, "a damaged version is never put in use"
    (two / "gone").rename(two / "dense.faiss")
    (home.indexes / "died").mkdir()
    assert set(versions.prune(1)) == {one, three, home.indexes / "died"}
    assert versions.all() == [two]
    assert searcher.search([SearchQuery("finding")], 1)[0]


def test_verify_names_what_is_wrong(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, _ARTICLES, encoder)
    assert all(check.ok for check in verify_index(home, encoder))
    put(home, [article("3", "Title 3", "Other.", revised="2022")], "update.jsonl")
    checks = {check.name: check for check in verify_index(home, encoder)}
    assert checks["sample"].ok
    assert "1 revised" in checks["corpus"].said
    with pytest.raises(IndexMismatch):
        verify_index(home, HashingEncoder(name="other"))

    # An encoder of the same identity that encodes otherwise, as one that is broken does.
    class Broken(HashingEncoder):
        def encode_documents(self, texts):  # type: ignore[no-untyped-def]
            return super().encode_documents([text[::-1] for text in texts])

    checks = {check.name: check for check in verify_index(home, Broken())}
    assert checks["sample"].ok is False
    shard = next(home.vectors.rglob("shard-*.npy"))
    shard.write_bytes(shard.read_bytes()[:-4])
    checks = {check.name: check for check in verify_index(home, None)}
    assert checks["vectors"].ok is False
    assert shard.name in checks["vectors"].said
    assert checks["sample"].ok is None
    dense = Versions(home.indexes).current() / "dense.faiss"
    dense.write_bytes(dense.read_bytes()[:-4])
    (only,) = verify_index(home, encoder)
    assert (only.name, only.ok) == ("files", False)
    assert "dense.faiss" in only.said


def test_typography_that_a_reader_learns_later_leaves_the_index_as_it_is(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    home = indexed(tmp_path, _ARTICLES, encoder)
    italic = (Typography(0, 5, TypeStyle.ITALIC),)
    put(home, [replace(each, typography=italic) for each in _ARTICLES], "again.jsonl")
    encoded = encoder.encoded
    assert build_index(home, encoder, Recorded()).unchanged
    # With a record that did change, nothing but its own passages is encoded.
    new = article("3", "Title 3", "Another finding.", revised="2022-01-01", typography=italic)
    put(home, [new], "update.jsonl")
    assert build_index(home, encoder, Recorded()).encoded == encoder.encoded - encoded == 1
    found = Searcher(home, encoder).search([SearchQuery("Finding 4")], 1)[0]
    assert found[0].article.typography == italic


class _DrawingAhead(LocalWorkers):
    """Draws every batch before it gives the first result."""

    def split(self, batches, unit):  # type: ignore[no-untyped-def]
        return super().split(list(batches), unit)

    def encode(self, batches):  # type: ignore[no-untyped-def]
        return super().encode(list(batches))


def test_how_far_workers_draw_ahead_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small batches, and texts that come again near and far."""
    for name, size in (("_SHARD", 4), ("_VECTORS_AT_ONCE", 6), ("_ENCODED_AT_ONCE", 2)):
        monkeypatch.setattr(build, name, size)
    monkeypatch.setattr(passage_stage, "_AT_ONCE", 3)
    again = [article(str(n), "The same", f"Finding {n % 5}.") for n in range(100, 130)]
    contents = []
    for name, kind in (("one", LocalWorkers), ("two", _DrawingAhead)):
        home, encoder = Home(tmp_path / name), HashingEncoder()
        put(home, [*_ARTICLES[:11], *again, *_ARTICLES[11:]])
        first = build_index(home, encoder, Recorded(), workers=kind(encoder))
        # A second build reuses rows of the first between new ones.
        put(home, [article("3", "Another", "Finding 1."), article("999", "New")], "new.jsonl")
        second = build_index(home, encoder, Recorded(), workers=kind(encoder))
        assert first.encoded + second.encoded == encoder.encoded
        files = {n: f for n, f in second.manifest.files.items() if not n.startswith("lexical")}
        shards = {p.name: p.read_bytes() for p in home.vectors.rglob("*.npy")}
        contents.append((first.encoded, second.encoded, files, shards))
    assert contents[0] == contents[1]
    assert len(contents[0][3]) > 5
