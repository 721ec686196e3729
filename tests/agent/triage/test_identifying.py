"""Questions that look as if they identified a person."""

import pytest

from agent.assistant import Assistant
from agent.triage.identifying import NOTE, identifying


@pytest.mark.parametrize(
    "question",
    [
        "Should Mrs Miller get apixaban?",
        "Statins for Herr Schmidt after a stroke?",
        "Woman born 03.04.1951 with sepsis: steroids?",
        "dob 1951-04-03, atrial fibrillation, anticoagulate?",
        "Anaemia in jane.doe@example.org, iron?",
        "NHS 943 476 5919: metformin in CKD?",
        "MRN 0012345678 hyponatraemia",
    ],
)
def test_what_may_identify_a_person_is_recognised(question: str) -> None:
    assert identifying(question)


@pytest.mark.parametrize(
    "question",
    [
        "Does MR imaging detect Crohn disease?",
        "Is Graves disease treated with radioiodine?",
        "Mortality in COVID-19 from 2020 to 2021?",
        "What does PMID 33608850 show?",
        "Is 1,000,000 IU of penicillin enough?",
        "RECOVERY trial 10.1056/NEJMoa2021436",
        "Trials since January 2020 in 60-70 year olds",
    ],
)
def test_what_the_literature_is_about_is_not(question: str) -> None:
    assert not identifying(question)


def test_the_answer_says_so(assistant: Assistant) -> None:
    known = "navorelimab in severe viral pneumonia"
    assert NOTE in assistant.ask(f"Does Mrs Miller need {known}?").plan.notes
    assert NOTE not in assistant.ask(f"Who needs {known}?").plan.notes
