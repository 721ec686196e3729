"""One door for facts: whatever format states them, articles hold them in one form."""

from dataclasses import replace
from io import BytesIO

import pytest

from corpora.article import Article, Author, BadRecord, Record, Remark, Section
from corpora.dates import best_date, iso_date
from corpora.errors import UnreadableFile
from corpora.identifiers import doi_in, doi_of, pmid_of
from corpora.languages import language_code
from corpora.names import author_of, names_in
from corpora.normalization import normal_article
from corpora.readers.registry import format_of
from corpora.typography import TypeStyle, Typography


def read(content: str | bytes, name: str = "x") -> list[Record]:
    data = content.encode() if isinstance(content, str) else content
    return list(format_of(data[:65536], name).read(BytesIO(data), name))


def one(content: str | bytes) -> Article:
    (article,) = [r for r in read(content) if isinstance(r, Article)]
    return article


@pytest.mark.parametrize(
    "content",
    [
        '{"pmid": "1", "title": "T", "publication_types": ["Retracted Publication"]}',
        '{"pmid": "1", "title": "RETRACTED: T"}',
        "pmid,title,publication type\n1,T,Journal Article; Retracted Publication\n",
        "pmid,title,abstract\n1,RETRACTED ARTICLE: T,A.\n",
        "TY  - JOUR\nTI  - T (Retracted article. See vol. 5, 2020)\nER  - \n",
        "TY  - JOUR\nTI  - T\nM3  - Retracted Publication\nER  - \n",
        "TY  - JOUR\nTI  - T\nN1  - This article has been retracted.\nER  - \n",
        "PMID- 1\nTI  - T\nPT  - Retracted Publication\n",
        "@article{a, title = {T [Retracted]}}",
        "@article{a, title = {T}, note = {RETRACTED. Retraction in: J. PMID: 8}}",
    ],
)
def test_a_retraction_is_one_in_every_format(content: str) -> None:
    assert one(content).retracted


@pytest.mark.parametrize(
    "content",
    [
        '{"pmid": "1", "title": "Retraction: T", "publication_types": ["Retraction of Publication"]}',
        '{"pmid": "1", "title": "How often are retracted: articles cited"}',
        '{"pmid": "1", "title": "Retracted cusps in mitral valves"}',
    ],
)
def test_what_speaks_of_retractions_is_not_retracted(content: str) -> None:
    assert not one(content).retracted


@pytest.mark.parametrize("placeholder", ["[Not Available].", "[No title available]", "nan", ""])
def test_a_placeholder_gives_way_to_the_original_title(placeholder: str) -> None:
    article = normal_article(Article("1", placeholder, vernacular_title="Behandlung der Sepsis."))
    assert article.title == "Behandlung der Sepsis."


def test_absent_values_are_absent() -> None:
    first, second = read(
        '{"pmid": 94000001.0, "title": "T", "abstract": NaN, "year": 2020.0, "doi": NaN}\n'
        '{"pmid": "2", "title": "U", "journal": null, "authors": null, "year": null, "mesh": null}\n'
    )
    assert first == Article("94000001", "T", year=2020, published="2020", sources=("x",))
    assert second == Article("2", "U", sources=("x",))


def test_residue_of_markup_is_gone_and_what_it_said_is_kept() -> None:
    article = one(
        '{"pmid": "1", "title": "Ca<sup>2+</sup> and <i>E. coli</i>", "abstract": "<h4>Background: </h4>'
        'Clin\u00adical gene\u200bration, p &amp;lt; 0.05. <h4>Results</h4>By 2 &deg;C &amp; n<7."}'
    )
    assert article.title == "Ca²⁺ and E. coli"
    assert article.typography == (Typography(9, 16, TypeStyle.ITALIC),)
    assert article.sections == (
        Section("Background", "Clinical generation, p < 0.05.", "BACKGROUND"),
        Section("Results", "By 2 °C & n<7.", "RESULTS"),
    )


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("Smith JA", Author("Smith", "", "JA")),
        ("Smith, J. A.", Author("Smith", "J. A.", "JA")),
        ("Smith J.", Author("Smith", "J.", "J")),
        ("Cobb FW Jr", Author("Cobb", "", "FW", suffix="Jr")),
        ("Cobb, Jr, Fields W.", Author("Cobb", "Fields W.", "FW", suffix="Jr")),
        ("Smith, John A., Jr", Author("Smith", "John A.", "JA", suffix="Jr")),
        ("Schaefer HF 3rd", Author("Schaefer", "", "HF", suffix="3rd")),
        ("de la Cruz AB", Author("de la Cruz", "", "AB")),
        ("John van der Berg", Author("van der Berg", "John", "J")),
        ("{ZELVA Group}", Author(collective="ZELVA Group")),
        ("World Health Organization", Author(collective="World Health Organization")),
        ("Na", Author("Na")),
        ("[No authors listed]", None),
    ],
)
def test_names(written: str, author: Author | None) -> None:
    assert author_of(written) == author


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Smith JA, Doe J Jr, ZELVA Group.", ["Smith JA", "Doe J Jr", "ZELVA Group"]),
        ("Smith, John and Doe, Jane", ["Smith, John", "Doe, Jane"]),
        ("Smith, J., Doe, A.", ["Smith, J.", "Doe, A."]),
        ("Smith J.; Doe A.", ["Smith J.", "Doe A."]),
        ("Department of Health and Social Care", ["Department of Health and Social Care"]),
    ],
)
def test_lists_of_names(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2021 Mar 5", "2021-03-05"), ("20210305", "2021-03-05"), ("2021/03/05/", "2021-03-05"),
        ("2020//", "2020"), ("5 March 2021", "2021-03-05"), ("Mar 15, 2020", "2020-03-15"),
        ("15/03/2021", "2021-03-15"), ("05/03/2021", "2021"), ("2020.0", "2020"), ("Winter 1998", "1998"),
        ("2020/02/31", "2020-02"), ("0000/00/00", ""), ("Mar 15", ""), ("soon", ""),
    ],
)  # fmt: skip
def test_dates(written: str, iso: str) -> None:
    assert iso_date(written) == iso


def test_a_date_without_a_year_belongs_to_the_year_beside_it() -> None:
    assert best_date("2019", "Mar 15") == "2019-03-15"


@pytest.mark.parametrize(
    ("written", "pmid"),
    [
        ("93000011.0", "93000011"), ("PMID:36123456", "36123456"), ("PubMed 31234568", "31234568"),
        ("https://pubmed.ncbi.nlm.nih.gov/38000001/", "38000001"), ("9.3000011E7", "93000011"),
        ("CN-02345678", ""), ("0", ""), ("2006713348", ""),
    ],
)  # fmt: skip
def test_pmids(written: str, pmid: str) -> None:
    assert pmid_of(written) == pmid


def test_dois_and_languages() -> None:
    assert doi_of("https://doi.org/10.1000/ABC.def") == "10.1000/ABC.def"
    assert doi_in("see (doi: 10.1000/x(1)2).") == "10.1000/x(1)2"
    assert [language_code(t) for t in ("English", "de", "zho", "pt-BR", "x")] == ["eng", "ger", "chi", "por", ""]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf-16", "TY  - JOUR\r\nTI  - Müller trial\r\nER  - \r\n".encode("utf-16")),
        ("latin-1", "TY  - JOUR\nTI  - Müller trial\nER  - \n".encode("latin-1")),
        ("CR alone", "TY  - JOUR\rTI  - Müller trial\rER  - \r".encode()),
        ("head lines", "Provider: X\nDatabase: Y\n\nTY  - JOUR\nTI  - Müller trial\nER  - \n".encode()),
        ("CR table", "PMID,Title\r1,Müller trial\r".encode()),
        ("utf-16 table", "PMID\tTitle\r\n1\tMüller trial\r\n".encode("utf-16")),
        ("array", '[{"pmid": "1", "title": "Müller trial"}]'.encode()),
        ("pretty", '{\n "pmid": "1",\n "title": "Müller trial"\n}'.encode()),
        ("bom", b"\xef\xbb\xbf@article{a,\n title = {M{\\\"u}ller trial}\n}"),
        ("abstract text", "1. J Inv. 2020;1:2.\n\nMüller trial\n\nSmith JA(1).\n\nPMID: 1\n".encode()),
        ("endnote", "<xml><records><record><titles><title><style>Müller trial</style></title></titles></record></records></xml>".encode()),
    ],
)  # fmt: skip
def test_what_a_file_is_is_told_by_its_content(name: str, content: bytes) -> None:
    assert one(content).title == "Müller trial"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04....", "ZIP archive"),
        (b"31234567\n31234568\n10.1000/x\n", "corpus fetch ids"),
        (b"<html><body>x</body></html>", "neither PubMed XML"),
        (b"plain words, no format", "unknown format"),
        (b"[{]", "JSON is malformed"),
    ],
)
def test_what_is_not_read_is_said(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read(content)


def test_wrapped_lines_are_no_tags_and_what_stands_between_records_is_none() -> None:
    first, second = read(
        "1. \nTY  - JOUR\nTI  - A\nAB  - Levels of\nIL-6 and\nCD4-positive cells.\nER  - \n"
        "C1  - Search strategy\n2. \nTY  - JOUR\nTI  - B\nER  - \n"
    )
    assert isinstance(first, Article)
    assert first.sections == (Section("", "Levels of IL-6 and CD4-positive cells."),)
    assert isinstance(second, Article)
    assert second.title == "B"


def test_several_documents_in_one_file_are_read() -> None:
    from tests.fakes.pubmed import pubmed_xml, record

    batches = pubmed_xml(record("1")) + b"\n" + pubmed_xml(record("2"))
    assert [r.pmid for r in read(batches) if isinstance(r, Article)] == ["1", "2"]
    bare = f"{record('3')}\n{record('4')}".encode()
    assert [r.pmid for r in read(bare) if isinstance(r, Article)] == ["3", "4"]


def test_one_bad_line_costs_that_line() -> None:
    good, bad, third = read('{"pmid": "1", "title": "A"}\n{"pmid": "2", \n{"title": "B\u2028C"}\n')
    assert isinstance(good, Article)
    assert isinstance(bad, BadRecord)
    assert (bad.position, bad.line) == (2, 2)
    assert isinstance(third, Article)
    assert third.title == "B C"


def test_bibtex_of_other_programs() -> None:
    article = one(
        "@String{inv = {J Invent}}\n@comment{x}\n@article{k,\n author = {Cobb, Jr, Fields W. and {ZELVA Group} and"
        ' M{\\"u}ller, J{\\"o}rg},\n title = "The {\\textit{E. coli}} trial: 50\\% of $\\alpha$",\n'
        " journal = inv,\n year = 2020, month = mar, pages = {10--19}, doi = {10.1000/x\\_1}, pmid = {93000001}\n}\n"
    )
    assert article.pmid == "93000001"
    assert article.title == "The E. coli trial: 50% of α"
    assert [a.short for a in article.authors] == ["Cobb FW Jr", "ZELVA Group", "Müller J"]
    assert (article.journal, article.pages, article.doi) == ("J Invent", "10-19", "10.1000/x_1")
    assert article.published == "2020-03"


def test_csl_json_and_trials_are_read() -> None:
    item = '{"type": "article-journal", "title": "T", "DOI": "10.1000/x", "issued": {"date-parts": [[2020, 3, 5]]}, "author": [{"family": "Doe", "given": "Jane"}], "container-title": "J"}'
    article = one(f"[{item}]")
    assert (article.pmid, article.published) == ("doi:10.1000/x", "2020-03-05")
    assert article.authors == (Author("Doe", "Jane", "J"),)
    trial = '{"protocolSection": {"identificationModule": {"nctId": "NCT01", "briefTitle": "A trial of x"}, "descriptionModule": {"briefSummary": "We plan."}}}'
    registered = one(trial)
    assert registered.pmid == "NCT01"
    assert registered.publication_types == ("Registered trial, no results",)
    assert registered.evidence_level.name == "PROTOCOL"


def test_pubmeds_abstract_text() -> None:
    first, second = read(
        "1. J Inv. 2019 Mar;1(2):3-9. doi: 10.1000/x.\n\nA trial of\nzelvamab.\n\nSmith JA(1), Doe J Jr(2); ZELVA Group.\n\n"
        "Author information:\n(1)Here.\n(2)There.\n\nBACKGROUND: Sepsis kills.\nMETHODS: We did.\n\nDOI: 10.1000/x\nPMCID: PMC7\n"
        "PMID: 93000001 [Indexed for MEDLINE]\n\n2. Lancet. 2020;5:1.\n\nNo abstract here.\n\nPMID: 93000002\n"
    )
    assert isinstance(first, Article)
    assert (first.pmid, first.doi, first.pmcid) == ("93000001", "10.1000/x", "PMC7")
    assert [a.short for a in first.authors] == ["Smith JA", "Doe J Jr", "ZELVA Group"]
    assert [s.label for s in first.sections] == ["BACKGROUND", "METHODS"]
    assert (first.volume, first.issue, first.pages, first.published) == ("1", "2", "3-9", "2019-03")
    assert isinstance(second, Article)
    assert second.title == "No abstract here."


def test_remarks_name_the_line() -> None:
    remarks = [r for r in read("pmid,title,year\n1,A,2020\n2,B,soon\n") if isinstance(r, Remark)]
    assert [(r.line, r.pmid) for r in remarks] == [(3, "2")]


def test_a_normal_article_is_left_as_it_is() -> None:
    plain = Article(
        "1", "T", (Section("", "p < 0.05 in men"),), doi="10.1000/x", languages=("eng",)
    )
    assert normal_article(plain) == plain
    assert replace(plain, sources=("x",)).sources == ("x",)
