"""The store: PubMed's rules, whole files or nothing, and what has changed since."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.article import Article, BadRecord, Deletion, Notice, NoticeKind, Record, Section
from corpora.errors import Damaged, NoCorpus, UnreadableFile
from corpora.store import ArticleStore, Changes, open_corpus
from corpora.store.journal import FetchEntry
from tests.corpora.strategies import articles
from tests.fakes.literature import article


def put(store: ArticleStore, *records: Record, name: str = "a.jsonl") -> dict[str, int]:
    counts = store.import_records(
        records, name=name, path=name, sha256=f"{name} {records!r}", reader="test"
    ).counts
    return {f: getattr(counts, f) for f in counts.__slots__ if getattr(counts, f)}


def test_a_newer_version_replaces_and_an_older_one_does_not(store: ArticleStore) -> None:
    old, new = article("1", "Old", revised="2020-01-01"), article("1", "New", revised="2021-01-01")
    assert put(store, old) == {"added": 1}
    assert put(store, new, name="b") == {"replaced": 1}
    assert put(store, old, name="c") == {"outdated": 1}
    assert put(store, replace(old, version=2), name="d") == {"replaced": 1}
    assert store.get("1") == replace(old, version=2)


def test_the_same_file_again_changes_nothing(store: ArticleStore) -> None:
    put(store, article("1", "One"), article("2", "Two"))
    before = store.snapshot, store.last_id
    assert put(store, article("1", "One"), article("2", "Two")) == {"unchanged": 2}
    assert (store.snapshot, store.last_id) == before


def test_a_deletion_removes_and_older_files_do_not_bring_it_back(store: ArticleStore) -> None:
    put(store, article("1", "One"), name="pubmed26n0001.xml")
    assert put(store, Deletion("1"), Deletion("9"), name="pubmed26n0003.xml") == {"deleted": 1}
    assert store.get("1") is None
    assert put(store, article("1", "One!"), name="pubmed26n0002.xml") == {"outdated": 1}
    assert put(store, article("1", "One again"), name="pubmed26n0004.xml") == {"added": 1}


@given(st.lists(articles, max_size=8), st.randoms())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_snapshot_is_of_the_articles_and_not_of_their_order(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Article], random: object
) -> None:
    """Versions of one PMID differ here, so that which of them stays does not hang on the order."""
    drawn = [replace(a, version=1, revised=f"2020-{n + 1:02d}-01", sections=()) for n, a in enumerate(drawn)]  # fmt: skip
    shuffled = list(drawn)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("stores")
    with ArticleStore(folder / "a") as one, ArticleStore(folder / "b") as two:
        put(one, *drawn)
        for position, each in enumerate(shuffled):
            put(two, each, name=str(position))
        assert one.snapshot == two.snapshot
        assert {a.pmid: a for _, a in one.articles()} == {a.pmid: a for _, a in two.articles()}


def test_a_file_that_breaks_leaves_nothing_behind(store: ArticleStore) -> None:
    def breaking() -> Iterator[Record]:
        yield article("1", "One")
        raise UnreadableFile("broken", "")

    before = store.snapshot
    with pytest.raises(UnreadableFile):
        store.import_records(breaking(), name="x", path="x", sha256="x", reader="t")
    assert (len(store), store.snapshot, store.journal()) == (0, before, [])


def test_the_journal_knows_files_unread_records_and_fetches(store: ArticleStore) -> None:
    put(store, article("1", "One"), BadRecord(2, "2", "no title"))
    store.record_failure(name="b", path="b", sha256="", reader="", error="not XML")
    entry = FetchEntry("pubmed", "sepsis", "2026-01-01", "2026-01-02", 1)
    store.record_fetch(entry)
    first, second = store.journal()
    assert (first.counts.added, first.counts.unread, first.error) == (1, 1, "")
    assert second.error == "not XML"
    assert store.unread() == [("a.jsonl", BadRecord(2, "2", "no title"))]
    assert store.fetches() == [entry]


def test_changes_since_an_earlier_import(store: ArticleStore) -> None:
    put(store, *(article(str(n), f"T{n}") for n in range(1, 6)))
    then = store.last_import, store.last_id, len(store)
    assert store.changes(*then) == Changes(0, 0, 0)
    assert not store.changes(*then).any
    put(store, article("1", "New", revised="2022"), Deletion("2"), Deletion("3"), article("9", "9"), name="b")  # fmt: skip
    put(store, article("4", "T4"), name="c")
    assert store.changes(*then) == Changes(added=1, revised=1, deleted=2)


def _full(pmid: str = "1") -> Article:
    sections = (Section("", "Abstract in PMC."), Section("Methods", "We did.", "METHODS", True))
    return replace(article(pmid, "In PMC", version=0, pmcid="PMC1"), sections=sections)


@pytest.mark.parametrize("order", ["record first", "full text first"])
def test_record_and_full_text_are_one_article(store: ArticleStore, order: str) -> None:
    record = article("1", "In PubMed", "Abstract.", mesh=("Sepsis",), revised="2021-01-01")
    both = [record, _full()] if order == "record first" else [_full(), record]
    for position, each in enumerate(both):
        put(store, each, name=str(position))
    (known,) = [a for _, a in store.articles()]
    assert known == replace(record.with_body(_full()), pmcid="PMC1")
    assert put(store, record, name="again") == {"unchanged": 1}
    assert put(store, _full(), name="full again") == {"unchanged": 1}
    revised = replace(record, title="Revised", revised="2022-01-01")
    assert put(store, revised, name="revision") == {"replaced": 1}
    assert store.get("1") == replace(revised.with_body(_full()), pmcid="PMC1")


def test_a_full_text_gives_an_abstract_where_pubmed_has_none(store: ArticleStore) -> None:
    put(store, _full())
    put(store, article("1", "In PubMed"), name="b")
    known = store.get("1")
    assert known is not None
    assert known.sections == _full().sections


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("speaks", ["notice", "article"])
def test_a_notice_shows_on_both_records_whichever_names_it(
    store: ArticleStore, order: tuple[int, int], speaks: str
) -> None:
    about = Notice(NoticeKind.RETRACTED, "2", "J 2022")
    of = Notice(NoticeKind.RETRACTED, "1", "J 2020", issued_by=True)
    pair = [
        article("1", "Trial", notices=(about,) if speaks == "article" else ()),
        article("2", "Retraction of: Trial", notices=(of,) if speaks == "notice" else ()),
    ]
    for position in order:
        put(store, pair[position], name=str(position))
    trial, retraction = store.get("1"), store.get("2")
    assert trial is not None
    assert retraction is not None
    assert trial.retracted
    assert not retraction.retracted
    assert [(n.kind, n.pmid, n.issued_by) for n in trial.notices] == [(NoticeKind.RETRACTED, "2", False)]  # fmt: skip
    assert [(n.kind, n.pmid, n.issued_by) for n in retraction.notices] == [(NoticeKind.RETRACTED, "1", True)]  # fmt: skip
    assert dict(store.articles()) == store.by_id([1, 2])
    assert {a.retracted for a in store.by_id([1, 2]).values()} == {True, False}


def test_a_notice_that_is_withdrawn_or_deleted_shows_no_longer(store: ArticleStore) -> None:
    issued = Notice(NoticeKind.CONCERN, "1", issued_by=True)
    put(store, article("1", "Trial"), article("2", "Concern", notices=(issued,)))
    put(store, article("2", "Concern", revised="2022"), name="withdrawn")
    assert store.get("1").notices == ()  # type: ignore[union-attr]
    put(store, article("2", "Concern", revised="2023", notices=(issued,)), name="again")
    assert store.get("1").has_notice(NoticeKind.CONCERN)  # type: ignore[union-attr]
    put(store, Deletion("2"), name="deleted")
    assert store.get("1").notices == ()  # type: ignore[union-attr]


def test_a_bare_retraction_gives_way_to_one_that_says_where(store: ArticleStore) -> None:
    bare = article("1", "Trial", notices=(Notice(NoticeKind.RETRACTED),))
    issued = Notice(NoticeKind.RETRACTED, "1", issued_by=True)
    retraction = article("2", "R", notices=(issued,), journal_abbreviation="J Inv")
    put(store, bare, retraction)
    assert store.get("1").notices == (Notice(NoticeKind.RETRACTED, "2", "J Inv 2021"),)  # type: ignore[union-attr]


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "corpus.sqlite"
    issued = Notice(NoticeKind.RETRACTED, "1", issued_by=True)
    with ArticleStore(path) as store:
        put(store, article("1", "Trial"), article("2", "R", notices=(issued,)))
        snapshot = store.snapshot
    db = sqlite3.connect(path)
    db.executescript(
        "DROP TABLE notice; DROP TABLE fetch; DROP INDEX article_changed; DROP TABLE part;"
        "DROP TABLE name; DROP TABLE apart; DROP INDEX article_import;"
        "ALTER TABLE article DROP COLUMN changed; ALTER TABLE article DROP COLUMN body;"
        "ALTER TABLE article DROP COLUMN parts; ALTER TABLE import DROP COLUMN joined;"
        "ALTER TABLE import DROP COLUMN statements; ALTER TABLE import DROP COLUMN undone;"
        "ALTER TABLE unread DROP COLUMN line;"
        "UPDATE meta SET value = '1' WHERE name = 'schema';"
        "DELETE FROM meta WHERE name = 'identity'"
    )
    db.close()
    with open_corpus(path) as store:
        assert store.snapshot == snapshot
        assert store.get("1").retracted  # type: ignore[union-attr]
        assert store.changes(1, 2, 2) == Changes(0, 0, 0)


@pytest.mark.parametrize("damage", ["not sqlite", "cut", "other"])
def test_a_damaged_store_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "corpus.sqlite"
    with ArticleStore(path) as store:
        put(store, *(article(str(n), "T" * 900) for n in range(200)))
    if damage == "not sqlite":
        path.write_bytes(b"x" * 5000)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: 4096 * 3])
    else:
        path.unlink()
        sqlite3.connect(path).execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(Damaged, match=r"corpus\.sqlite"), open_corpus(path) as store:
        list(store.articles())


def test_no_corpus_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoCorpus):
        open_corpus(tmp_path / "corpus.sqlite")
