"""Tables: delimiters, quoting, PubMed's own columns, rows that cannot be read."""

from io import BytesIO

import pytest

from corpora.article import Article, Author, BadRecord, Section
from corpora.errors import UnreadableFile
from corpora.table import columns_of, read_table


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
        authors=(Author("Muster E"), Author("Doe J")),
    )


def test_rows_that_cannot_be_read_are_named() -> None:
    read = _read("pmid,title,year\n1,One,2020\n,Two,2020\n3,Three,soon\n\n4,,2020\n5,Five\n")
    assert [type(r) for r in read] == [Article, BadRecord, BadRecord, BadRecord, Article]
    assert read[2] == BadRecord(3, "3", "year: Input should be a valid integer, unable to parse string as an integer")  # fmt: skip


def test_what_is_no_table_of_literature() -> None:
    assert columns_of("name,size,colour") == {}
    assert columns_of("pmid") == {}


@pytest.mark.parametrize("content", [b"pmid,title\n1,\xff\xfe\n", b'pmid,title\n1,"open\n'])
def test_a_broken_table_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        _read(content)
