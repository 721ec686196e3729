from hypothesis import given

from corpora.article import Article, Author, Notice, NoticeKind, Section
from tests.corpora.strategies import articles


@given(articles)
def test_json_gives_back_an_equal_article(article: Article) -> None:
    assert Article.from_json(article.to_json()) == article


@given(articles)
def test_spans_cut_each_section_out_of_the_text(article: Article) -> None:
    spans = article.section_spans()
    assert [article.text[start:end] for start, end, _ in spans] == [
        s.text for s in article.sections
    ]
    assert [label for _, _, label in spans] == [s.label for s in article.sections]
    assert article.text.startswith(article.title)


def test_text_is_title_and_sections_a_line_each() -> None:
    article = Article("1", "Title.", (Section("A", "One."), Section("B", "Two.")))
    assert article.text == "Title.\nOne.\nTwo."
    assert article.section_spans() == ((7, 11, "A"), (12, 16, "B"))


def test_the_notice_itself_is_not_retracted() -> None:
    subject = Article("1", "T", notices=(Notice(NoticeKind.RETRACTED, "2"),))
    issuer = Article("2", "T", notices=(Notice(NoticeKind.RETRACTED, "1", issued_by=True),))
    assert subject.retracted
    assert not issuer.retracted
    assert not subject.has_notice(NoticeKind.CONCERN)


def test_short_author_names() -> None:
    assert Author("Muster", "Erika A", "EA").short == "Muster EA"
    assert Author("Muster").short == "Muster"
    assert Author(collective="SAMPLE Group").short == "SAMPLE Group"


def test_the_url_is_pubmeds_else_the_dois_else_pmcs_and_stays_within_a_link() -> None:
    assert Article("7", "T", doi="10.1/x", pmcid="PMC7").url == "https://pubmed.ncbi.nlm.nih.gov/7/"
    odd = Article("doi:10.1/a(b)<c>", "T", doi="10.1/a(b)<c>", pmcid="PMC7")
    assert odd.url == "https://doi.org/10.1/a%28b%29%3Cc%3E"
    assert Article("PMC7", "T", pmcid="PMC7").url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC7/"
    assert Article("own-1", "T").url == ""
