"""PMC full text: metadata, abstract and body, in order, with offsets that give back the text."""

from io import BytesIO

import pytest

from corpora.article import Article, Author, Notice, NoticeKind, Section
from corpora.evidence_level import EvidenceLevel
from corpora.normalization import normal_article
from corpora.readers.jats import read_jats
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


def _with(old: str, new: str) -> Article:
    text = full_text()
    assert old in text
    return normal_article(_read(text.replace(old, new)))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<mml:math><mml:mn>0.57</mml:mn></mml:math>", "0.57"),
        ("<alternatives><tex-math>\\begin{document}$$0.57$$\\end{document}</tex-math></alternatives>", "0.57"),
        ("<mml:math><mml:mi>P</mml:mi><mml:mo>=</mml:mo><mml:mn>0.002</mml:mn></mml:math>", "P=0.002"),
        ("<mml:math><mml:semantics><mml:msub><mml:mi>R</mml:mi><mml:mn>0</mml:mn></mml:msub><mml:annotation>R_0</mml:annotation></mml:semantics></mml:math>", "R₀"),
        ("<mml:math><mml:mfrac><mml:mi>a</mml:mi><mml:mi>b</mml:mi></mml:mfrac></mml:math>", "a/b"),
        ("<tex-math>$\\alpha \\leq 10^{-5}$</tex-math>", "α≤ 10⁻⁵"),
        ("<italic>n</italic> = 5", "n = 5"),
    ],
)  # fmt: skip
def test_a_formula_keeps_its_figures(formula: str, text: str) -> None:
    namespace = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'
    article = _with("Fewer died.", f"OR <inline-formula {namespace}>{formula}</inline-formula>.")
    assert article.sections[1].text == f"OR {text}."


def test_a_citation_is_no_power() -> None:
    cited = "fell to 5<sup><xref ref-type='bibr'>12</xref></sup> of 10<sup>5</sup>"
    assert _with("Fewer died.", cited).sections[1].text == "fell to 5 [12] of 10⁵"


def test_people_as_they_are_printed() -> None:
    people = """<contrib-group><contrib contrib-type="author"><name><surname>Smith</surname><given-names>John A.</given-names>
<suffix>Jr</suffix></name></contrib><contrib contrib-type="author"><collab>ZELVA Group<contrib-group><contrib contrib-type="author">
<name><surname>Member</surname></name></contrib></contrib-group></collab></contrib><contrib contrib-type="author"><string-name>
<surname>Ivanov</surname>, <given-names>Ivan</given-names></string-name></contrib><contrib><name><surname>Untyped</surname>
<given-names>Una</given-names></name></contrib></contrib-group><contrib-group>"""
    article = _with("<contrib-group>", people)
    assert [a.short for a in article.authors][:4] == ["Smith JA Jr", "ZELVA Group", "Ivanov I", "Untyped U"]  # fmt: skip


def test_a_title_with_marks_breaks_and_a_subtitle() -> None:
    title = "Zelvamab<xref ref-type='fn'>*</xref>:<break/>a trial</article-title><subtitle>ZELVA-1</subtitle>"
    article = _with("Navorelimab at 10<sup>5</sup> units</article-title>", title)
    assert article.title == "Zelvamab: a trial. ZELVA-1"


def test_the_english_abstract_of_another_language() -> None:
    text = full_text().replace('xml:lang="en"', 'xml:lang="es"')
    translated = '<trans-abstract xml:lang="en"><p>Mortality fell.</p></trans-abstract><abstract abstract-type="graphical">'
    text = text.replace('<abstract abstract-type="graphical">', translated)
    text = text.replace("</title-group>", '<trans-title-group xml:lang="en"><trans-title>In sepsis</trans-title></trans-title-group></title-group>')  # fmt: skip
    article = normal_article(_read(text))
    assert (article.title, article.languages) == ("[In sepsis].", ("spa",))
    assert article.vernacular_title == "Navorelimab at 10⁵ units"
    assert article.sections[0] == Section("", "Mortality fell.")


def test_a_row_of_a_table_says_whose_figures_it_has() -> None:
    table = (
        "<table-wrap><label>Table 1</label><caption><title>Deaths at day 28.</title><p>By arm.</p></caption><table><thead><tr><th/>"
        "<th colspan='2'>Zelvamab</th></tr><tr><th>Site</th><th>n</th><th>%</th></tr></thead><tbody><tr><td rowspan='2'>Oslo</td>"
        "<td>12</td><td>5.0</td></tr><tr><td>13</td><td>6.1</td></tr></tbody></table></table-wrap>"
    )
    article = _with("<table-wrap><table><tr><td>1</td></tr></table></table-wrap>", table)
    assert article.sections[-1] == Section(
        "Table 1: Deaths at day 28. By arm.",
        "Table 1 (Deaths at day 28): Oslo – Zelvamab, n: 12; Zelvamab, %: 5.0."
        " Table 1 (Deaths at day 28): Oslo – Zelvamab, n: 13; Zelvamab, %: 6.1.",
        "RESULTS",
        body=True,
    )


def test_a_notice_may_name_a_doi() -> None:
    article = _with('ext-link-type="pubmed" xlink:href="99"', 'ext-link-type="doi" xlink:href="https://doi.org/10.1000/x"')  # fmt: skip
    assert article.notices == (
        Notice(NoticeKind.CORRECTED, "", "", issued_by=True, doi="10.1000/x"),
    )
