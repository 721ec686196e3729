"""Bibliographies: what a reference manager, LaTeX and our own readers make of them."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string
from pybtex.richtext import Text

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Section
from corpora.errors import BadInput
from corpora.readers.registry import MEDLINE, RIS, format_of
from tests.corpora import strategies
from tests.fakes.literature import article
from ui.render.bibliography import FORMATS, bibliography, page_span, vancouver
from ui.render.latex import latex

NAMES = [known.name for known in FORMATS]
WHOLE = Article(
    "99000001",
    "Navorelimab & α-blockers in 10⁵ pneumonias: 50% of {all} cost_of_care < $5?",
    (
        Section("BACKGROUND", "Pneumonia kills.", "BACKGROUND"),
        Section("RESULTS", "Fewer died: 12 of 400 (risk ratio 0.7) than without, " * 4 + "we found.", "RESULTS"),
    ),
    journal="Archives of invented trials",
    journal_abbreviation="Arch Invent Trials",
    volume="12",
    issue="3",
    pages="201-12",
    year=2021,
    published="2021-03-05",
    authors=(
        Author("Müller", "Erika Ångström", "EÅ"),
        Author("van der Sø", "Jan", "J"),
        Author(collective="SAMPLE Group for Heart, Lung and Kidney"),
    ),
    publication_types=("Journal Article", "Randomized Controlled Trial"),
    mesh=("Humans", "Pneumonia"),
    keywords=("navorelimab",),
    doi="10.99999/sample_1%2<x>",
    pmcid="PMC99",
    languages=("eng", "fre"),
    notices=(
        Notice(NoticeKind.CORRECTED, "99000003", "Arch Invent Trials. 2021 Jun;12(6):1"),
        Notice(NoticeKind.RETRACTED, "99000002", "Arch Invent Trials. 2022 Jan;13(1):5"),
    ),
)  # fmt: skip


def read(text: str, form: str) -> list[object]:
    known = {"nbib": MEDLINE, "ris": RIS}[form]
    assert format_of(text.encode(), "x") is known
    records = known.read(BytesIO(text.encode()))
    return [replace(r, sources=()) if isinstance(r, Article) else r for r in records]


class TestRoundTrip:
    def test_medline_text_gives_back_the_article(self) -> None:
        other = article("700001", "Another")
        text = bibliography([WHOLE, other], "nbib")
        assert max(map(len, text.splitlines())) <= 88
        first, second = read(text, "nbib")
        assert isinstance(first, Article)
        assert replace(first, notices=()) == replace(
            WHOLE, notices=(), publication_types=(*WHOLE.publication_types, "Retracted Publication")
        )
        assert set(first.notices) == set(WHOLE.notices)
        assert second == other

    def test_ris_gives_back_the_article(self) -> None:
        text = bibliography([WHOLE, article("700001", "Another")], "ris")
        assert text.count("\r\n") == text.count("\n")
        first, second = read(text, "ris")
        assert isinstance(first, Article)
        # RIS has keywords and no headings, and whole page numbers; initials it does not have.
        assert first == replace(
            WHOLE, mesh=(), keywords=(*WHOLE.mesh, *WHOLE.keywords), pages="201-212"
        )
        assert second == article("700001", "Another", publication_types=("Journal Article",))

    def test_a_bare_retraction_survives(self) -> None:
        bare = article("7", "Withdrawn", notices=(Notice(NoticeKind.RETRACTED),))
        for form in ("ris", "nbib"):
            (again,) = read(bibliography([bare], form), form)
            assert isinstance(again, Article)
            assert again.retracted

    def test_names_without_initials_survive(self) -> None:
        plain = article(
            "7", "T", authors=(Author("Plato"), Author("van der Berg"), Author("Doe", "Jane", "J"))
        )
        (again,) = read(bibliography([plain], "nbib"), "nbib")
        assert isinstance(again, Article)
        assert again.authors == plain.authors

    @given(st.lists(strategies.articles, max_size=3))
    def test_whatever_a_text_holds_no_record_breaks_out_of_its_own(self, articles) -> None:
        for form in ("ris", "nbib"):
            text = bibliography(articles, form)
            if not articles:
                assert text == ""
                continue
            again = read(text, form)
            assert len(again) == len(articles)
            for one, other in zip(articles, again, strict=True):
                if isinstance(other, BadRecord):
                    assert other.reason == "neither title nor abstract"
                elif form == "nbib":
                    assert other.pmid == one.pmid
                    assert other.retracted == one.retracted


class TestBibtex:
    def test_is_what_a_parser_reads(self) -> None:
        entries = parse_string(bibliography([WHOLE, article("7", "T")], "bibtex"), "bibtex").entries
        assert list(entries) == ["Muller2021-99000001", "2021-7"]
        entry = entries["Muller2021-99000001"]
        assert entry.type == "article"
        assert [str(p) for p in entry.persons["author"]][
            2
        ] == "{SAMPLE Group for Heart, Lung and Kidney}"
        first, second, _ = entry.persons["author"]
        assert str(Text.from_latex(first.last_names[0])) == "Müller"
        assert [
            str(Text.from_latex(part)) for part in second.prelast_names + second.last_names
        ] == ["van", "der", "Sø"]
        fields = entry.fields
        assert fields["pages"] == "201--212"
        assert fields["doi"] == WHOLE.doi
        assert fields["month"] == "March"
        assert fields["year"] == "2021"
        assert fields["note"].startswith("RETRACTED. Erratum in: Arch")
        assert entries["2021-7"].type == "misc"

    def test_a_comma_within_a_name_does_not_part_it(self) -> None:
        odd = replace(WHOLE, authors=(Author("Smith", initials=", ,"), Author("Li, Jr", "Ann")))
        (entry,) = parse_string(bibliography([odd], "bibtex"), "bibtex").entries.values()
        assert [person.last_names for person in entry.persons["author"]] == [
            ["Smith"],
            ["{Li, Jr}"],
        ]

    @given(st.lists(strategies.articles, max_size=3, unique_by=lambda each: each.pmid))
    def test_any_text_keeps_its_field_and_its_braces(self, articles) -> None:
        text = bibliography(articles, "bibtex")
        assert len(parse_string(text, "bibtex").entries) == len(articles)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Müller ñ ç Łø ß", r"M{\"{u}}ller {\~{n}} {\c{c}} {\L}{\o} {\ss}"),
            ("ế", r"{\'{\^{e}}}"),
            ("10⁵ CO₂", r"10\textsuperscript{5} CO\textsubscript{2}"),
            ("TNF-α ≥5 µg", r"TNF-\ensuremath{\alpha} \ensuremath{\geq}5 \ensuremath{\mu}g"),
            ("a_b & 5% of $3 #1", r"a\_b \& 5\% of \$3 \#1"),
            ("{a}\\b", r"\textbraceleft{}a\textbraceright{}\textbackslash{}b"),
            ("Иванов 中", "Иванов 中"),
        ],
    )
    def test_latex(self, text: str, expected: str) -> None:
        assert latex(text) == expected

    @given(strategies.text)
    def test_latex_has_no_loose_brace_or_command(self, text: str) -> None:
        made = latex(text)
        assert made.count("{") == made.count("}")
        assert not re.search(r"(?<!\\)[$&#%_^]|[<>|]", re.sub(r"\\\^", "", made))


class TestVancouver:
    def test_as_the_icmje_has_it(self) -> None:
        trial = article(
            "12140307",
            "Solid-organ transplantation in HIV-infected patients.",
            authors=(Author("Halpern", "Scott D", "SD"), Author("Ubel", "Peter A", "PA"), Author("Caplan", "Arthur L", "AL")),
            journal="The New England journal of medicine",
            journal_abbreviation="N Engl J Med",
            year=2002,
            published="2002-07-25",
            volume="347",
            issue="4",
            pages="284-287",
        )  # fmt: skip
        assert vancouver(trial) == (
            "Halpern SD, Ubel PA, Caplan AL. Solid-organ transplantation in HIV-infected patients."
            " N Engl J Med. 2002;347(4):284-7. PMID: 12140307."
        )

    def test_six_authors_then_et_al(self) -> None:
        names = tuple(Author(f"A{i}", initials="B") for i in range(7))
        assert vancouver(article("x", "T", authors=names[:6])).startswith(
            "A0 B, A1 B, A2 B, A3 B, A4 B, A5 B. T."
        )
        assert ", A5 B, et al. T." in vancouver(article("x", "T", authors=names))

    def test_another_language_and_ahead_of_print_are_said(self) -> None:
        foreign = article(
            "5", "[Zelvamab for shock.]", journal="J", year=2020, volume="12", pages="101-9",
            languages=("fre",), authors=(Author("Cobb", "F W", "FW", suffix="Jr"),),
        )  # fmt: skip
        assert (
            vancouver(foreign)
            == "Cobb FW Jr. [Zelvamab for shock]. J. 2020;12:101-9. French. PMID: 5."
        )
        early = article(
            "5", "T", journal="J", published="2021-02-07", doi="10.1/x", ahead_of_print=True
        )
        assert vancouver(early) == "T. J. 2021 Feb 7. doi: 10.1/x. Epub ahead of print. PMID: 5."

    def test_ahead_of_print_the_date_stands_for_the_volume(self) -> None:
        early = article("5", "Why?", journal="J", published="2021-03-05", doi="10.1/x")
        assert vancouver(early) == "Why? J. 2021 Mar 5. doi: 10.1/x. PMID: 5."

    def test_a_retraction_is_said(self) -> None:
        said = vancouver(WHOLE)
        assert "[retracted]." in said
        assert "Retraction in: Arch Invent Trials. 2022 Jan;13(1):5. PMID: 99000002." in said

    def test_entries_are_numbered(self) -> None:
        made = bibliography([article("1", "One"), article("2", "Two")], "vancouver")
        assert [line[:2] for line in made.splitlines()] == ["1.", "2."]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("201-12", ("201", "212")),
        ("1595-603.e9", ("1595", "1603.e9")),
        ("S5-S9", ("S5", "S9")),
        ("S15-9", ("S15", "S19")),
        ("e1002", ("e1002", "")),
        ("99-103", ("99", "103")),
        ("1-3; discussion 4", ("1-3; discussion 4", "")),
        ("", ("", "")),
    ],
)
def test_pages_in_full(pages: str, expected: tuple[str, str]) -> None:
    assert page_span(pages) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_retraction_stands_in_every_format(name: str) -> None:
    assert re.search("retract", bibliography([WHOLE], name), re.I)
    assert not re.search("retract", bibliography([article("1", "Fine")], name), re.I)


def test_another_format_is_refused() -> None:
    with pytest.raises(BadInput, match="“word” is not a bibliography format"):
        bibliography([], "word")


ELSEWHERE = article(
    "doi:10.1000/x", "Müller's ⩽5 ½ ‰ ″ trial of Ș & Co_1 in 50% [x]", "IL-6 fell.",
    authors=(Author("Cobb", "Fields W.", "FW", suffix="Jr"), Author(collective="ZELVA Group and Co"), Author("Solo")),
    journal="J Inv", doi="10.1000/x", year=2020, published="2020-03", ahead_of_print=True,
    keywords=("Lung Diseases, Obstructive", "zelvamab"), languages=("fre",),
    notices=(Notice(NoticeKind.RETRACTED, "8", "J Inv 2022"),), publication_types=("Journal Article",),
)  # fmt: skip


@pytest.mark.parametrize("name", ["ris", "nbib", "bibtex"])
def test_what_medcite_writes_medcite_reads_also_what_is_not_pubmeds(name: str) -> None:
    """No identifier is printed as a PMID that is none, and the record comes back whole."""
    text = bibliography([ELSEWHERE], name)
    assert not re.search(r"PMID\W+doi", text)
    kind = format_of(text.encode(), "x")
    again = next(r for r in kind.read(BytesIO(text.encode())) if isinstance(r, Article))
    for field in ("pmid", "title", "sections", "authors", "doi", "published", "ahead_of_print", "keywords",
                  "languages", "retracted", "journal"):  # fmt: skip
        read, written = getattr(again, field), getattr(ELSEWHERE, field)
        if field == "authors" and name == "nbib":
            # MEDLINE text names groups after people.
            read, written = sorted(read, key=str), sorted(written, key=str)
        if field == "title" and name == "bibtex":
            # LaTeX's own fonts have one sign for both.
            written = written.replace("⩽", "≤")
        assert read == written, field


def test_foreign_readers_read_it_too() -> None:
    import rispy
    from Bio import Medline
    from pybtex.database import parse_string

    entry = next(iter(parse_string(bibliography([ELSEWHERE], "bibtex"), "bibtex").entries.values()))
    people = entry.persons["author"]
    assert [str(person) for person in people] == [
        "Cobb, Jr, Fields W.",
        "{ZELVA Group and Co}",
        "Solo",
    ]
    assert bibliography([ELSEWHERE], "bibtex").isascii()
    (ris,) = rispy.loads(bibliography([ELSEWHERE], "ris"))
    assert (ris["title"], ris["doi"]) == (ELSEWHERE.title, "10.1000/x")
    assert ris["authors"] == ["Cobb, Fields W., Jr", "ZELVA Group and Co,", "Solo"]
    (nbib,) = Medline.parse(bibliography([ELSEWHERE], "nbib").splitlines(keepends=True))
    assert (nbib["TI"], nbib["AU"]) == (ELSEWHERE.title, ["Cobb FW Jr", "Solo"])
    assert nbib.get("PMID", "") == ""
