"""RIS as PubMed, Ovid, Zotero and EndNote write it."""

from io import BytesIO

from corpora.article import Article, Author, BadRecord, Section
from corpora.normalization import normal_article
from corpora.readers.ris import read_ris


def _read(text: str) -> list[object]:
    return list(read_ris(BytesIO(text.encode())))


def test_a_whole_record() -> None:
    (read,) = _read(
        "TY  - JOUR\r\nAU  - Muster, Erika A.\r\nAU  - SAMPLE Group\r\nTI  - Navorelimab\r\n"
        "AB  - METHODS: We did. RESULTS: It was.\r\nJO  - Arch Trials\r\nJ2  - Arch\r\n"
        "PY  - 2021/03/05/\r\nVL  - 12\r\nIS  - 3\r\nSP  - 201\r\nEP  - 212\r\n"
        "DO  - https://doi.org/10.99999/Sample.1\r\nKW  - one\r\nKW  - two\r\nLA  - English\r\n"
        "DB  - PubMed\r\nAN  - 99000001\r\nC2  - PMC99\r\nER  - \r\n"
    )
    assert read == Article(
        "99000001",
        "Navorelimab",
        (Section("METHODS", "We did.", "METHODS"), Section("RESULTS", "It was.", "RESULTS")),
        journal="Arch Trials",
        journal_abbreviation="Arch",
        volume="12",
        issue="3",
        pages="201-212",
        year=2021,
        published="2021-03-05",
        authors=(Author("Muster", "Erika A.", "EA"), Author(collective="SAMPLE Group")),
        publication_types=("Journal Article",),
        keywords=("one", "two"),
        doi="10.99999/Sample.1",
        pmcid="PMC99",
        languages=("English",),
        sources=("PubMed",),
    )


def test_identifiers_are_stable_and_never_another_databases_number() -> None:
    embase = "TY  - JOUR\nTI  - T\nDB  - Embase\nAN  - 2012345678\nDO  - 10.1000/X\nER  - \n"
    nothing = "TY  - JOUR\nT1  - T\nY1  - 1999\nER  - \n"
    first, second = _read(embase + nothing)
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    first, second = normal_article(first), normal_article(second)
    assert first.pmid == "doi:10.1000/x"
    assert second.pmid.startswith("title:")
    assert second.pmid == normal_article(_read(nothing)[0]).pmid  # type: ignore[arg-type]


def test_a_record_that_says_nothing_is_named() -> None:
    read = _read("TY  - JOUR\nAU  - A\nER  - \nTY  - JOUR\nTI  - Fine\nER  - \n")
    assert isinstance(read[0], BadRecord)
    assert isinstance(read[1], Article)
