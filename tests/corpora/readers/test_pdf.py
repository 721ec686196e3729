"""PDF: title, sections, pages; what is cut off and what is said to be unread."""

from dataclasses import replace
from io import BytesIO

import pytest

from corpora.article import Article, BadRecord, Remark, Section
from corpora.errors import UnreadableFile
from corpora.readers.registry import PDF, format_of
from corpora.store import ArticleStore
from tests.corpora.test_identity import PUBMED, only, put
from tests.fakes.pdf import simple_pdf

FIRST = (
    "Jane Doe. Published: 3 March 2020. doi:10.99999/same.1\nAbstract\nWe gave zelvamab to 120 adults with sep-\nsis and"
    " compared mortality.\nIntroduction\nSepsis kills many adults in every country."
)
SECOND = (
    "Methods\nWe randomised adults in nine hospitals.\nReferences\n1. Smith J. Another trial. 1999."
)
PAPER = simple_pdf("Zelvamab in sepsis: a randomised trial", FIRST, SECOND)


def _read(data: bytes) -> list[object]:
    assert format_of(data[:65536], "x.pdf") is PDF
    return list(PDF.read(BytesIO(data), "x.pdf"))


def test_sections_pages_and_what_is_left_out() -> None:
    article, remark = _read(PAPER)
    assert isinstance(article, Article)
    assert article.title == "Zelvamab in sepsis: a randomised trial"
    assert (article.doi, article.year, article.sources) == ("10.99999/same.1", 2020, ("PDF",))
    assert article.sections == (
        Section("", "We gave zelvamab to 120 adults with sepsis and compared mortality."),
        Section("Introduction", "Sepsis kills many adults in every country.", "BACKGROUND", True),
        Section("Methods", "We randomised adults in nine hospitals.", "METHODS", True),
    )
    assert article.page_at(article.text.index("Sepsis kills")) == "1"
    assert article.page_at(article.text.index("nine hospitals")) == "2"
    assert isinstance(remark, Remark)
    assert "references from page 2" in remark.text


def test_it_is_the_body_of_its_pubmed_record(store: ArticleStore) -> None:
    article = next(a for a in _read(PAPER) if isinstance(a, Article))
    put(store, article, name="x.pdf")
    put(store, PUBMED, name="pubmed")
    joined = only(store)
    assert joined.pmid == PUBMED.pmid
    assert joined.sections == (*PUBMED.sections, *article.body)
    assert joined.page_at(joined.text.index("nine hospitals")) == "2"
    assert joined.page_at(joined.text.index("Mortality fell")) == ""


def test_a_title_joins_where_no_doi_was_found(store: ArticleStore) -> None:
    article = next(a for a in _read(PAPER) if isinstance(a, Article))
    put(store, PUBMED, name="pubmed")
    put(store, replace(article, pmid="title:1", doi=""), name="x.pdf")
    assert only(store).body


def test_pages_without_text_are_said_to_be_unread() -> None:
    (bad,) = _read(simple_pdf("", "", ""))
    assert isinstance(bad, BadRecord)
    assert "scanned" in bad.reason
    *_, remark = _read(simple_pdf("A title of some length", "Introduction\nWords on a page.", ""))
    assert "page 2" in remark.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [b"%PDF-1.4\nnothing", PAPER[:200]])
def test_a_damaged_file_is_said_to_be(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        list(PDF.read(BytesIO(data), "x.pdf"))
