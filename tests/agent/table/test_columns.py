"""What each column reads, and what it leaves empty."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.table.table import cells_of
from corpora.article import Article, Section
from tests.fakes.literature import article

TRIAL = Article(
    "101",
    "Effect of navorelimab versus placebo on mortality in adults with severe pneumonia:"
    " a randomised, double-blind trial.",
    (
        Section("BACKGROUND", "Pneumonia kills.", "BACKGROUND"),
        Section(
            "METHODS",
            "The primary outcome was death from any cause at day 28. Patients were followed for 12"
            " months.",
            "METHODS",
        ),
        Section(
            "RESULTS",
            "A total of 812 patients were randomised. Mortality was lower with navorelimab (hazard"
            " ratio, 0.74; 95% CI, 0.58 to 0.95; P = 0.02), as was ventilation (12.4% vs 18.1%;"
            " P=.03).",
            "RESULTS",
        ),
        Section(
            "CONCLUSIONS",
            "Navorelimab reduced mortality in severe pneumonia. Further research is needed.",
            "CONCLUSIONS",
        ),
        Section("FUNDING", "Invented Research Council.", ""),
        Section("REGISTRATION", "ClinicalTrials.gov, NCT01234567.", ""),
    ),
    publication_types=("Randomized Controlled Trial",),
)


def words(name: str, of: Article) -> list[str]:
    return [span.text for span in cells_of(of)[name].spans]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("design", ["randomised, double-blind trial"]),
        ("population", ["adults with severe pneumonia"]),
        ("intervention", ["navorelimab"]),
        ("comparator", ["placebo"]),
        ("follow_up", ["for 12 months"]),
        ("finding", ["Navorelimab reduced mortality in severe pneumonia."]),
        ("funding", ["Invented Research Council"]),
        ("registration", ["NCT01234567"]),
    ],
)
def test_a_trial(column: str, expected: list[str]) -> None:
    assert words(column, TRIAL) == expected


def test_the_size_begins_with_its_number() -> None:
    assert words("n", TRIAL)[0].startswith("812 patients")


def test_an_effect_has_its_parts() -> None:
    first, second = cells_of(TRIAL)["effect"].spans
    assert first.part("value") == "hazard ratio, 0.74"
    assert first.part("interval").startswith("95% CI, 0.58 to 0.95")
    assert first.part("p") == "P = 0.02"
    assert (second.part("value"), second.part("interval")) == ("12.4% vs 18.1%", "")
    assert first.section == "RESULTS"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The odds ratio was 1.5 (95% CI 0.48-4.70).", "odds ratio was 1.5"),
        ("Risk rose (aOR 2·1, 95%CI 1·2–3·4, p<0·001).", "aOR 2·1"),
        ("Pain fell (MD= -2.13, 95% CI [-3.09, -1.16], p = 0.006).", "MD= -2.13"),
        ("It was associated with HLA-DR 4 or 5.", None),
        ("A p of 0.05 was significant.", None),
    ],
)
def test_estimates(text: str, value: str | None) -> None:
    of = Article("1", "A study", (Section("RESULTS", text, "RESULTS"),))
    spans = cells_of(of)["effect"].spans
    assert [span.part("value") for span in spans] == ([value] if value else [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Stay was shorter, and delirium rarer (P = 0.01).", "delirium rarer (P = 0.01"),
        ("Studies agreed (I² = 0%, P = 0.80).", ""),
        ("Groups were alike at baseline (p = 0.6).", ""),
    ],
)
def test_a_p_stands_with_what_it_is_of(text: str, words: str) -> None:
    of = Article("1", "A study", (Section("RESULTS", text, "RESULTS"),))
    assert [span.text for span in cells_of(of)["effect"].spans] == ([words] if words else [])


def test_what_is_still_to_do_is_no_finding() -> None:
    of = Article(
        "1", "A study", (Section("CONCLUSION", "Further trials are needed.", "CONCLUSIONS"),)
    )
    assert words("finding", of) == []


def test_a_future_trial_is_not_the_design() -> None:
    of = article("1", "Asthma and air", "A larger randomised controlled trial is needed.")
    assert words("design", of) == []


def test_an_article_without_an_abstract_has_a_row() -> None:
    assert all(not cell.spans for cell in cells_of(Article("1", "")).values())


TEXT = st.lists(
    st.sampled_from(
        [
            *"abc .,;:()[]=<>-–±%\n012",
            "patients ",
            "OR ",
            "95% CI ",
            "p",
            " vs ",
            "of ",
            "randomised trial ",
        ]
    ),
    max_size=60,
).map("".join)


# The first example loads the networks.
@settings(deadline=None, max_examples=50)
@given(TEXT, TEXT, TEXT)
def test_every_cell_is_a_verbatim_span(title: str, methods: str, results: str) -> None:
    of = Article(
        "1", title, (Section("METHODS", methods, "METHODS"), Section("RESULTS", results, "RESULTS"))
    )
    for cell in cells_of(of).values():
        for span in cell.spans:
            assert span.text
            assert of.text[span.start : span.end] == span.text
            for part in span.parts:
                assert span.start <= part.start < part.end <= span.end
                assert of.text[part.start : part.end] == part.text
