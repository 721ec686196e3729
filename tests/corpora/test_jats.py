"""PMC full text: metadata, abstract and body, in order, with offsets that give back the text."""

from io import BytesIO

from corpora.article import Article, Author, Notice, NoticeKind, Section
from corpora.evidence_level import EvidenceLevel
from corpora.jats import read_jats
from corpora.normal import normal_article
from tests.fakes.jats import full_text


def _read(xml: str) -> Article:
    (read,) = read_jats(BytesIO(xml.encode()))
    assert isinstance(read, Article)
    return read


def test_a_whole_article() -> None:
    article = _read(full_text())
    assert (article.pmid, article.pmcid, article.doi) == ("77", "PMC700", "10.99999/jats.1")
    assert article.title == "Navorelimab at 10⁵ units"
    assert (article.journal, article.volume, article.issue) == ("Archives of Invention", "5", "2")
    assert (article.pages, article.published, article.year) == ("11-19", "2021-03-05", 2021)
    assert article.authors == (Author("Muster", "Erika A", "EA"), Author(collective="The Group"))
    assert article.keywords == ("sepsis",)
    assert article.publication_types == ("Journal Article",)
    assert article.notices == (Notice(NoticeKind.CORRECTED, "99", "", issued_by=True),)
    assert article.version == 0
    assert article.sections == (
        Section("Background", "Sepsis kills.", "BACKGROUND"),
        Section("Results", "Fewer died.", "RESULTS"),
        Section("", "Opening words.", "", True),
        Section("Methods", "We planned.", "METHODS", True),
        Section(
            "Methods: Participants", "We randomised adults [1]. One item. Two.", "METHODS", True
        ),
        Section("Discussion", "It helps.", "CONCLUSIONS", True),
    )


def test_spans_cut_each_section_out_of_the_text() -> None:
    article = _read(full_text())
    cut = [article.text[start:end] for start, end, _ in article.section_spans()]
    assert cut == [section.text for section in article.sections]


def test_the_body_does_not_decide_the_design() -> None:
    assert _read(full_text()).evidence_level is EvidenceLevel.UNSTATED


def test_without_pmid_the_pmcid_identifies_without_either_the_doi() -> None:
    no_pmid = full_text().replace('<article-id pub-id-type="pmid">77</article-id>', "")
    assert _read(no_pmid).pmid == "PMC700"
    neither = no_pmid.replace('<article-id pub-id-type="pmc">700</article-id>', "")
    assert normal_article(_read(neither)).pmid == "doi:10.99999/jats.1"


def test_a_set_of_articles_is_read_one_by_one() -> None:
    two = f"<pmc-articleset>{full_text()}{full_text('78')}</pmc-articleset>"
    assert [r.pmid for r in read_jats(BytesIO(two.encode()))] == ["77", "78"]
