"""The log of searches, exports of result sets, and what is new in a saved search."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from corpora.errors import BadInput
from corpora.home import Home
from corpora.readers.csl import read_csl
from corpora.store import open_corpus
from retrieval.build import build_index
from retrieval.filters import Filters
from retrieval.result_set import BooleanSearch
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded
from ui.services.filter_check import check_filters
from ui.services.methods_appendix import appendix
from ui.services.result_export import EXPORTS, exported, prisma_numbers
from ui.services.search_log import SearchEntry, SearchLog
from ui.services.searching import log_search, run_again
from ui.services.settings import Choices, write_choices

_ARTICLES = [
    article(str(10_001 + i), f"Asthma {i}", "=cmd of asthma.", journal="Air",
            publication_types=("Randomized Controlled Trial",), doi=f"10.99999/{i}")
    for i in range(3)
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return indexed(tmp_path / "home", _ARTICLES, HashingEncoder(dimension=64, window=256))


def _search(home: Home, text: str, name: str = "") -> int:
    with open_corpus(home.corpus) as store:
        found = BooleanSearch(home).find(store, text)
        return log_search(SearchLog(home), store, found, Filters(first_year=2020), name)


def test_a_saved_search_says_what_is_new_after_an_update(home: Home) -> None:
    log = SearchLog(home)
    log.save(_search(home, "asthma[ti]"), "airways")
    put(home, [article("10009", "Asthma again")], "more.jsonl")
    build_index(home, HashingEncoder(dimension=64, window=256), Recorded())
    result = run_again(home, log, log.find("airways"), nullcontext)
    assert (result.new, result.gone, result.then, result.now) == (("10009",), (), 3, 4)
    assert run_again(home, log, log.find("airways"), nullcontext).new == ()
    assert len(log.saved()) == 1


def test_nothing_is_logged_where_that_is_off_and_old_entries_go(home: Home) -> None:
    log = SearchLog(home)
    number = _search(home, "asthma[ti]")
    write_choices(home, Choices(log_searches=False))
    assert _search(home, "asthma[ti]") == 0
    assert [entry.id for entry in log.entries()] == [number]
    assert SearchLog(home, "another").entries() == []
    assert log.prune(timedelta(days=1)) == 0
    assert log.prune(timedelta(days=-1)) == 1
    with pytest.raises(BadInput):
        log.find("airways")


def test_the_appendix_has_queries_counts_and_what_is_left_to_say(home: Home) -> None:
    log = SearchLog(home)
    log.note_export(_search(home, "asthma[ti]", "airways"), "3 as ris")
    text = appendix(log.entries(), "md", ["demo, 2021-01-01"])
    for said in (
        "asthma[ti]",
        "Found: 3",
        "3 as ris",
        "first year: 2020",
        "14 Peer review | *To be",
    ):
        assert said in text
    assert orjson.loads(appendix(log.entries(), "json"))["searches"][0]["found"] == 3
    formula = appendix([replace(log.entries()[0], text="=1+1")], "csv")
    assert "'=1+1" in formula
    with pytest.raises(BadInput):
        appendix([], "docx")


def test_exports_are_noted_in_order_with_their_owners_entry_alone(home: Home) -> None:
    number = _search(home, "asthma[ti]")
    SearchLog(home, "another").note_export(number, "9 as csv")
    for what in ("3 as ris", 'α "3" as csv'):
        SearchLog(home).note_export(number, what)
    SearchLog(home).note_export(number + 1, "nothing")
    (entry,) = SearchLog(home).entries()
    assert entry.exported == ("3 as ris", 'α "3" as csv')
    assert entry.filters == {"first_year": 2020}


def test_every_format_holds_every_article_and_csl_is_read_back(home: Home) -> None:
    for form in EXPORTS:
        text = exported(_ARTICLES, form.name)
        assert all(f"Asthma {i}" in text or form.name == "pmids" for i in range(3))
    assert exported(_ARTICLES, "pmids") == "10001\n10002\n10003\n"
    (read,) = read_csl(orjson.loads(exported(_ARTICLES[:1], "csl-json"))[0], 1, 1)
    assert (read.pmid, read.title, read.doi, read.year) == ("10001", "Asthma 0", "10.99999/0", 2021)
    with pytest.raises(BadInput):
        exported(_ARTICLES, "docx")


def test_prisma_counts_the_records_of_a_joined_article(home: Home) -> None:
    other = article("doi:10.99999/0", "Asthma 0", doi="10.99999/0", sources=("Embase",))
    put(home, [other], "embase.jsonl")
    with open_corpus(home.corpus) as store:
        numbers = prisma_numbers(store, [number for number, _ in store.articles()])
    assert (numbers.records, numbers.duplicates, numbers.articles) == (4, 1, 3)
    assert numbers.by_source == {"PubMed": 3, "Embase": 1}


def test_a_filter_that_nothing_has_says_what_there_is(home: Home) -> None:
    check_filters(
        home, Filters(publication_types=("randomized controlled trial",), languages=("eng",))
    )
    with pytest.raises(BadInput) as caught:
        check_filters(home, Filters(publication_types=("RCT",)))
    assert "randomized controlled trial" in caught.value.next_step
    with pytest.raises(BadInput) as caught:
        check_filters(home, Filters(journals=("Lancet",)))
    assert "air" in caught.value.next_step


def test_an_entry_is_found_by_number_or_name(home: Home) -> None:
    log = SearchLog(home)
    number = log.add(SearchEntry("q", "question", 2, "", 3))
    assert log.find(f"#{number}").text == "q"
    with pytest.raises(BadInput):
        log.save(number, "name")
