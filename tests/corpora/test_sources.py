"""Sources against a server on this machine that fails in every way the real ones do."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from corpora.errors import BadInput, FetchError
from corpora.importer import import_files
from corpora.sources.eutils import PMC, PUBMED, Eutils
from corpora.sources.nlm import BASELINE, UPDATES, NlmServer, open_access
from corpora.sources.progress import SilentFetch
from corpora.sources.transfer import Transfer
from corpora.store import ArticleStore
from tests.fakes import nlm
from tests.fakes.nlm import FakeNlm, Fault, nlm_server

pytestmark = [pytest.mark.enable_socket]


@pytest.fixture
def fake() -> Iterator[FakeNlm]:
    with nlm_server() as running:
        yield running


@pytest.fixture
def transfer() -> Iterator[Transfer]:
    with Transfer(attempts=4, backoff=0.01) as made:
        yield made


def _content(number: int) -> bytes:
    return b"".join(hashlib.sha256(f"{number} {n}".encode()).digest() for n in range(4_000))


@pytest.fixture
def server(fake: FakeNlm, transfer: Transfer) -> NlmServer:
    for number in range(1, 6):
        fake.put("pubmed/baseline", f"pubmed26n{number:04d}.xml.gz", _content(number))
        fake.put("pubmed/updatefiles", f"pubmed26n{number + 1300}.xml.gz", _content(number))
    fake.files["/pubmed/baseline/README.txt"] = b"read me"
    return NlmServer(transfer, fake.url)


def test_a_mirror_is_whole_in_order_and_fetched_once(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    paths = list(server.mirror(BASELINE, tmp_path))
    assert [p.name for p in paths] == [f"pubmed26n{n:04d}.xml.gz" for n in range(1, 6)]
    assert [p.read_bytes() for p in paths] == [_content(n) for n in range(1, 6)]
    assert list(tmp_path.glob("*.part")) == []
    before = len(fake.asked(".gz"))
    again = list(server.mirror(BASELINE, tmp_path))
    assert again == paths
    assert len(fake.asked(".gz")) == before + 5, "only the checksums are asked for again"


def test_a_file_that_nlm_issued_again_is_fetched_again(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    list(server.mirror(BASELINE, tmp_path))
    fake.put("pubmed/baseline", "pubmed26n0002.xml.gz", b"issued again")
    paths = list(server.mirror(BASELINE, tmp_path))
    assert paths[1].read_bytes() == b"issued again"


def test_the_newest_updates_come_where_only_some_are_wanted(
    server: NlmServer, tmp_path: Path
) -> None:
    names = [p.name for p in server.mirror(UPDATES, tmp_path, most=2)]
    assert names == ["pubmed26n1304.xml.gz", "pubmed26n1305.xml.gz"]


@pytest.mark.parametrize("kind", ["429", "500", "503", "cut", "wrong"])
def test_what_fails_once_is_tried_again(
    fake: FakeNlm, server: NlmServer, tmp_path: Path, kind: str
) -> None:
    fake.faults += [Fault("n0002.xml.gz", kind), Fault("n0003.xml.gz.md5", "500"), Fault("/pubmed/baseline/", "429")]  # fmt: skip
    paths = list(server.mirror(BASELINE, tmp_path))
    assert [p.read_bytes() for p in paths] == [_content(n) for n in range(1, 6)]
    assert fake.faults == []


def test_a_half_sent_file_goes_on_where_it_broke_off(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    fake.faults.append(Fault("n0001.xml.gz", "cut"))
    list(server.mirror(BASELINE, tmp_path, most=1))
    ranges = [form["Range"] for form in fake.asked("n0001.xml.gz") if "Range" in form]
    assert ranges == [f"bytes={len(_content(1)) // 2}-"]


def test_a_checksum_that_never_fits_is_an_error_and_nothing_is_kept(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    fake.files["/pubmed/baseline/pubmed26n0001.xml.gz.md5"] = b"MD5(x)= " + b"0" * 32
    with pytest.raises(FetchError, match="checksum"):
        list(server.mirror(BASELINE, tmp_path, most=1))
    assert list(tmp_path.iterdir()) == []


def test_files_before_a_failure_are_kept_and_the_next_run_goes_on(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    fake.faults += [Fault("n0003.xml.gz.md5", "404")]
    taken = []
    with pytest.raises(FetchError, match="404"):
        taken.extend(server.mirror(BASELINE, tmp_path, at_once=1))
    assert [p.name for p in tmp_path.glob("*.gz")]
    with Transfer(attempts=2, backoff=0.01) as fresh:
        paths = list(NlmServer(fresh, fake.url).mirror(BASELINE, tmp_path))
    assert [p.read_bytes() for p in paths] == [_content(n) for n in range(1, 6)]


def test_stopping_in_the_middle_keeps_what_has_come(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    mirror = server.mirror(BASELINE, tmp_path, at_once=2)
    assert next(mirror).name == "pubmed26n0001.xml.gz"
    mirror.close()
    with Transfer(attempts=2, backoff=0.01) as fresh:
        paths = list(NlmServer(fresh, fake.url).mirror(BASELINE, tmp_path))
    assert [p.read_bytes() for p in paths] == [_content(n) for n in range(1, 6)]


def test_several_files_come_at_once(fake: FakeNlm, tmp_path: Path) -> None:
    """Each of two transfers waits until the other is under way."""
    both = threading.Barrier(2, timeout=10)

    class Waiting(Transfer):
        def download(self, *arguments: object, **named: object) -> None:  # type: ignore[override]
            both.wait()
            super().download(*arguments, **named)  # type: ignore[arg-type]

    for number in (1, 2):
        fake.put("pubmed/baseline", f"pubmed26n{number:04d}.xml.gz", b"x")
    with Waiting(attempts=1) as waiting:
        assert len(list(NlmServer(waiting, fake.url).mirror(BASELINE, tmp_path, at_once=2))) == 2


def test_open_access_packages_have_no_checksum_to_ask_for(
    fake: FakeNlm, server: NlmServer, tmp_path: Path
) -> None:
    name = "oa_comm_xml.PMC000xxxxxx.baseline.2025-06-26.tar.gz"
    fake.files[f"/pub/pmc/oa_bulk/oa_comm/xml/{name}"] = b"package"
    (path,) = server.mirror(open_access("comm"), tmp_path)
    assert (path.name, path.read_bytes()) == (name, b"package")
    assert fake.asked(".md5") == []


def test_a_listing_without_files_says_so(fake: FakeNlm, transfer: Transfer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="lists no file"):
        list(NlmServer(transfer, fake.url).mirror(BASELINE, tmp_path))


@pytest.fixture
def eutils(fake: FakeNlm, transfer: Transfer) -> Eutils:
    fake.entered = {str(n): "2021/03/05" for n in range(1, 1204)}
    return Eutils(transfer, email="someone@example.org", api_key="k", base_url=fake.url)


def test_a_query_comes_page_by_page_with_who_asks(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore
) -> None:
    paths = list(eutils.fetch(PUBMED, "sepsis", tmp_path))
    assert len(paths) == 3
    import_files(store, paths)
    assert {a.pmid for _, a in store.articles()} == set(fake.entered)
    for form in fake.asked(".fcgi"):
        assert (form["tool"], form["email"], form["api_key"]) == ("medcite", "someone@example.org", "k")  # fmt: skip


def test_no_more_than_asked_for(eutils: Eutils, fake: FakeNlm, tmp_path: Path, store: ArticleStore) -> None:  # fmt: skip
    import_files(store, list(eutils.fetch(PUBMED, "sepsis", tmp_path, most=510)))
    assert len(store) == 510


class Said(SilentFetch):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def said(self, text: str) -> None:
        self.notes.append(text)


def test_a_failure_of_ncbis_own_servers_is_tried_again(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path
) -> None:
    fake.faults += [Fault("esearch.fcgi", "backend")] * 2
    assert len(list(eutils.fetch(PUBMED, "sepsis", tmp_path))) == 3
    fake.faults += [Fault("esearch.fcgi", "backend")] * 20
    with pytest.raises(FetchError, match="Search Backend failed"):
        list(eutils.fetch(PUBMED, "other", tmp_path))


def test_a_forgotten_search_is_made_again_and_not_kept(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore
) -> None:
    fake.faults += [Fault("efetch.fcgi", "forgotten")]
    import_files(store, list(eutils.fetch(PUBMED, "sepsis", tmp_path)))
    assert len(store) == 1203
    assert len(fake.asked("esearch")) == 2
    fake.faults += [Fault("efetch.fcgi", "forgotten")] * 2
    with pytest.raises(FetchError, match="Unable to obtain query"):
        list(eutils.fetch(PUBMED, "other", tmp_path))
    assert list(tmp_path.rglob("search.json")) == []


def test_a_key_that_is_none_is_said_to_be(fake: FakeNlm, eutils: Eutils, tmp_path: Path) -> None:
    fake.faults += [Fault("esearch.fcgi", "badkey")]
    with pytest.raises(BadInput, match="API key is invalid"):
        list(eutils.fetch(PUBMED, "sepsis", tmp_path))


def test_what_pubmed_leaves_out_of_a_query_is_said(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path
) -> None:
    fake.faults += [Fault("esearch.fcgi", "ignored")]
    said = Said()
    list(eutils.fetch(PUBMED, "zelvamabb the", tmp_path, progress=said))
    assert said.notes == ["PubMed does not know “zelvamabb”.", "PubMed ignored “the”."]


def test_lists_of_pmids_and_dois(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore
) -> None:
    fake.entered = {"7": "2021/03/05", "8": "2021/03/05"}
    import_files(store, list(eutils.fetch_identifiers(["7", "9", "10.1000/x"], tmp_path)))
    assert fake.asked("esearch")[0]["term"] == '"10.1000/x"[AID]'
    assert fake.asked("efetch")[-1]["id"] == "7,9"
    assert store.get("7") is not None
    assert store.get("9") is None


@pytest.mark.parametrize("kind", ["429", "502", "cut", "busy"])
def test_a_page_that_fails_is_asked_for_again(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore, kind: str
) -> None:
    fake.faults += [
        Fault("esearch.fcgi", kind),
        Fault("efetch.fcgi", kind),
        Fault("efetch.fcgi", kind),
    ]
    import_files(store, list(eutils.fetch(PUBMED, "sepsis", tmp_path)))
    assert len(store) == 1203
    assert fake.faults == []


def test_a_fetch_that_broke_off_asks_only_for_what_is_missing(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path
) -> None:
    assert len(list(islice(eutils.fetch(PUBMED, "sepsis", tmp_path), 2))) == 2
    assert len(list(eutils.fetch(PUBMED, "sepsis", tmp_path))) == 3
    assert [form["retstart"] for form in fake.asked("efetch")] == ["0", "500", "1000"]
    assert len(fake.asked("esearch")) == 1
    # One that came to its end is asked for anew.
    list(eutils.fetch(PUBMED, "sepsis", tmp_path))
    assert len(fake.asked("esearch")) == 2


def test_more_than_one_search_gives_is_divided_by_day(
    fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore
) -> None:
    first = date(2020, 1, 1)
    fake.entered = {str(n): f"{first + timedelta(days=n // 2000):%Y/%m/%d}" for n in range(10_100)}
    assert len(fake.entered) > nlm.RECORDS_OF_ONE_SEARCH
    import_files(store, list(eutils.fetch(PUBMED, "everything", tmp_path)))
    assert len(store) == 10_100


def test_a_single_day_with_too_many_is_said(fake: FakeNlm, eutils: Eutils, tmp_path: Path) -> None:
    fake.entered = {str(n): "2020/01/01" for n in range(10_500)}
    with pytest.raises(FetchError, match="were entered on 2020-01-01"):
        list(eutils.fetch(PUBMED, "everything", tmp_path))


def test_full_text_by_query(fake: FakeNlm, eutils: Eutils, tmp_path: Path, store: ArticleStore) -> None:  # fmt: skip
    fake.entered = {"71": "2021/01/01", "72": "2021/01/01"}
    import_files(store, list(eutils.fetch(PMC, "sepsis", tmp_path)))
    assert {a.pmid for _, a in store.articles()} == {"71", "72"}
    assert all(article.body for _, article in store.articles())
    assert fake.asked("esearch")[0]["term"] == 'sepsis AND "open access"[filter]'


@pytest.mark.parametrize(("query", "said"), [("(sepsis", "unbalanced"), ("nothing", "finds nothing")])  # fmt: skip
def test_a_query_that_cannot_be_answered(eutils: Eutils, tmp_path: Path, query: str, said: str) -> None:  # fmt: skip
    with pytest.raises(BadInput, match=said):
        list(eutils.fetch(PUBMED, query, tmp_path))


def test_the_rate_limit_holds_over_threads(fake: FakeNlm) -> None:
    fake.files["/x"] = b"x"
    with Transfer(interval=0.05) as limited:
        threads = [threading.Thread(target=limited.text, args=(f"{fake.url}/x",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    moments = sorted(moment for moment, _, _ in fake.requests)
    # The server's clock runs a little behind the client's, differently for each request.
    assert moments[-1] - moments[0] >= 5 * 0.05 * 0.8
    assert len(list(pairwise(moments))) == 5
