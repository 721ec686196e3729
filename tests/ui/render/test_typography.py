"""Words of articles set as they were printed, whatever they say and however it overlaps."""

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.answer import Quote
from agent.assistant import Step
from corpora.article import Article, Section
from corpora.readers.pubmed_xml import read_pubmed_xml
from corpora.typography import TypeStyle, Typography
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article
from tests.fakes.pubmed import record, stream
from ui.render import markup
from ui.render.answer_markup import steps_html
from ui.render.bibliography import bibliography
from ui.render.inline import Span, html_of, inline_html, inline_plain, markdown_of, runs
from ui.render.typography import (
    quoted_html,
    said_html,
    said_markdown,
    slice_html,
    title_line,
    title_markdown,
)

TITLE = "Effects of <i>Helicobacter pylori</i> on CO<sub>2</sub> and V<sub>max</sub>"
ITALIC, SUB, _ = TypeStyle


def read(title: str, abstract: str = "") -> Article:
    (one,) = read_pubmed_xml(stream(record("1", title, abstract=abstract)))
    assert isinstance(one, Article)
    return one


class _Letters(HTMLParser):
    """Each letter with the elements around it; fails where they are not nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.letters: list[tuple[str, tuple[str, ...]]] = []
        self.opened: list[str] = []
        self.feed(html)
        self.close()
        assert not self.opened

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        assert tag in {"i", "em", "b", "strong", "sub", "sup", "mark"}
        assert tag not in self.opened
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.letters += [(letter, tuple(self.opened)) for letter in data]


texts = st.text(st.characters(exclude_characters="<>\r\0", exclude_categories=["Cs"]), max_size=25)
hostile = st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=y>', "<i onclick=a>", "**a** _b_", "`$x^2$`",
     "[a](javascript:b)", "<mark>", "</i>", "&lt;i&gt;", "p<0.05", "<i>H. pylori</i>", "*",
     "CO<sub>2</sub>", "<b>Bold</b>", "</p>", "a\\"]
)  # fmt: skip
words = st.lists(texts | hostile, max_size=4).map("".join)
offsets = st.integers(0, 60)
spans = st.lists(st.tuples(offsets, offsets), max_size=4)
set_so = st.lists(st.builds(Typography, offsets, offsets, st.sampled_from(TypeStyle)), max_size=5)


@given(words, set_so, spans, offsets, offsets)
def test_html_is_nested_and_says_the_text(
    text: str, typography: list[Typography], marks: list[Span], start: int, end: int
) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    made = list(runs(text, typography, start, end, marks))
    letters = _Letters(html_of(made)).letters
    assert "".join(letter for letter, _ in letters) == "".join(words for words, _ in made)
    whole = "".join(words for words, _ in runs(text))
    assert whole == inline_plain(text)
    if whole == text:
        assert [letter for letter, _ in letters] == list(text[start:end])
        for at, (_, tags) in enumerate(letters, start=start):
            styles = {t.style.value for t in typography if t.start <= at < t.end}
            assert set(tags) - {"mark"} == styles
            assert ("mark" in tags) == any(low <= at < high for low, high in marks)


@given(words, set_so)
@example("a(b)c", [Typography(1, 4, ITALIC)])
@example("ab", [Typography(0, 1, ITALIC)])
@example(" <i>a</i><b>b</b>", [])
@example("<b>a</b>b", [Typography(8, 9, ITALIC)])
def test_markdown_says_the_text_and_nothing_else(text: str, typography: list[Typography]) -> None:
    made = markdown_of(runs(text, [t for t in typography if t.style is ITALIC]))
    (inline,) = MarkdownIt().parseInline(" ".join(made.split()))
    kinds = {token.type for token in inline.children or ()}
    assert kinds <= {"text", "text_special", "em_open", "em_close", "strong_open", "strong_close"}
    said = "".join(token.content for token in inline.children or ())
    shifted = markdown_plain(text)
    assert " ".join(said.split()) == " ".join(shifted.split())


def markdown_plain(text: str) -> str:
    """A text with figures raised and lowered, and no tags."""
    figures = str.maketrans("2", "₂")
    return "".join(
        words.translate(figures) if "sub" in tags else words for words, tags in runs(text)
    )


class TestTitles:
    @pytest.mark.parametrize(
        ("title", "as_html", "as_markdown", "as_latex"),
        [
            (TITLE, "Effects of <i>Helicobacter pylori</i> on CO₂ and V<sub>max</sub>",
             "Effects of *Helicobacter pylori* on CO₂ and Vmax",
             r"Effects of \textit{Helicobacter pylori} on CO\textsubscript{2} and V\textsubscript{max}"),
            ("<i>TP53<sup>mut</sup></i> &amp; <i>N</i>-acetyl", "<i>TP53<sup>mut</sup></i> &amp; <i>N</i>-acetyl",
             "*TP53mut* &amp; *N*-acetyl", r"\textit{TP53}\textit{\textsuperscript{mut}} \& \textit{N}-acetyl"),
            ("x<i>(a)</i>y 10<sup>1.5</sup>", "x<i>(a)</i>y 10<sup>1.5</sup>", r"x\(a\)y 10¹.⁵",
             r"x\textit{(a)}y 10\textsuperscript{1.5}"),
            ("&lt;i onclick='a()'&gt;<i>&lt;script&gt;</i>&lt;/i&gt;",
             "&lt;i onclick=&#x27;a()&#x27;&gt;<i>&lt;script&gt;</i>&lt;/i&gt;",
             r"&lt;i onclick='a\(\)'&gt;*&lt;script&gt;*&lt;/i&gt;",
             r"\textless{}i onclick='a()'\textgreater{}\textit{\textless{}script\textgreater{}}\textless{}/i\textgreater{}"),
            ("The <i>&lt;b&gt;lac&lt;/b&gt; operon</i>", "The <b><i>lac</i></b><i> operon</i>",
             "The **lac** operon", r"The \textbf{\textit{lac}}\textit{ operon}"),
            ("[a](javascript:b) <i>$x^2$</i>", "[a](javascript:b) <i>$x^2$</i>",
             r"\[a\]\(javascript\:b\) *\$x^2\$*", r"[a](javascript:b) \textit{\$x\textasciicircum{}2\$}"),
        ],
    )  # fmt: skip
    def test_are_set(self, title: str, as_html: str, as_markdown: str, as_latex: str) -> None:
        one = read(title)
        assert title_line(one) == as_html
        assert title_markdown(one) == as_markdown
        assert f"title = {{{{{as_latex}}}}}" in bibliography([one], "bibtex")

    def test_are_plain_elsewhere(self) -> None:
        one = read(TITLE)
        for name in ("ris", "nbib", "vancouver"):
            assert "Effects of Helicobacter pylori on CO₂ and Vmax" in bibliography([one], name)

    def test_whose_control_characters_are_printed_as_spaces(self) -> None:
        one = replace(read("A\x85 <i>b</i>"), title="A\x85\x85 b")
        assert "title = {{A b}}" in bibliography([one], "bibtex")


def test_marks_and_italics_overlap() -> None:
    one = article("1", "abcdef", typography=(Typography(2, 4, ITALIC), Typography(3, 4, SUB)))
    marks = [(1, 3), (4, 6), (5, 99)]
    expected = "a<mark>b<i>c</i></mark><i><sub>d</sub></i><mark>ef</mark>"
    assert title_line(one, marks) == expected
    assert markup.title_html(one, marks) == f'<h3 class="title">{expected}</h3>'


def test_an_article_page_hit_and_passages() -> None:
    one = read(
        TITLE, "<AbstractText Label='A'>Of <i>E. coli</i>. K<sub>m</sub> fell.</AbstractText>"
    )
    start = one.text.index("coli")
    made = markup.article_html(one, [(start, start + 5)])
    assert "<p>Of <i>E. </i><mark><i>coli</i>.</mark> K<sub>m</sub> fell.</p>" in made
    begin = one.text.index("K")
    passage = Passage("1:1", "1", "A", begin, len(one.text), one.text[begin:])
    assert '<p class="snippet">K<sub>m</sub> fell.</p>' in markup.hit_html(one, passage)
    assert "<li><p>K<sub>m</sub> fell.</p>" in markup.passages_html(one, [passage])


def test_words_that_an_article_does_not_say_any_more_are_plain() -> None:
    one = read(TITLE)
    assert quoted_html(one, 11, 30, "Helicobacter pylori") == "<i>Helicobacter pylori</i>"
    assert quoted_html(one, 11, 30, "Another <i>text</i> <") == "Another <i>text</i> &lt;"


class TestAnswers:
    def _evidence(self) -> tuple[Evidence, Quote]:
        one = read(TITLE, "<AbstractText>It was <i>in vitro</i>.</AbstractText>")
        start, end, _ = one.section_spans()[0]
        passage = Passage("1:1", "1", "", start, end, one.text[start:end])
        return Evidence(passage, one, 1, 1.0), Quote("1:1", start, end, passage.text)

    def test_a_verbatim_sentence_is_set_as_its_source(self) -> None:
        evidence, quote = self._evidence()
        assert said_html(quote.text, [quote], [evidence]) == "It was <i>in vitro</i>."
        assert said_markdown(quote.text, [quote], [evidence]) == "It was *in vitro*."

    def test_what_is_found_first_is_named_as_printed(self) -> None:
        evidence, _ = self._evidence()
        made = steps_html(
            [Step("retrieve", {"evidence": [evidence], "seen": frozenset({"1"})}, 0.1)]
        )
        assert "<p>1 article found</p>" in made.replace("\n", "")
        assert f"First: {title_line(evidence.article)}</p>" in made

    @pytest.mark.parametrize("change", ["key", "words", "offsets", "none"])
    def test_any_other_is_plain(self, change: str) -> None:
        evidence, quote = self._evidence()
        known: Sequence[Quote] = {
            "key": [replace(quote, key="2:1")],
            "words": [replace(quote, text="It was")],
            "offsets": [replace(quote, start=quote.start - 1)],
            "none": [],
        }[change]
        assert said_html(quote.text, known, [evidence]) == "It was in vitro."


def test_a_pair_of_tags_reaches_over_a_slice() -> None:
    one = replace(article("1", "On <i>H. pylori</i> <"), sections=(Section("", "x"),))
    at = one.title.index("pylori")
    assert slice_html(one, at, len(one.title)) == "<i>pylori</i> &lt;"
    assert inline_html(one.title[at:]) == "pylori&lt;/i&gt; &lt;"
    cuts = range(len(one.title) + 1)
    assert all(_Letters(slice_html(one, low, high)) for low, high in pairwise(cuts))
