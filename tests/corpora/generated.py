"""Damaged literature for every reader: `python -m tests.corpora.generated 100000 [READER…]`.

Each input is a whole file of its format to which hypothesis has done things: bytes cut out, put in,
repeated, exchanged, the end cut off. A reader may refuse a file or a record in words of its own; no
other exception may reach whoever imports, and what it reads must survive being kept.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.article import Article, BadRecord, Deletion, Remark, Statement
from corpora.errors import MedciteError
from corpora.readers.registry import (
    ABSTRACT_TEXT,
    BIBTEX,
    ENDNOTE,
    JATS,
    JSONL,
    MEDLINE,
    PDF,
    PUBMED_XML,
    RETRACTION_WATCH,
    RIS,
    TABLE,
    Format,
    format_of,
)
from tests.fakes.jats import full_text
from tests.fakes.pdf import simple_pdf
from tests.fakes.pubmed import pubmed_xml, record

_PUBMED = pubmed_xml(
    record("1", "A trial of <i>x</i>"),
    record("2", "Another &amp;lt; trial"),
)
_JATS = (
    full_text()
    .replace(
        "<p>We planned.</p>",
        "<p>P <inline-formula><mml:math xmlns:mml='http://www.w3.org/1998/Math/MathML'><mml:msup><mml:mi>x</mml:mi>"
        "<mml:mn>2</mml:mn></mml:msup></mml:math></inline-formula><sup><xref ref-type='bibr'>3</xref></sup></p>"
        "<table-wrap><label>Table 1</label><caption><p>Deaths</p></caption><table><thead><tr><th>Arm</th><th>n</th></tr></thead>"
        "<tbody><tr><td rowspan='2'>A</td><td colspan='2'>4</td></tr><tr><td>5</td></tr></tbody></table></table-wrap>",
    )
    .encode()
)
SEEDS: dict[str, tuple[Format, bytes]] = {
    "pubmed": (PUBMED_XML, _PUBMED),
    "jats": (JATS, _JATS),
    "medline": (MEDLINE, b"PMID- 7\nTI  - A trial\n      of it\nAB  - METHODS: We did. RESULTS: 5.\nFAU - Cobb, F W Jr\nAU  - Cobb FW Jr\nDP  - 2021 Jan 5\nPT  - Retracted Publication\nRIN - J 2022. PMID: 8\nLID - 10.1000/x [doi]\n\nPMID- 8\nTI  - Notice\n"),
    "ris": (RIS, "TY  - JOUR\r\nAU  - Müller, J. A., Jr\r\nTI  - A trial\r\nDA  - Mar 15\r\nPY  - 2019\r\nAB  - IL-6 and\r\nTNF-alpha\r\nN1  - PMID: 7\r\nDO  - https://doi.org/10.1000/x\r\nER  - \r\n1.\r\nTY  - CONF\r\nT1  - B\r\nER  - \r\n".encode()),
    "table": (TABLE, b'PMID;Title;Abstract;Authors;Year;DOI\r\n93000011.0;"A ""b""";"x\ny";Smith JA, Doe J Jr;2020.0;10.1/x\r\n;T;;;soon;nan\r\n'),
    "json": (JSONL, b'{"pmid": 1.0, "title": "A", "abstract": NaN, "authors": ["Doe, J", {"last": "X"}], "year": null}\n{"title": "B &amp; <b>c</b>", "DOI": "10.1/x", "issued": {"date-parts": [[2020, 3]]}}\n{"protocolSection": {"identificationModule": {"nctId": "NCT1", "briefTitle": "T"}}, "resultsSection": {"x": [1]}}\n'),
    "json array": (JSONL, b'[{"pmid": "1", "title": "A"},\n {"pmid": "2", "abstract": [{"label": "X", "text": "y"}]}]'),
    "bibtex": (BIBTEX, rb'@string{j = "J Inv"}@article{a, title = {{A \textit{b} {\"u} $\alpha^2$}}, author = {Cobb, Jr, F and {X Group}}, journal = j # " x", year = 2020, note = {RETRACTED. Retraction in: J. PMID: 8}}' + b"\n@misc{b, title = {Open\n"),
    "endnote": (ENDNOTE, b"<xml><records><record><ref-type name='Journal Article'>17</ref-type><contributors><authors><author><style face='normal'>Doe, J</style></author></authors></contributors><titles><title><style face='italic'>A</style></title></titles><dates><year>2020</year></dates><accession-num>7</accession-num></record></records></xml>"),
    "abstract text": (ABSTRACT_TEXT, b"1. J Inv. 2019 Mar;1(2):3-9. doi: 10.1/x.\n\nA trial of it.\n\nSmith JA(1), Doe J(2).\n\nAuthor information:\n(1)Here.\n\nBACKGROUND: We did.\n\nDOI: 10.1/x\nPMID: 7 [Indexed for MEDLINE]\n"),
    "retraction watch": (RETRACTION_WATCH, b'Record ID,RetractionDate,RetractionDOI,RetractionPubMedID,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,Reason\n1,1/15/2020 0:00,10.1/r,8,10.1/x,7,Retraction,+A;+B;\n2,,,0,unavailable,9,Expression of concern,\n'),
    "pdf": (PDF, simple_pdf("Zelvamab in sepsis", "Abstract\nIt helped.\nIntroduction\nSepsis kills.")),
}  # fmt: skip
_TOKENS = [b"\x00", b"\xff\xfe", b"\r", b"\n", b"\t", b'"', b"<", b">", b"&#x0;", b"&#1114112;", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
           b"{", b"}", b"[[[[", b"$$", b"\\", b"%", b"NaN", b"null", b"1e999", b"-1", b"0000", b"\xe2\x80\xa8", b"\xf0\x9f\x92\x8a", b"\xed\xa0\x80",
           b"TY  - ", b"PMID- ", b"<sup>", b"</p>", b"RETRACTED:", b"10.1000/", b"\xc2\xad", b"<?xml version='1.0' encoding='utf-16'?>"]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """A file with up to six things done to it."""
    data = seed
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 40)))
        kind = draw(st.integers(0, 5))
        if kind == 0:
            data = data[:at] + data[end:]
        elif kind == 1:
            data = data[:at] + draw(st.sampled_from(_TOKENS)) + data[at:]
        elif kind == 2:
            data = data[:at] + draw(st.binary(max_size=12)) + data[end:]
        elif kind == 3:
            data = data[:end] + data[at:]
        elif kind == 4:
            data = data[:at]
        else:
            data = data[:at] + draw(st.text(max_size=12)).encode("utf-8", "replace") + data[at:]
    return data


def check(kind: Format, data: bytes) -> None:
    """Read a file as an import does."""
    with suppress(MedciteError):
        format_of(data[:65536], "generated")
    with suppress(MedciteError):
        for read in kind.read(BytesIO(data), "generated"):
            assert isinstance(read, Article | BadRecord | Deletion | Remark | Statement)
            if isinstance(read, Article):
                assert read.pmid
                assert Article.from_json(read.to_json()) == read
                assert "\n" not in "".join((read.title, *(s.text for s in read.sections)))


def generated(name: str, count: int) -> Callable[[], None]:
    """A test of one reader with so many inputs."""
    kind, seed = SEEDS[name]

    @settings(
        max_examples=count,
        deadline=10_000,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(seed))
    def run(data: bytes) -> None:
        check(kind, data)

    return run


def quickly_damaged(random: Random, seed: bytes) -> bytes:
    """The same things done to a file without hypothesis, some fifty times as fast."""
    data = seed
    for _ in range(random.randint(1, 8)):
        at = random.randint(0, len(data))
        end = min(len(data), at + random.randint(0, 60))
        kind = random.randint(0, 5)
        if kind == 0:
            data = data[:at] + data[end:]
        elif kind == 1:
            data = data[:at] + random.choice(_TOKENS) + data[at:]
        elif kind == 2:
            data = data[:at] + random.randbytes(random.randint(0, 6)) + data[end:]
        elif kind == 3:
            data = data[:end] + data[at:]
        elif kind == 4 and random.random() < 0.3:
            data = data[:at]
        else:
            put = random.randint(0, len(data))
            data = data[:put] + data[at:end] + data[put:]
    return data


def many(name: str, count: int) -> float:
    """Check so many inputs of one reader; returns the longest time that one took, in seconds."""
    kind, seed = SEEDS[name]
    random, longest = Random(name), 0.0
    for number in range(count):
        data = quickly_damaged(random, seed)
        began = time.perf_counter()
        try:
            check(kind, data)
        except BaseException:
            print(f"{name}, input {number}: {data!r}", flush=True)  # noqa: T201
            raise
        longest = max(longest, time.perf_counter() - began)
    return longest


if __name__ == "__main__":
    total = int(sys.argv[1])
    for each in sys.argv[2:] or SEEDS:
        start = time.monotonic()
        slowest = many(each, total)
        print(  # noqa: T201
            f"{each}: {total:,} inputs in {time.monotonic() - start:,.0f} s,"
            f" the slowest {slowest:.2f} s",
            flush=True,
        )
