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
        ((), "Protocol for a randomised trial of X", "", Level.PROTOCOL),
        ((), "X", "Patients were randomly assigned to X or placebo.", Level.RANDOMISED_TRIAL),
        ((), "X", "Rats were randomly divided into four groups.", Level.LABORATORY),
        ((), "X", "This retrospective cohort study included 40.", Level.OBSERVATIONAL),
        ((), "X in mice", "", Level.LABORATORY),
        ((), "X", "This review summarises X.", Level.REVIEW),
        (("Journal Article",), "X", "We thought about it.", Level.UNSTATED),
        # From here on as found in the demo literature.
        (("Retraction of Publication",), "Retraction: X: a randomised trial", "", Level.UNSTATED),
        (("Published Erratum",), "Corrigendum: X: A Systematic Review", "", Level.UNSTATED),
        ((), "Retracted: “X: A randomised clinical trial”", "", Level.UNSTATED),
        ((), "Correction to: A randomised trial of X", "", Level.UNSTATED),
        ((), "Correction of anaemia in a prospective cohort", "", Level.OBSERVATIONAL),
        ((), "X: A protocol for systematic review and meta-analysis", "", Level.PROTOCOL),
        (
            (),
            "Rationale and design of X: A randomized clinical trial",
            "It will be.",
            Level.PROTOCOL,
        ),
        ((), "SACRED: Effect of X", "Patients will be randomized to X or placebo.", Level.PROTOCOL),
        (
            (),
            "X",
            "In 2020 patients were randomized. More will be randomized.",
            Level.RANDOMISED_TRIAL,
        ),
        ((), "X (AGELESS Trial): Study Design.", "They will be assessed.", Level.PROTOCOL),
        ((), "Protocol for tracking proteins in live cells", "It tracks them.", Level.UNSTATED),
        (("Randomized Controlled Trial",), "X: study protocol", "", Level.PROTOCOL),
        ((), "X: final per-protocol analysis of a randomised trial", "", Level.RANDOMISED_TRIAL),
        ((), "A care protocol for X: a prospective cohort", "", Level.OBSERVATIONAL),
        (
            (),
            "X",
            "Patients were randomly divided into a training and a validation set.",
            Level.UNSTATED,
        ),
        ((), "X", "Images were randomly assigned to readers.", Level.UNSTATED),
        ((), "X", "A randomized trial is needed.", Level.UNSTATED),
        ((), "X", "It was effective in a randomized controlled trial.", Level.UNSTATED),
        (
            (),
            "X",
            "In this randomized, controlled clinical trial, 58 patients got X.",
            Level.RANDOMISED_TRIAL,
        ),
        ((), "X: a Mendelian randomisation study", "", Level.UNSTATED),
        ((), "Non-randomized studies of X: prospective cohort study", "", Level.OBSERVATIONAL),
        (
            (),
            "Views of X and feasibility of a randomised controlled trial: A focus group study",
            "",
            Level.UNSTATED,
        ),
        (
            (),
            "X",
            "A random sample of adults was randomly selected; random forest, random effects.",
            Level.UNSTATED,
        ),
        ((), "X", "In patients X is bad. Beagles were randomized to X.", Level.LABORATORY),
        ((), "X", "Forty extracted teeth were randomly divided into groups.", Level.LABORATORY),
        (("Randomized Controlled Trial",), "X in dogs", "", Level.LABORATORY),
        ((), "X in serum", "It fell in vitro. Patients and participants had less.", Level.UNSTATED),
        (
            (),
            "A phase 3 placebo-controlled trial of X",
            "Subjects (N = 297) were randomized to X.",
            Level.RANDOMISED_TRIAL,
        ),
        ((), "A phase 2 single-arm trial of X", "Elsewhere patients were randomized.", Level.TRIAL),
        ((), "A clinical trial of X", "It was open.", Level.TRIAL),
        ((), "Challenging NICE guidelines on X", "", Level.UNSTATED),
        ((), "X: 2020 guidelines for Y", "", Level.GUIDELINE),
        ((), "X: Position Statement From Y", "", Level.GUIDELINE),
        (("Review",), "X protects against murine Y", "Mice got X.", Level.LABORATORY),
        ((), "Immunotherapy outside clinical trial populations", "", Level.UNSTATED),
        ((), "A tailored approach to the X guideline workflow", "", Level.UNSTATED),
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
