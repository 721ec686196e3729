"""Files into the store: any mix of formats, told by content; bombs and tricks end in one error."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.errors import BadInput, UnreadableFile
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from tests.corpora.readers.test_medline import RECORD
from tests.fakes.jats import full_text
from tests.fakes.pubmed import pubmed_xml, record

_BOOK = """<PubmedBookArticle><BookDocument><PMID Version="1">20301295</PMID>
<ArticleIdList><ArticleId IdType="doi">10.1/b</ArticleId></ArticleIdList>
<Book><BookTitle>GeneInventions</BookTitle><PubDate><Year>1993</Year></PubDate></Book>
<ArticleTitle>A syndrome</ArticleTitle><Language>eng</Language>
<AuthorList Type="authors"><Author><LastName>Muster</LastName><Initials>E</Initials></Author></AuthorList>
<PublicationType>Review</PublicationType><Abstract><AbstractText Label="CLINICAL">Seen.</AbstractText></Abstract>
<ContributionDate><Year>2001</Year><Month>2</Month><Day>3</Day></ContributionDate>
<DateRevised><Year>2024</Year><Month>1</Month><Day>2</Day></DateRevised>
</BookDocument><PubmedBookData/></PubmedBookArticle>"""


def _tar(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()


def test_a_folder_of_any_mix_is_told_apart_by_content(tmp_path: Path, store: ArticleStore) -> None:
    folder = tmp_path / "mix"
    folder.mkdir()
    contents = {
        "a.dat": pubmed_xml(record("1"), _BOOK),
        "b.dat": gzip.compress(pubmed_xml(record("2"))),
        "c.dat": RECORD.encode(),
        "d.dat": full_text().encode(),
        "e.dat": b"TY  - JOUR\nTI  - T\nDO  - 10.1000/r\nER  - \n",
        "f.dat": b'{"pmid": "3", "title": "T"}\n',
        "g.dat": b"\xef\xbb\xbfPMID;Title\n4;T\n",
        "h.dat": _tar({"PMC1/PMC1.xml": full_text("5").encode(), "list.txt": b"x"}),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    report = import_files(store, find_files([folder]))
    assert report.failed == ()
    known = {article.pmid for _, article in store.articles()}
    assert known == {"1", "20301295", "2", "99000001", "77", "doi:10.1000/r", "3", "4", "5"}
    assert {entry.reader.rsplit(" ", 1)[0] for entry in store.journal()} == {
        "PubMed XML", "MEDLINE", "PMC JATS", "RIS", "JSONL", "CSV", "PMC archive",
    }  # fmt: skip
    assert all(each.skipped for each in import_files(store, find_files([str(folder / "*.dat")])).files)  # fmt: skip


def test_a_book_chapter_is_an_article(tmp_path: Path, store: ArticleStore) -> None:
    path = tmp_path / "book.xml"
    path.write_bytes(pubmed_xml(_BOOK))
    import_files(store, [path])
    chapter = store.get("20301295")
    assert chapter is not None
    assert (chapter.title, chapter.journal, chapter.published) == ("A syndrome", "GeneInventions", "2001-02-03")  # fmt: skip
    assert (chapter.doi, chapter.revised, chapter.publication_types) == ("10.1/b", "2024-01-02", ("Review",))  # fmt: skip
    assert chapter.sections[0].label == "CLINICAL"


def test_numbered_files_come_in_nlms_order_after_all_others(tmp_path: Path) -> None:
    names = ["pubmed26n1300.xml.gz", "z.jsonl", "pubmed26n0002.xml.gz", ".hidden"]
    for name in names:
        (tmp_path / name).touch()
    assert [p.name for p in find_files([tmp_path])] == ["z.jsonl", names[2], names[0]]
    with pytest.raises(BadInput, match="matches no file"):
        find_files([tmp_path / "*.nothing"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty", b"", "is empty"),
        ("page.xml", b"<!DOCTYPE html><html><article>404</article></html>", "neither PubMed XML"),
        ("binary", bytes(range(1, 200)), "unknown format"),
        ("cut.gz", gzip.compress(pubmed_xml(record("1")) * 50)[:-30], "truncated"),
        ("cut.tar.gz", _tar({"a.xml": full_text().encode() * 30})[:-60], "truncated"),
        ("other.tar.gz", _tar({"a.txt": b"x"}), "no XML"),
        ("none.xml", b"<PubmedArticleSet></PubmedArticleSet>", "no record"),
        ("cut.xml", pubmed_xml(record("1"), record("2"))[:-40], "malformed after record"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_and_the_rest_is_imported(
    tmp_path: Path, store: ArticleStore, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.jsonl").write_text(json.dumps({"pmid": "9", "title": "Good"}))
    report = import_files(store, [tmp_path / name, tmp_path / "good.jsonl"])
    (failed,) = report.failed
    assert isinstance(failed.error, UnreadableFile)
    assert said in str(failed.error)
    assert [a.pmid for _, a in store.articles()] == ["9"]
    # It is not skipped next time, as a file that was read would be.
    assert import_files(store, [tmp_path / name]).failed


def test_a_gzip_bomb_is_refused_early(tmp_path: Path, store: ArticleStore) -> None:
    bomb = tmp_path / "bomb.jsonl.gz"
    with gzip.open(bomb, "wb", compresslevel=9) as file:
        file.write(b'{"pmid": "1", "title": "T"}\n')
        for _ in range(400):
            file.write(b" " * 200_000 + b"\n")
    assert bomb.stat().st_size < 200_000
    (failed,) = import_files(store, [bomb]).failed
    assert "times its size" in str(failed.error)


def test_one_endless_line_is_refused(tmp_path: Path, store: ArticleStore) -> None:
    path = tmp_path / "line.jsonl"
    path.write_bytes(b'{"pmid": "1", "title": "' + b"x" * 17_000_000 + b'"}')
    (failed,) = import_files(store, [path]).failed
    assert "longer than" in str(failed.error)


@pytest.mark.parametrize("place", ["title", "attribute"])
def test_expanding_entities_expand_to_nothing(tmp_path: Path, store: ArticleStore, place: str) -> None:  # fmt: skip
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    xml = pubmed_xml(record("1", "A &a9; B" if place == "title" else "T")).decode()
    if place == "attribute":
        xml = xml.replace("<AbstractText>", '<AbstractText Label="&a9;">')
    path = tmp_path / "bomb.xml"
    path.write_text(xml.replace("?>", f"?><!DOCTYPE PubmedArticleSet [{entities}]>", 1))
    report = import_files(store, [path])
    known = store.get("1")
    assert bool(report.failed) is (known is None)
    assert known is None or known.title == ("A B" if place == "title" else "T")
    assert known is None or not any("lol" in s.label + s.text for s in known.sections)


def test_paths_and_links_in_an_archive_lead_nowhere(tmp_path: Path, store: ArticleStore) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(full_text("666"))
    path = tmp_path / "in" / "tricks.tar.gz"
    path.parent.mkdir()
    path.write_bytes(
        _tar(
            {"../../evil.xml": full_text("1").encode(), "/tmp/evil.xml": full_text("2").encode()},
            {"link.xml": str(secret)},
        )
    )
    before = sorted(tmp_path.rglob("*"))
    import_files(store, [path])
    assert {a.pmid for _, a in store.articles()} == {"1", "2"}
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.xml").exists()


def test_a_bad_member_of_an_archive_is_one_bad_record(tmp_path: Path, store: ArticleStore) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(_tar({"a.xml": b"<article><front>", "b.xml": full_text("5").encode()}))
    (report,) = import_files(store, [path]).files
    assert (report.counts.added, report.counts.unread) == (1, 1)
    assert "a.xml" in report.unread[0].reason


_NAMES = ["PubmedArticleSet", "PubmedArticle", "PubmedBookArticle", "BookDocument", "MedlineCitation",
          "PMID", "Article", "ArticleTitle", "Abstract", "AbstractText", "DeleteCitation", "PubDate",
          "Year", "Journal", "JournalIssue", "sup", "CommentsCorrectionsList", "AuthorList", "Author",
          "article", "front", "article-meta", "article-id", "body", "sec", "p", "title"]  # fmt: skip
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def _escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


_ELEMENT = st.recursive(
    _TEXT.map(_escaped),
    lambda inner: st.builds(
        lambda name, value, parts: f'<{name} Version="{_escaped(value)}" pub-id-type="pmid">{"".join(parts)}</{name}>',
        st.sampled_from(_NAMES), _TEXT, st.lists(inner, max_size=5),
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.sampled_from(["PubmedArticleSet", "article"]), st.lists(_ELEMENT, max_size=5), st.integers(0, 400))  # fmt: skip
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_xml_of_any_shape_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, root: str, parts: list[str], cut: int
) -> None:
    """Whatever elements stand wherever, and wherever the file breaks off: records or one error."""
    xml = f"<{root}>{''.join(parts)}</{root}>".encode()
    folder = tmp_path_factory.mktemp("xml")
    path = folder / "made.xml"
    path.write_bytes(xml[: len(xml) - cut] if cut > 200 else xml)
    with ArticleStore(folder / "corpus.sqlite") as store:
        (report,) = import_files(store, [path]).files
        assert report.error is None or isinstance(report.error, UnreadableFile)
        if report.error is None:
            assert report.counts.records + report.counts.deleted >= 0
            assert len(store) == report.counts.added
