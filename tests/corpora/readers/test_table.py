"""Tables: delimiters, quoting, PubMed's own columns, rows that cannot be read."""

from io import BytesIO

import pytest

from corpora.article import Article, Author, BadRecord, Remark, Section
from corpora.errors import UnreadableFile
from corpora.readers.table import header_of, read_table


def _read(text: str | bytes) -> list[object]:
    return list(read_table(BytesIO(text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_fields_by_name_in_any_order(delimiter: str) -> None:
    rows = [
        ["Title", "PMID", "Abstract", "Authors", "Journal/Book", "Publication Year", "Colour"],
        [
            '"A ""quoted""; title, long"',
            "7",
            '"Two\nlines."',
            '"Muster E, Doe J"',
            "Arch",
            "2021",
            "x",
        ],
    ]
    (read,) = _read("﻿" + "\r\n".join(delimiter.join(row) for row in rows))
    assert read == Article(
        "7",
        'A "quoted"; title, long',
        (Section("", "Two lines."),),
        journal="Arch",
        year=2021,
        published="2021",
        authors=(Author("Muster", "", "E"), Author("Doe", "", "J")),
    )


def test_a_bad_field_costs_the_field_and_a_bad_row_the_row() -> None:
    read = _read(
        "pmid,title,year\n1,One,2020\n,Two,2020\n3,Three,soon\n\n4,,2020\n5,Five\n6,S,2020,x\n"
    )
    assert [type(r) for r in read] == [Article, Article, Article, Remark, BadRecord, Article, BadRecord]  # fmt: skip
    assert read[2] == Article("3", "Three")
    assert read[3] == Remark(3, "3", "year: “soon” is not a date; the rest was read", 4)
    assert read[4] == BadRecord(4, "4", "neither title nor abstract", 6)
    assert isinstance(read[6], BadRecord)
    assert "4 cells in a table of 3 columns" in read[6].reason


def test_what_is_no_table_of_literature() -> None:
    assert header_of("name,size,colour") is None
    assert header_of("pmid") is None


def test_broken_quoting_is_refused_whole() -> None:
    with pytest.raises(UnreadableFile, match="line 2"):
        _read(b'pmid,title\n1,"open\n')


def test_windows_1252_is_read_and_said() -> None:
    article, remark = _read("pmid,title\n1,Müller\n".encode("cp1252"))
    assert article == Article("1", "Müller")
    assert isinstance(remark, Remark)
    assert remark.line == 2


@pytest.mark.parametrize(
    ("head", "row", "expected"),
    [
        # pandas' index, and an id beside the PMID
        (",id,pmid,title", "0,0,93000021,One", {"pmid": "93000021"}),
        ("id,title,abstract", "0,One,Text", {"pmid": ""}),
        ("key,title,pubmed_id,pmc_id", "rayyan-1,One,93000031,PMC1", {"pmid": "93000031", "pmcid": "PMC1"}),
        ("Title,DOI,Accession Number", "One,10.1/x,31234569", {"pmid": "", "doi": "10.1/x"}),
        ("Title,Publication Title,Extra", "One,J Invent,PMID: 93000041", {"pmid": "93000041", "journal": "J Invent"}),
        ("Title,Source title,Art. No.,Page start,Page end,PubMed ID", "One,J Invent,7,10,19,93000051", {"pages": "10-19", "journal": "J Invent"}),
        ("PMID,Title", "93000011.0,One", {"pmid": "93000011"}),
    ],
)  # fmt: skip
def test_columns_of_other_programs(head: str, row: str, expected: dict[str, str]) -> None:
    (read,) = _read(f"{head}\n{row}\n")
    assert {name: getattr(read, name) for name in expected} == expected


def test_a_separator_line_of_excels_is_obeyed() -> None:
    assert _read("sep=;\r\nPMID;Title\r\n9;A, b\r\n") == [Article("9", "A, b")]


def test_pubmeds_own_table_is_said_to_have_no_abstracts() -> None:
    head = "PMID,Title,Authors,Journal/Book,Publication Year,Create Date,NIHMS ID,DOI"
    _, remark = _read(f"{head}\n1,One,Smith JA,J,2019,2019/03/01,,\n")
    assert isinstance(remark, Remark)
    assert "no abstracts" in remark.text
