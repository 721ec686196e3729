"""HTML made of records: escaping, marks, links."""

from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer import Check, Claim, Label, Verdict
from corpora.article import Notice, NoticeKind, Section
from corpora.errors import NoIndex
from tests.fakes.literature import article
from ui.render import answer_markup, markup
from ui.render.answer_view import sentence_view
from ui.render.units import size

_HARMLESS = {"article", "section", "p", "h3", "h4", "mark", "span", "strong", "a", "div", "dl", "dt", "dd"}  # fmt: skip


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    return parser


texts = st.text(max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</p><b>", "&lt;", "<mark>"]
)


@given(texts, texts, texts, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=4))
def test_no_text_of_an_article_becomes_markup(title, label, text, spans) -> None:
    whole = article("1", title, doi=text, journal=label, mesh=(text,), keywords=(label,))
    made = markup.title_html(whole, spans, 1) + markup.hit_html(whole) + markup.details_html(whole)
    assert parse(made).tags <= _HARMLESS
    from dataclasses import replace

    made = markup.article_html(replace(whole, sections=(Section(label, text),)), spans)
    assert parse(made).tags <= _HARMLESS


def test_marks_across_title_and_sections() -> None:
    from dataclasses import replace

    whole = replace(article("1", "Title"), sections=(Section("A", "first"), Section("B", "second")))
    start = whole.text.index("irst")
    spans = [(start, whole.text.index("cond")), (start + 1, start + 2)]
    made = markup.article_html(whole, spans)
    assert "<p>f<mark>irst</mark></p>" in made
    assert "<p><mark>se</mark>cond</p>" in made
    assert "<mark>" not in markup.title_html(whole, spans)


@pytest.mark.parametrize(
    "doi", ["javascript:alert(1)", "10.1/x y", "", "https://evil.example/10.1/x"]
)
def test_only_what_looks_like_a_doi_is_linked(doi: str) -> None:
    assert "DOI" not in markup.links_html(article("x", "T", doi=doi))


def test_a_doi_is_quoted() -> None:
    made = markup.links_html(article("x", "T", doi='10.1002/(SICI)1"onclick=<a>'))
    assert parse(made).tags == {"p", "a"}
    assert '"onclick' not in unescape(made)


def test_notices_name_what_was_said_where() -> None:
    own = (Notice(NoticeKind.CONCERN, "", "BMJ 2021 <1>"), Notice(NoticeKind.RETRACTED, "9", ""))
    issued = (Notice(NoticeKind.CORRECTED, "7", issued_by=True),)
    made = markup.notices_html(article("1", "T", notices=own + issued))
    assert "Expression of concern." in made
    assert "BMJ 2021 &lt;1&gt;" in made
    assert "pubmed.ncbi.nlm.nih.gov/9/" in made
    assert "Corrected" not in made


def test_errors_show_commands_as_code() -> None:
    made = markup.error_html(NoIndex("None <here>.", "Build it: medcite index build."))
    assert "None &lt;here&gt;." in made
    assert "<code>medcite index build</code>." in made


def test_tables_set_numbers_right() -> None:
    made = markup.table_html(("Name", "Count"), [("<b>", "1,200"), ("b", "3")], "Caption")
    assert "<td>&lt;b&gt;</td><td class=right>1,200</td>" in made


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0.0 kB"), (11_011_713, "11.0 MB"), (10**13, "10.0 TB")]
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


@pytest.mark.parametrize("label", list(Label))
def test_a_verdict_has_a_sign_a_word_and_a_reason_where_flagged(label: Label) -> None:
    verdict = Verdict(Claim("A <b>.", ()), label, checks=(Check("negation", "only it <denies>"),))
    made = answer_markup.sentence_html(sentence_view(verdict, ()), ()) + answer_markup.verdict_html(
        label
    )
    assert f'aria-label="{label.word}">{label.sign}</span>' in made
    assert f">{label.word}</span>" in made
    assert "A &lt;b&gt;." in made
    assert ("negation: only it &lt;denies&gt;" in made) is (not label.carries)
