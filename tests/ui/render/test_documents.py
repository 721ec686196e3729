"""What is taken away: HTML documents, plain text, the script that copies; escaping everywhere."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer import Answer, Check, Claim, Label, Quote, Status, Verdict
from agent.plan import Plan
from agent.verification.sides import Position, Sides
from corpora.article import Notice, NoticeKind
from corpora.sample_size import SampleSize
from retrieval.filters import Filters
from retrieval.passage import Evidence, Passage, SearchQuery
from tests.fakes.literature import article
from ui.pages.export import buttons_html
from ui.render.answer_markup import sides_html
from ui.render.answer_text import answer_text
from ui.render.documents import answer_page
from ui.render.inline import inline_html, inline_markdown, inline_plain

_NASTY = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</script><script>alert(1)</script>",
        "</style><b>",
        "<i onclick=x>y</i>",
        "<!--",
        "\u2028",
        "[x](javascript:alert(1))",
    ]
)
# What a document of Medcite's own is made of.
_OWN = {"html", "head", "meta", "title", "style", "body", "article", "header", "footer", "section",
        "h1", "h2", "h4", "p", "ul", "ol", "li", "span", "div", "strong", "a", "q", "i", "b", "em", "sub", "sup"}  # fmt: skip


def _answer(title: str, text: str, asked: str = "Does it help?") -> Answer:
    found = article(
        "101", title or "T", text or "x", notices=(Notice(NoticeKind.RETRACTED, "103"),)
    )
    passage = Passage("101:0", "101", "", len(found.title) + 1, len(found.text), text)
    claim = Claim(text or "x", ("101:0",))
    quote = Quote("101:0", passage.start, passage.end, text)
    verdicts = (
        Verdict(claim, Label.SUPPORTED, (quote,)),
        Verdict(replace(claim, text=f"{text}!"), Label.CONTRADICTED, (quote,), checks=(Check("numbers", text),)),
    )  # fmt: skip
    plan = Plan(rounds=((SearchQuery(asked),),), notes=(text,), asked=text)
    evidence = (Evidence(passage, found, 1, 1.0),)
    return Answer(asked, Status.ANSWERED, plan, verdicts, evidence, 3, id="a1")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        assert not any((value or "").strip().startswith("javascript") for _, value in attrs)


@given(_NASTY, _NASTY, _NASTY)
def test_no_text_becomes_markup_of_a_document(title: str, text: str, asked: str) -> None:
    answer = _answer(title, text, asked)
    position = Position(answer.evidence[0].article, Label.SUPPORTED, answer.verdicts[0].quotes[0], "x", SampleSize(12, 0, "x", 0, 1), 1.0)  # fmt: skip
    answer = replace(answer, plan=replace(answer.plan, filters=Filters(journals=(text,))))
    page = answer_page(answer, [Sides(text, (position,), (position,))])
    parser = _Tags()
    parser.feed(page)
    assert parser.tags <= _OWN


@given(_NASTY, _NASTY)
def test_nothing_ends_the_script_that_copies(title: str, text: str) -> None:
    answer = _answer(title, text)
    made = buttons_html(answer, answer_page(answer))
    assert made.count("</script>") == made.count("<script>") == 1
    taken = re.search(r"const \[text, link, page\] = (.*);\n", made)
    assert taken is not None
    copied, link, _ = json.loads(taken[1])
    assert copied == answer_text(answer)
    assert link == "?q=Does%20it%20help%3F"


def test_a_document_stands_alone_and_prints() -> None:
    answer = _answer("A title", "A finding.")
    answer = replace(answer, plan=replace(answer.plan, filters=Filters(first_year=2019)))
    page = answer_page(answer)
    assert "@media print" in page
    assert not re.search(r"""(?:src|srcset)=|<link|<script|@import|url\(""", page)
    for expected in (
        "default-src 'none'",
        "1 supported, 1 contradicted",
        "numbers: A finding.",
        "<strong>Retracted.</strong>",
        "https://pubmed.ncbi.nlm.nih.gov/101/",
        "Only: since 2019.",
        "Interpreted as: Does it help?",
        "For research.",
    ):
        assert expected in page


def test_an_abstention_is_a_document_too() -> None:
    answer = replace(
        _answer("A title", "A finding."),
        status=Status.ABSTAINED,
        verdicts=(),
        reason="nothing fits",
    )
    assert "<strong>No answer:</strong> nothing fits." in answer_page(answer)
    assert "No answer: nothing fits." in answer_text(answer)


@pytest.mark.parametrize(
    ("text", "as_html", "as_markdown"),
    [
        ("<i>H. pylori</i> & CO<sub>2</sub>", "<i>H. pylori</i> &amp; CO<sub>2</sub>", "*H. pylori* &amp; CO₂"),
        ("10<sup>5</sup> cells", "10<sup>5</sup> cells", "10⁵ cells"),
        ("T<sub>max</sub>", "T<sub>max</sub>", "Tmax"),
        ("<i> x</i>", "<i> x</i>", " x"),
        ("<i>open", "&lt;i&gt;open", "&lt;i&gt;open"),
        ("<i onclick=a>x</i>", "&lt;i onclick=a&gt;x&lt;/i&gt;", "&lt;i onclick=a&gt;x&lt;/i&gt;"),
        ("p<0.05 and q>1", "p&lt;0.05 and q&gt;1", "p&lt;0.05 and q&gt;1"),
        ("$x^2$ **b** [a](javascript:b)", "$x^2$ **b** [a](javascript:b)", r"\$x^2\$ \*\*b\*\* \[a\]\(javascript\:b\)"),
    ],
)  # fmt: skip
def test_typography_of_titles_is_kept_and_nothing_else(
    text: str, as_html: str, as_markdown: str
) -> None:
    assert inline_html(text) == as_html
    assert inline_markdown(text) == as_markdown


def test_plain_text_loses_the_tags() -> None:
    assert inline_plain("<i>H. pylori</i>: <script>") == "H. pylori: <script>"


def test_sides_stand_with_design_and_size() -> None:
    answer = _answer("A randomised trial", "It helps.")
    quote = answer.verdicts[0].quotes[0]
    position = Position(
        answer.evidence[0].article,
        Label.SUPPORTED,
        quote,
        "x",
        SampleSize(1_200, 0, "x", 0, 1),
        1.0,
    )
    opposing = replace(position, quote=replace(quote, text="It does not."), size=None)
    made = sides_html(Sides("It helps.", (position,), (opposing,)), {"101": 4})
    assert "States it in these words." in made
    assert "It does not." in made
    assert "[4] PMID 101 2021" in made
    assert "n = 1,200" in made
    assert "✗ Opposing" in made
