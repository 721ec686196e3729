"""What the PubMed reader makes of each thing that NLM's element descriptions allow."""

from io import BytesIO
from pathlib import Path

import pytest

from corpora.article import Article, Author, BadRecord, Deletion, Notice, NoticeKind, Section
from corpora.errors import UnreadableFile
from corpora.normalization import normal_article
from corpora.readers.pubmed_xml import read_pubmed_xml
from tests.fakes.pubmed import deletion, notice, pubmed_xml, record, stream


def read_one(xml: str) -> Article:
    (article,) = read_pubmed_xml(stream(xml))
    assert isinstance(article, Article)
    return article


@pytest.fixture(scope="module")
def invented(sample: Path) -> dict[str, Article]:
    """The sample's records by PMID, the last version of each."""
    with (sample / "invented-1.xml").open("rb") as file:
        return {r.pmid: r for r in read_pubmed_xml(file) if isinstance(r, Article)}


def test_a_whole_record(invented: dict[str, Article]) -> None:
    article = invented["99000001"]
    assert article.title.startswith("Navorelimab in severe viral pneumonia")
    assert [s.label for s in article.sections] == [
        "BACKGROUND",
        "METHODS",
        "RESULTS",
        "INTERPRETATION",
    ]
    assert [s.category for s in article.sections] == [
        "BACKGROUND",
        "METHODS",
        "RESULTS",
        "CONCLUSIONS",
    ]
    assert article.journal == "Archives of Invented Trials (Sample)"
    assert article.journal_abbreviation == "Arch Invent Trials"
    assert (article.volume, article.issue, article.pages) == ("12", "3", "201-12")
    assert (article.year, article.published) == (2024, "2024-05-03")
    assert article.authors == (
        Author("Muster", "Erika A", "EA"),
        Author("Doe", "Jane", "J"),
        Author(collective="SAMPLE-1 Investigators"),
    )
    assert article.publication_types == ("Journal Article", "Randomized Controlled Trial")
    assert article.mesh == ("Humans", "Pneumonia, Viral", "Antibodies, Monoclonal")
    assert article.keywords == ("navorelimab", "mortality")
    assert (article.doi, article.pmcid) == ("10.99999/sample.0001", "PMC99000001")
    assert article.languages == ("eng",)
    assert (article.version, article.revised) == (1, "2025-01-15")


def test_an_unstructured_abstract_is_one_section_without_label(
    invented: dict[str, Article],
) -> None:
    (section,) = invented["99000003"].sections
    assert (section.label, section.category) == ("", "")


def test_no_abstract(invented: dict[str, Article]) -> None:
    assert invented["99000016"].sections == ()


def test_unassigned_category_is_none(invented: dict[str, Article]) -> None:
    assert [s.category for s in invented["99000006"].sections] == ["OBJECTIVE", "", "CONCLUSIONS"]


def test_inline_markup_stays_as_text(invented: dict[str, Article]) -> None:
    text = invented["99000006"].text
    assert "3 × 10² pg/mL" in text
    assert "fell by less than 1 mL/min/1.73 m²." in text
    assert "10⁵ CO₂-producing" in text
    assert "in n=12 patients." in text


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("a <i>b</i> c", "a b c"),
        ("10<sup>-3</sup>", "10⁻³"),
        ("Na<sup>+</sup>", "Na⁺"),
        ("x<sup>th</sup>", "xth"),
        ("<b>bold <i>and <sub>2</sub></i></b> tail", "bold and ₂ tail"),
        ("two\n   lines", "two lines"),
        ("a<!-- not text -->b", "ab"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
    ],
)
def test_title_markup(xml: str, text: str) -> None:
    assert read_one(record("1", xml)).title == text


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("<Year>2021</Year>", "2021"),
        ("<Year>2021</Year><Month>3</Month>", "2021-03"),
        ("<Year>2021</Year><Month>Mar</Month><Day>5</Day>", "2021-03-05"),
        ("<Year>2021</Year><Season>Winter</Season>", "2021"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998"),
        ("<MedlineDate>Winter 1976-77</MedlineDate>", "1976"),
        ("<Year>2021</Year><Month>13</Month>", "2021"),
        ("<Year>2021</Year><Month>Feb</Month><Day>99</Day>", "2021-02"),
    ],
)
def test_dates(date: str, published: str) -> None:
    article = read_one(record("1", date=date))
    assert (article.published, article.year) == (published, int(published[:4]))


def test_a_record_without_issue_date_takes_the_electronic_one() -> None:
    electronic = (
        '<ArticleDate DateType="Electronic"><Year>2020</Year><Month>11</Month></ArticleDate>'
    )
    assert read_one(record("1", date="", article=electronic)).published == "2020-11"


def test_a_record_without_any_date_has_year_0() -> None:
    article = read_one(record("1", date=""))
    assert (article.published, article.year) == ("", 0)


def test_vernacular_title_stands_in_for_a_missing_one(invented: dict[str, Article]) -> None:
    assert invented["99000012"].vernacular_title.startswith("Ostrafenid bei Gonarthrose")
    assert invented["99000012"].title.startswith("[Ostrafenide")
    assert invented["99000012"].languages == ("ger",)
    vernacular = "<VernacularTitle>Titel</VernacularTitle>"
    assert read_one(record("1", "", article=vernacular)).title == "Titel"


def test_doi_from_the_publisher_where_pubmed_lists_none(invented: dict[str, Article]) -> None:
    assert invented["99000003"].doi == "10.99999/sample.0003"
    invalid = '<ELocationID EIdType="doi" ValidYN="N">10.1/x</ELocationID>'
    assert read_one(record("1", article=invalid)).doi == ""


def test_identifiers_of_cited_papers_are_not_the_articles_own() -> None:
    references = (
        '<ArticleIdList><ArticleId IdType="doi">10.1/own</ArticleId></ArticleIdList>'
        "<ReferenceList><Reference><ArticleIdList><ArticleId IdType='pmc'>PMC2</ArticleId>"
        "</ArticleIdList></Reference></ReferenceList>"
    )
    article = read_one(record("1", data=references))
    assert (article.doi, article.pmcid) == ("10.1/own", "")


def test_notices_in_both_directions(invented: dict[str, Article]) -> None:
    both = {
        ("99000004", "99000005", NoticeKind.RETRACTED),
        ("99000008", "99000009", NoticeKind.CORRECTED),
        ("99000010", "99000011", NoticeKind.CONCERN),
    }
    for subject, issuer, kind in both:
        (about,) = invented[subject].notices
        (by,) = invented[issuer].notices
        assert (about.kind, about.pmid, about.issued_by) == (kind, issuer, False)
        assert (by.kind, by.pmid, by.issued_by) == (kind, subject, True)


def test_a_retracted_publication_type_is_enough() -> None:
    types = "<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList>"
    read = normal_article(read_one(record("1", article=types)))
    assert read.notices == (Notice(NoticeKind.RETRACTED),)


def test_comments_are_not_notices() -> None:
    assert read_one(record("1", citation=notice("CommentIn", "2"))).notices == ()


def test_deletions_come_in_file_order() -> None:
    read = list(read_pubmed_xml(stream(record("1"), deletion("2", "3"))))
    assert read[1:] == [Deletion("2"), Deletion("3")]


def test_a_record_without_pmid_is_named_by_position() -> None:
    read = list(read_pubmed_xml(stream(record("1"), record(""), record("3"))))
    assert read[1] == BadRecord(2, "", "no PMID", 9)
    assert [r.pmid for r in read] == ["1", "", "3"]


def test_a_record_without_article_is_named() -> None:
    xml = "<PubmedArticle><MedlineCitation><PMID>7</PMID></MedlineCitation><PubmedData/></PubmedArticle>"
    (read,) = read_pubmed_xml(stream(xml))
    assert read == BadRecord(1, "7", "no Article element")


def test_empty_abstract_texts_are_no_sections() -> None:
    abstract = (
        "<AbstractText/><AbstractText Label='A'> </AbstractText><AbstractText>x</AbstractText>"
    )
    assert read_one(record("1", abstract=abstract)).sections == (Section("", "x"),)


def test_records_before_the_break_are_given_then_the_break_is_said() -> None:
    whole = pubmed_xml(record("1"), record("2"))
    reader = read_pubmed_xml(BytesIO(whole[: whole.index(b"<PMID Version", 300)]))
    first = next(reader)
    assert isinstance(first, Article)
    with pytest.raises(UnreadableFile, match="malformed after record 1"):
        next(reader)


def test_external_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    doctype = f'<!DOCTYPE x [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    xml = pubmed_xml(record("1", "A &leak; title")).replace(b"?>", b"?>" + doctype.encode(), 1)
    read = list(read_pubmed_xml(BytesIO(xml)))
    assert "SECRET" not in repr(read)
