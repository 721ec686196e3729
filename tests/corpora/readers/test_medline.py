"""MEDLINE text: each tag that an Article needs, and what is wrong with a record said."""

from io import BytesIO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Remark, Section
from corpora.readers.medline import read_medline

RECORD = """PMID- 99000001
OWN - NLM
DP  - 2021 Mar 5
TI  - Navorelimab in pneumonia: a randomised
      trial of 812 adults.
PG  - 201-12
LID - S0001 [pii]
LID - 10.99999/sample.1 [doi]
AB  - BACKGROUND: Pneumonia kills. METHODS: We randomised 812 adults to A:B ratios. We
      looked. RESULTS: Fewer died. CONCLUSIONS: It works.
CN  - SAMPLE Group
FAU - Muster, Erika A
AU  - Muster EA
FAU - Doe, Jane
AU  - Doe J
LA  - eng
PT  - Journal Article
PT  - Randomized Controlled Trial
TA  - Arch Invent Trials
JT  - Archives of invented trials
MH  - Humans
MH  - *Pneumonia/drug therapy/mortality
MH  - Pneumonia/*epidemiology
OT  - *navorelimab
PMC - PMC99
LR  - 20250115
VI  - 12
IP  - 3
RIN - Arch Invent Trials. 2022 Jan;13(1):5. doi: 10.1/y. PMID: 99000002
CIN - Somewhere. PMID: 99000003
"""


def test_a_whole_record() -> None:
    (read,) = read_medline(BytesIO(RECORD.encode()))
    assert read == Article(
        "99000001",
        "Navorelimab in pneumonia: a randomised trial of 812 adults.",
        (
            Section("BACKGROUND", "Pneumonia kills.", "BACKGROUND"),
            Section("METHODS", "We randomised 812 adults to A:B ratios. We looked.", "METHODS"),
            Section("RESULTS", "Fewer died.", "RESULTS"),
            Section("CONCLUSIONS", "It works.", "CONCLUSIONS"),
        ),
        journal="Archives of invented trials",
        journal_abbreviation="Arch Invent Trials",
        volume="12",
        issue="3",
        pages="201-12",
        year=2021,
        published="2021-03-05",
        authors=(
            Author("Muster", "Erika A", "EA"),
            Author("Doe", "Jane", "J"),
            Author(collective="SAMPLE Group"),
        ),
        publication_types=("Journal Article", "Randomized Controlled Trial"),
        major_mesh=("Pneumonia",),
        mesh=("Humans", "Pneumonia"),
        keywords=("navorelimab",),
        doi="10.99999/sample.1",
        pmcid="PMC99",
        languages=("eng",),
        notices=(
            Notice(
                NoticeKind.RETRACTED,
                "99000002",
                "Arch Invent Trials. 2022 Jan;13(1):5. doi: 10.1/y",
            ),
        ),
        revised="2025-01-15",
    )


def test_an_abstract_without_labels_is_one_section() -> None:
    text = "PMID- 1\nTI  - T\nAB  - In SAMPLE: TRIAL we saw. RESULTS: were good.\n"
    (read,) = read_medline(BytesIO(text.encode()))
    assert isinstance(read, Article)
    assert read.sections == (Section("", "In SAMPLE: TRIAL we saw. RESULTS: were good."),)


def test_each_bad_record_is_named_and_the_others_are_read() -> None:
    records = b"\n".join(
        [b"PMID- 1\nTI  - One\n", b"PMID- 2\n", b"PMID- 3\nTI  - \xff\xfe\n", b"PMID- 4\nTI  - 4\n"]
    )
    read = list(read_medline(BytesIO(records)))
    assert [r.pmid for r in read] == ["1", "2", "3", "4", ""]
    assert read[1] == BadRecord(2, "2", "neither title nor abstract", 4)
    assert read[2] == Article("3", "ÿþ")
    assert read[4] == Remark(0, "", "not UTF-8: read as Windows-1252; check accented letters", 7)
