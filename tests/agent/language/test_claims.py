"""What can be checked in a sentence, and texts with citations read as claims."""

import pytest

from agent.language.claims import claims_nothing, parts, without_citations
from agent.verification.document import claims_of


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Aspirin reduced mortality.", ["Aspirin reduced mortality."]),
        (
            "Aspirin reduced mortality by 12%, but bleeding was more frequent in that group.",
            ["Aspirin reduced mortality by 12%", "bleeding was more frequent in that group."],
        ),
        ("Drug A lowered HbA1c; weight was unchanged.", ["Drug A lowered HbA1c", "weight was unchanged."]),
        ("Rates were similar in both, whereas controls showed 30%.", ["Rates were similar in both", "controls showed 30%."]),
        # Lists, shared subjects, relative clauses and brackets stay whole.
        ("Pain, fever, and cough were frequent.", ["Pain, fever, and cough were frequent."]),
        ("We enrolled 400 patients, and followed them for two years.", ["We enrolled 400 patients, and followed them for two years."]),
        ("Patients who were older, and who smoked, had worse outcomes.", ["Patients who were older, and who smoked, had worse outcomes."]),
        ("It fell (12%, and this was significant) at 28 days.", ["It fell (12%, and this was significant) at 28 days."]),
    ],
)  # fmt: skip
def test_parts(sentence: str, expected: list[str]) -> None:
    found = parts(sentence)
    assert [part.text for part in found] == expected
    assert all(sentence[part.start : part.end] == part.text for part in found)


@pytest.mark.parametrize(
    "text",
    [
        "## Summary", "**Benefits**", "Key findings:", "The evidence is limited.", "Overall, the evidence is mixed.",
        "More research is needed to confirm this.", "The provided passages do not mention children.", "Is it safe?",
        "[1]", "", "Consult a doctor.", "In summary:",
    ],
)  # fmt: skip
def test_what_claims_nothing(text: str) -> None:
    assert claims_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mortality fell.", "Evidence is strong that aspirin reduces mortality.", "Aspirin may reduce stroke [1].",
        "The evidence is limited, but aspirin reduced stroke in two trials.", "Of 12 trials, 3 were positive.",
        "In summary, aspirin reduces stroke.",
    ],
)  # fmt: skip
def test_what_claims_something(text: str) -> None:
    assert not claims_nothing(text)


def test_citations_are_left_out_of_a_claim_and_other_brackets_stay() -> None:
    text = "Aspirin (75 mg) reduced stroke [1, 3] in men (PMID: 33301246)."
    assert without_citations(text) == "Aspirin (75 mg) reduced stroke in men."


def test_a_document_of_pmids() -> None:
    text = (
        "# Aspirin\n\n"
        "- Aspirin reduced **stroke** [33301246, 111].\n"
        "- It may cause bleeding. [222] Nobody knows why.\n\n"
        "A line that goes\non here (PMID: 333; 444).\n"
    )
    assert [(claim.text, claim.keys) for claim in claims_of(text)] == [
        ("Aspirin reduced stroke.", ("33301246", "111")),
        ("It may cause bleeding.", ("222",)),
        ("Nobody knows why.", ()),
        ("A line that goes on here.", ("333", "444")),
    ]


def test_places_in_a_list_of_references_are_its_pmids() -> None:
    text = (
        "Aspirin reduced stroke [1-2]. It is cheap [7].\n\n"
        "1. Smith A. A trial. BMJ. 2020. PMID 33301246.\n"
        "2. Jones B. Another. 2021. PMID: 111\n"
    )
    found = claims_of(text)
    assert [claim.keys for claim in found] == [("33301246", "111"), ("7",)]


def test_medcites_own_markdown_is_read_back() -> None:
    text = "### Does it?\n\n- “Mortality was 12\\.5% \\(n=3\\)\\.” [1]\n\n1. [T](https://x). A. BMJ. 2020. PMID 5. _Trial._\n"
    (claim,) = claims_of(text)
    assert claim.text == "Mortality was 12.5% (n=3)."
    assert claim.keys == ("5",)


@pytest.mark.parametrize(
    ("citation", "keys"),
    [
        ("[PMID 97000002]", ("97000002",)),
        ("[pmid:97000002]", ("97000002",)),
        ("[97000002; 97000001]", ("97000002", "97000001")),
        ("(https://pubmed.ncbi.nlm.nih.gov/97000002/)", ("97000002",)),
        ("[PubMed](https://pubmed.ncbi.nlm.nih.gov/97000002/)", ("97000002",)),
        ("(PubMed ID 97000002)", ("97000002",)),
        ("^[97000002]", ("97000002",)),
        ("[@97000002]", ("97000002",)),
        ("<sup>97000002</sup>", ("97000002",)),
        ("[doi:10.1000/X.1]", ("doi:10.1000/x.1",)),
        ("(https://doi.org/10.1000/x.1)", ("doi:10.1000/x.1",)),
        ("[PMC7000001]", ("PMC7000001",)),
        ("[title:1a0802b91f10f133]", ("title:1a0802b91f10f133",)),
    ],
)
def test_forms_of_citations(citation: str, keys: tuple[str, ...]) -> None:
    (claim,) = claims_of(f"Vitamin Q reduced migraine in 120 adults {citation}.")
    assert (claim.text, claim.keys) == ("Vitamin Q reduced migraine in 120 adults.", keys)


def test_each_answer_of_a_file_has_its_own_list() -> None:
    one = "### Q?\n\n- “It fell, as *I*² says.” [1]\n- ◐ It rose. [1] (partly supported: not carried: x)\n\n_1 quoted_\n\n1. [T](https://x). BMJ. PMID {}. _Trial._\n\nSearched: “q”\n\n_For research. Not for you._\n\n"
    found = claims_of(one.format(5) + one.format(6))
    assert [(c.text, c.keys) for c in found] == [
        ("It fell, as I² says.", ("5",)),
        ("It rose.", ("5",)),
        ("It fell, as I² says.", ("6",)),
        ("It rose.", ("6",)),
    ]
