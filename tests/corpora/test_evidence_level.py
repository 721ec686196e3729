import pytest

from corpora.evidence_level import EvidenceLevel as Level
from corpora.evidence_level import study_design


@pytest.mark.parametrize(
    ("types", "title", "abstract", "level"),
    [
        (("Practice Guideline",), "", "", Level.GUIDELINE),
        (("Journal Article", "Meta-Analysis"), "", "", Level.SYSTEMATIC_REVIEW),
        (("Review", "Systematic Review"), "", "", Level.SYSTEMATIC_REVIEW),
        (("Review",), "Drug X: a systematic review", "", Level.SYSTEMATIC_REVIEW),
        (("Randomized Controlled Trial", "Clinical Trial"), "", "", Level.RANDOMISED_TRIAL),
        (("Clinical Trial, Phase III",), "", "", Level.TRIAL),
        (("Observational Study",), "", "", Level.OBSERVATIONAL),
        (("Review",), "Drug X", "", Level.REVIEW),
        (("Case Reports",), "", "", Level.CASE_REPORT),
        (("Letter", "Randomized Controlled Trial"), "", "", Level.OPINION),
        ((), "A randomised trial of X", "", Level.RANDOMISED_TRIAL),
        ((), "Drug X in a prospective cohort", "", Level.OBSERVATIONAL),
        ((), "Protocol for a randomised trial of X", "", Level.UNSTATED),
        ((), "X", "Patients were randomly assigned to X or placebo.", Level.RANDOMISED_TRIAL),
        ((), "X", "Rats were randomly divided into four groups.", Level.LABORATORY),
        ((), "X", "This retrospective cohort study included 40.", Level.OBSERVATIONAL),
        ((), "X in mice", "", Level.LABORATORY),
        ((), "X", "This review summarises X.", Level.REVIEW),
        (("Journal Article",), "X", "We thought about it.", Level.UNSTATED),
    ],
)
def test_design(types: tuple[str, ...], title: str, abstract: str, level: Level) -> None:
    assert study_design(types, title, abstract).level is level


def test_the_reason_quotes_what_decided() -> None:
    assert study_design((), "X: a cohort", "").reason == "title: “cohort”"
    assert study_design(("Letter",), "X", "").reason == "publication type: Letter"


def test_levels_sort_strongest_first() -> None:
    assert min(Level) is Level.GUIDELINE
    assert Level.RANDOMISED_TRIAL < Level.OBSERVATIONAL < Level.CASE_REPORT
    assert all(level.label for level in Level)
