"""Abbreviations: what counts as a definition, and how a query gains its other forms."""

from contextlib import closing
from pathlib import Path

import pytest

from corpora.errors import Damaged
from retrieval.abbreviations import Abbreviations, AbbreviationWriter, definitions
from retrieval.engines.analysis import analysed
from tests.fakes.literature import article


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "In heart failure with reduced ejection fraction (HFrEF) it helped.",
            [("HFrEF", "heart failure with reduced ejection fraction")],
        ),
        (
            "Sodium-glucose cotransporter 2 inhibitors (SGLT2i) and non-vitamin K antagonist oral"
            " anticoagulants (NOACs; n = 3)",
            [
                ("SGLT2i", "Sodium-glucose cotransporter 2 inhibitors"),
                ("NOACs", "non-vitamin K antagonist oral anticoagulants"),
            ],
        ),
        ("The odds ratio (OR, 1.2) rose.", [("OR", "odds ratio")]),
        ("It fell (P < 0.05) in adults (n = 30) there (Figure 2) (see above).", []),
        ("Nothing before (ABC).", []),
        ("(ABC) opens a text.", []),
        ("Another thing entirely (WHO) is not spelt out.", []),
        ("An end. Of world health organization (WHO)", [("WHO", "world health organization")]),
    ],
)
def test_definitions(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == pairs


@pytest.fixture
def known(tmp_path: Path) -> Abbreviations:
    texts = [
        "Non-vitamin K antagonist oral anticoagulants (NOACs) were safe.",
        "We gave a renin-angiotensin system (RAS) blocker.",
        "We gave a renin-angiotensin system (RAS) blocker again.",
        "The reticular activating system (RAS) was awake.",
        "The mitral stenosis (MS) group.",
        "The multiple sclerosis (MS) group.",
        "The metabolic syndrome (MS) group.",
    ]
    articles = [(n, article(str(n), "A title", text)) for n, text in enumerate(texts, start=1)]
    with closing(AbbreviationWriter(tmp_path / "a.sqlite", analysed)) as writer:
        assert list(writer.passing(articles)) == articles
    return Abbreviations(tmp_path / "a.sqlite", analysed)


def test_a_short_form_finds_its_long_one_and_the_other_way_round(known: Abbreviations) -> None:
    assert known.expansions("Are NOACs safe?") == analysed(
        "non-vitamin K antagonist oral anticoagulants"
    )
    assert known.expansions("non-vitamin K antagonist oral anticoagulants in stroke") == ["noac"]


def test_the_reading_of_most_articles_is_taken_and_none_where_they_differ(
    known: Abbreviations,
) -> None:
    assert known.expansions("RAS blockade") == analysed("renin-angiotensin system")
    assert known.expansions("MS and fatigue") == []
    assert known.expansions("nothing known here") == []


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="medcite index build"):
        Abbreviations(tmp_path / "nowhere.sqlite", analysed)
