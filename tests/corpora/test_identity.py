"""Records of one article from several databases: joined, looked at, taken apart, undone."""

from dataclasses import replace
from itertools import permutations

import pytest

from corpora.article import (
    Article,
    Author,
    Deletion,
    Notice,
    NoticeKind,
    Record,
    Section,
    Statement,
)
from corpora.errors import BadInput
from corpora.identity import same_article
from corpora.normalization import normal_article
from corpora.store import ArticleStore
from corpora.store.journal import ImportCounts

PUBMED = Article(
    "97000001", "Zelvamab in sepsis: a randomised trial.", (Section("", "Mortality fell."),),
    journal="Journal of invention", year=2020, published="2020-03", authors=(Author("Smith", "", "J"),),
    doi="10.99999/same.1", mesh=("Sepsis",), sources=("PubMed",),
)  # fmt: skip
EMBASE = normal_article(
    Article(
        "", "Zelvamab in sepsis: A randomised trial", (Section("", "Mortality fell. Not PubMed's."),),
        year=2020, published="2020-03-05", authors=(Author("Smith", "John", "J"),), volume="3",
        keywords=("sepsis", "zelvamab"), doi="10.99999/SAME.1", sources=("Embase",),
    )
)  # fmt: skip
SCOPUS = normal_article(
    replace(EMBASE, pmid="", doi="", pages="10-19", keywords=("death",), sources=("Scopus",))
)


def put(store: ArticleStore, *records: Record, name: str) -> ImportCounts:
    return store.import_records(
        records, name=name, path=name, sha256=f"{name} {records!r}", reader="test"
    ).counts


def only(store: ArticleStore) -> Article:
    (article,) = [article for _, article in store.articles()]
    return article


@pytest.mark.parametrize("order", list(permutations((PUBMED, EMBASE, SCOPUS))))
def test_three_databases_give_one_article_in_whatever_order(
    store: ArticleStore, order: tuple[Article, ...]
) -> None:
    counts = [put(store, record, name=str(n)) for n, record in enumerate(order)]
    assert [c.added for c in counts] == [1, 0, 0]
    assert [c.joined for c in counts] == [0, 1, 1]
    article = only(store)
    assert (article.pmid, article.named) == ("97000001", "PMID 97000001")
    # What PubMed says stands; what it leaves open comes from the others.
    assert article.title == PUBMED.title
    assert article.sections == PUBMED.sections
    assert (article.volume, article.pages, article.published) == ("3", "10-19", "2020-03-05")
    assert article.authors == (Author("Smith", "John", "J"),)
    assert set(article.keywords) == {"sepsis", "zelvamab", "death"}
    assert article.mesh == ("Sepsis",)
    assert set(article.sources) == {"PubMed", "Embase", "Scopus"}
    for name in ("97000001", "doi:10.99999/same.1", EMBASE.pmid, SCOPUS.pmid):
        assert store.identified(name) == article


def test_two_pmids_are_two_articles_even_with_one_doi(store: ArticleStore) -> None:
    put(store, PUBMED, replace(PUBMED, pmid="97000002"), name="a")
    assert len(store) == 2


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, "title, year and first author"),
        ({"year": 2019, "published": "2019"}, ""),
        ({"authors": (Author("Jones", "", "J"),)}, ""),
        ({"title": "Editorial"}, ""),
        ({"publication_types": ("Conference Abstract",)}, ""),
        ({"doi": "10.99999/other"}, ""),
    ],
)
def test_a_title_joins_only_with_year_and_author(change: dict[str, object], same: str) -> None:
    other = replace(SCOPUS, pmid="title:1", **change)  # type: ignore[arg-type]
    assert same_article(PUBMED, other) == same


def test_a_supplements_doi_joins_none_of_its_abstracts() -> None:
    other = replace(EMBASE, title="Quinine for cramps", authors=(Author("Jones"),))
    assert same_article(EMBASE, other) == ""


def test_a_record_that_names_both_joins_what_was_apart(store: ArticleStore) -> None:
    without = replace(PUBMED, doi="", title="Another title of the trial that nobody knows")
    put(store, without, EMBASE, name="a")
    assert len(store) == 2
    bridge = replace(SCOPUS, pmid="97000001", doi="10.99999/same.1")
    put(store, bridge, name="b")
    assert only(store).pmid == "97000001"
    store.undo_import(2)
    assert {a.pmid for _, a in store.articles()} == {"97000001", EMBASE.pmid}


def test_an_undone_import_leaves_what_the_others_say(store: ArticleStore) -> None:
    put(store, PUBMED, name="pubmed")
    alone = store.snapshot
    put(
        store,
        EMBASE,
        replace(SCOPUS, title="Something else that only Embase has, in one"),
        name="embase",
    )
    assert len(store) == 2
    counts = store.undo_import(2)
    assert (counts.deleted, counts.replaced) == (1, 1)
    assert only(store) == PUBMED
    assert store.snapshot == alone
    assert store.changes(2, 2, 2).any
    with pytest.raises(BadInput):
        store.undo_import(2)
    # The file may come again.
    assert put(store, EMBASE, name="embase").joined == 1


def test_an_undone_revision_gives_the_former_record_back(store: ArticleStore) -> None:
    put(store, PUBMED, name="a")
    put(store, replace(PUBMED, title="Revised title of the trial", revised="2022-01-01"), name="b")
    store.undo_import(2)
    assert only(store) == PUBMED


def test_nlms_numbered_files_are_not_undone(store: ArticleStore) -> None:
    put(store, PUBMED, name="pubmed26n0001.xml.gz")
    with pytest.raises(BadInput, match="later ones build"):
        store.undo_import(1)


def test_a_preview_changes_nothing(store: ArticleStore) -> None:
    put(store, PUBMED, name="a")
    before = store.snapshot, store.journal(), only(store)
    with store.preview():
        assert put(store, EMBASE, name="b").joined == 1
        assert put(store, SCOPUS, name="c").joined == 1
    assert (store.snapshot, store.journal(), only(store)) == before


def test_a_merge_can_be_looked_at_and_taken_apart_for_good(store: ArticleStore) -> None:
    put(store, PUBMED, name="a")
    put(store, EMBASE, name="b")
    ((article, records),) = store.merges()
    assert article.pmid == "97000001"
    assert records == [PUBMED, EMBASE]
    store.part("97000001")
    assert {a.pmid: a for _, a in store.articles()} == {"97000001": PUBMED, EMBASE.pmid: EMBASE}
    put(store, EMBASE, name="the same in another file")
    assert len(store) == 2


def test_pubmeds_deletion_leaves_what_others_say(store: ArticleStore) -> None:
    put(store, PUBMED, name="a")
    put(store, EMBASE, name="b")
    put(store, Deletion("97000001"), name="c")
    assert only(store) == EMBASE


def test_what_is_removed_may_come_again(store: ArticleStore) -> None:
    put(store, PUBMED, EMBASE, name="a")
    assert store.imported(f"a {(PUBMED, EMBASE)!r}", "test")
    assert store.remove(["doi:10.99999/same.1"]) == 1
    assert len(store) == 0
    assert not store.imported(f"a {(PUBMED, EMBASE)!r}", "test")
    assert put(store, PUBMED, EMBASE, name="a").added == 1


@pytest.mark.parametrize("first", ["notice", "article"])
def test_a_notice_that_names_a_doi_reaches_the_article(store: ArticleStore, first: str) -> None:
    of = Notice(NoticeKind.RETRACTED, issued_by=True, doi="10.99999/SAME.1")
    notice = replace(
        SCOPUS, pmid="PMC7", title="Retraction: Zelvamab", doi="10.99999/ret", notices=(of,)
    )
    for record in (notice, EMBASE) if first == "notice" else (EMBASE, notice):
        put(store, record, name=record.title)
    article = store.get(EMBASE.pmid)
    assert article is not None
    assert article.retracted
    assert article.notices[0].doi == "10.99999/ret"


def test_a_list_of_retractions_speaks_of_articles_by_pmid_or_doi(store: ArticleStore) -> None:
    put(store, PUBMED, name="a")
    before = store.snapshot
    said = Notice(NoticeKind.RETRACTED, "7", "Retraction Watch 2022-01-01: Fake data")
    put(store, Statement("doi:10.99999/same.1", said), Statement("97000001", said), name="rw.csv")
    assert only(store).notices == (said,)
    assert store.snapshot != before
    assert store.changes(1, 1, 1).revised == 1
    store.undo_import(2)
    assert not only(store).retracted
