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
