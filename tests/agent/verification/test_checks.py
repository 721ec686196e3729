"""The hard checks: each catches what it should, names it, and leaves paraphrase alone."""

import pytest

from agent.verification.checks import CHECKS, differences


@pytest.mark.parametrize(
    ("claim", "source", "name"),
    [
        ("Methotrexate 10 mg daily was given.", "Methotrexate 10 mg weekly was given.", "frequency"),
        ("It was taken once daily.", "It was taken twice daily.", "times"),
        ("Therapeutic heparin lowered mortality.", "Prophylactic heparin lowered mortality.", "purpose"),
        ("Diastolic pressure fell.", "Systolic pressure fell.", "pressure"),
        ("The mean stay was 5 days.", "The median stay was 5 days.", "statistic"),
        ("Oral iron was given.", "Intravenous iron was given.", "route"),
        ("The left knee was treated.", "The right knee was treated.", "side"),
        ("Aspirin increased mortality.", "Aspirin decreased mortality.", "direction"),
        ("Men fared better.", "Women fared better.", "sex"),
        ("Serious infection was seen.", "No serious infection was seen.", "negation"),
        ("Aspirin did not lower fever in adults with severe sepsis.", "Aspirin lowered fever in adults with severe sepsis.", "negation"),
        ("Pain rose and weight fell in the treated group.", "Pain fell and weight rose in the treated group.", "direction"),
        ("Tocilizumab reduced mortality at 90 days in adults.", "Tocilizumab reduced mortality at 28 days in adults.", "numbers"),
        ("Weight rose in rats.", "Weight rose in mice.", "species"),
    ],
)  # fmt: skip
def test_fires(claim: str, source: str, name: str) -> None:
    (found,) = differences(claim, [source])
    assert found.name == name
    assert "“" in found.finding


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Mortality rose.", "Mortality increased."),
        ("Aspirin lowered fever in children.", "Fever fell in pediatric patients on aspirin."),
        ("It was taken daily.", "It was taken once daily."),
        ("Pain fell.", "Pain fell and mobility rose."),
        ("Tocilizumab reduced mortality at 4 weeks in adults.", "Tocilizumab reduced mortality at 28 days in adults."),
        ("Both knees were treated.", "The left and the right knee were treated."),
        ("Methotrexate was given weekly.", "Methotrexate was given weekly, folate daily."),
        ("Aspirin did not lower fever.", "Fever was not lowered by aspirin."),
    ],
)  # fmt: skip
def test_stays_silent(claim: str, source: str) -> None:
    assert differences(claim, [source]) == ()


def test_a_word_of_the_whole_evidence_counts() -> None:
    assert differences("Dosing was daily.", ["Dosing was weekly.", "Others dosed daily."]) == ()
    assert len(CHECKS) == len(set(CHECKS))
