"""Keeping up: NLM's update files, from the server into the index in use, by one call."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from corpora.errors import Busy, FetchError, NoIndex
from corpora.home import Home
from corpora.importer import import_files
from corpora.sources.progress import SilentFetch
from corpora.store import ArticleStore, open_corpus
from evaluation.performance.keeping_up import Daily, simulate
from retrieval.build import build_index
from retrieval.passage import SearchQuery
from retrieval.search import Searcher
from retrieval.updating import UpdateReport, failure_of, update
from retrieval.version import Versions
from tests.fakes.encoder import HashingEncoder
from tests.fakes.nlm import FakeNlm, Fault, nlm_server
from tests.fakes.progress import Recorded
from tests.fakes.pubmed import deletion, pubmed_xml, record

pytestmark = pytest.mark.enable_socket

_FOLDER = "pubmed/updatefiles"


@pytest.fixture
def server() -> Iterator[FakeNlm]:
    with nlm_server() as running:
        running.put(_FOLDER, "pubmed26n1301.xml.gz", _file(*(record(f"3{n}") for n in range(5))))
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.create()
    baseline = tmp_path / "pubmed26n0001.xml.gz"
    baseline.write_bytes(_file(*(record(f"1{n}", f"Baseline {n}") for n in range(9))))
    with ArticleStore(place.corpus) as store:
        import_files(store, [baseline])
    build_index(place, HashingEncoder(), Recorded())
    return place


def _file(*records: str) -> bytes:
    return gzip.compress(pubmed_xml(*records))


def _update(home: Home, server: FakeNlm, **options: object) -> UpdateReport:
    return update(
        home, SilentFetch(), Recorded(), encoder=HashingEncoder(), mirror=server.url, **options
    )  # type: ignore[arg-type]


def test_new_revised_and_deleted_records_are_in_the_index(home: Home, server: FakeNlm) -> None:
    revised = record("14", "Zorblimab, corrected", revised="2026-02-01")
    server.put(_FOLDER, "pubmed26n1302.xml.gz", _file(revised, deletion("12", "31")))
    report = _update(home, server)
    told = report.to_dict()
    assert [told[n] for n in ("listed", "fetched", "added", "replaced", "deleted")] == [
        2,
        2,
        5,
        1,
        2,
    ]
    assert (told["articles"], told["failed"], told["unchanged"]) == (12, [], False)
    searcher = Searcher(home, HashingEncoder())
    assert searcher.search([SearchQuery("Zorblimab")], 1)[0][0].article.pmid == "14"
    found = {e.article.pmid for e in searcher.search([SearchQuery("Baseline findings")], 50)[0]}
    assert not found & {"12", "31"}
    with open_corpus(home.corpus) as store:
        assert [(f.source, f.files) for f in store.fetches()] == [("updates", 2)]


def test_nothing_new_does_nothing_and_reads_no_file_again(home: Home, server: FakeNlm) -> None:
    first = _update(home, server)
    again = _update(home, server)
    assert (again.listed, again.fetched, again.build.unchanged) == (1, 0, True)
    assert again.build.manifest.version == first.build.manifest.version
    assert len(server.asked("n1301.xml.gz")) == 3  # two checksums, one file


def test_a_file_issued_again_is_imported_again(home: Home, server: FakeNlm) -> None:
    _update(home, server)
    server.put(_FOLDER, "pubmed26n1301.xml.gz", _file(record("39", "Issued again")))
    report = _update(home, server)
    assert (report.fetched, report.imports.counts.added) == (1, 1)


def test_old_versions_are_pruned(home: Home, server: FakeNlm) -> None:
    for number in range(1302, 1305):
        server.put(_FOLDER, f"pubmed26n{number}.xml.gz", _file(record(f"4{number}")))
        report = _update(home, server, keep=2)
    assert len(report.pruned) == 1
    assert len(Versions(home.indexes).all()) == 2


def test_a_broken_transfer_is_mended_and_a_failing_server_leaves_all_as_it_was(
    home: Home, server: FakeNlm
) -> None:
    before = Versions(home.indexes).current()
    server.faults += [Fault("n1301.xml.gz", "404")]
    with pytest.raises(FetchError, match="404"):
        _update(home, server)
    assert Versions(home.indexes).current() == before
    server.faults += [Fault("n1301.xml.gz", "cut"), Fault("n1301.xml.gz", "wrong")]
    assert _update(home, server).imports.counts.added == 5


def test_a_file_that_is_none_is_reported_and_the_others_are_taken(
    home: Home, server: FakeNlm
) -> None:
    server.put(_FOLDER, "pubmed26n1300.xml.gz", b"no file of NLM's")
    report = _update(home, server)
    assert [path.name for path in map(Path, report.to_dict()["failed"])] == ["pubmed26n1300.xml.gz"]
    assert failure_of(report) is not None
    assert report.build.manifest.articles == 14


def test_two_at_once_and_no_index_are_refused(home: Home, server: FakeNlm, tmp_path: Path) -> None:
    with filelock.FileLock(home.root / "update.lock"), pytest.raises(Busy, match="Another update"):
        _update(home, server)
    with pytest.raises(NoIndex):
        _update(Home(tmp_path / "empty"), server)


def test_days_of_updates_give_what_a_fresh_build_gives(tmp_path: Path) -> None:
    source = tmp_path / "real.xml.gz"
    source.write_bytes(
        _file(*(record(str(n), f"Title {n} of some article") for n in range(100, 160)))
    )
    found = simulate(source, HashingEncoder(), days=5, baseline=20, daily=Daily(4, 3, 1))
    assert (found["added"], found["replaced"], found["deleted"], found["articles"]) == (
        20,
        15,
        5,
        35,
    )
    assert found["second_run_unchanged"]
    assert [key for key in found if key.startswith("same_") and not found[key]] == []
