"""Follow-ups made to stand alone, and questions that are none left as they are."""

import pytest

from agent.planning.followup import LocalRewriter, points_back
from evaluation.training.scope.questions import written
from retrieval.encoder import Meaning, load_encoder
from tests.agent.triage import scope_questions

_HEART = "Do SGLT2 inhibitors reduce heart failure hospitalisation in adults with type 2 diabetes?"
_COVID = "Does tocilizumab lower mortality in severe COVID-19?"
_DELIRIUM = "What are the risk factors for postoperative delirium?"


@pytest.mark.parametrize(
    ("previous", "asked", "read"),
    [
        (_HEART, "and in women?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in women with type 2 diabetes?"),
        (_HEART, "What about children?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in children with type 2 diabetes?"),
        (_HEART, "in the elderly?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in the elderly with type 2 diabetes?"),
        (_HEART, "And in patients with chronic kidney disease?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in patients with chronic kidney disease?"),
        (_HEART, "and without diabetes?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in adults without diabetes?"),
        (_HEART, "Does this apply to children?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in children with type 2 diabetes?"),
        (_HEART, "what about GLP-1 agonists?", "Do GLP-1 agonists reduce heart failure hospitalisation in adults with type 2 diabetes?"),
        (_HEART, "what about mortality?", "Do SGLT2 inhibitors reduce mortality in adults with type 2 diabetes?"),
        (_HEART, "compared with placebo?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in adults with type 2 diabetes compared with placebo?"),
        (_HEART, "and since 2015?", "Do SGLT2 inhibitors reduce heart failure hospitalisation in adults with type 2 diabetes, since 2015?"),
        (_HEART, "are they safe in pregnancy?", "Are SGLT2 inhibitors safe in pregnancy?"),
        (_HEART, "what are their side effects?", "What are SGLT2 inhibitors' side effects in adults with type 2 diabetes?"),
        (_COVID, "is it safe?", "Is tocilizumab safe in severe COVID-19?"),
        (_COVID, "and in children?", "Does tocilizumab lower mortality in severe COVID-19 in children?"),
        (_COVID, "what about sarilumab?", "Does sarilumab lower mortality in severe COVID-19?"),
        (_COVID, "Which dose?", "Which dose of tocilizumab in severe COVID-19?"),
        (_COVID, "any meta-analyses?", "Does tocilizumab lower mortality in severe COVID-19, meta-analyses?"),
        (_DELIRIUM, "how is it treated?", "How is postoperative delirium treated?"),
        ("Does secukinumab clear psoriasis?", "what dose?", "What dose of secukinumab for psoriasis?"),
        ("What works for psoriasis?", "what dose?", "What dose of treatment for psoriasis?"),
        ("Is acupuncture effective for preventing migraine?", "botox", "Is botox effective for preventing migraine?"),
        ("Do SGLT2 inhibitors reduce hospitalisation in HFrEF?", "HFpEF?", "Do SGLT2 inhibitors reduce hospitalisation in HFpEF?"),
        ("nusinersen for SMA - survival benefit?", "price per QALY?", "Price per QALY of nusinersen for SMA?"),
        ("Aspirin or clopidogrel after stroke?", "which is better?", "Which is better, Aspirin or clopidogrel after stroke?"),
        ("Is metformin effective in type 2 diabetes?", "I meant type 1", "Is metformin effective in type 1 diabetes?"),
        ("Does hydroxyzine help in chronic urticaria?", "typo - hydroxychloroquine", "Does hydroxychloroquine help in chronic urticaria?"),
        ("Is TXA useful in hip fracture surgery?", "60 y/o on warfarin", "Is TXA useful in hip fracture surgery in a 60 y/o on warfarin?"),
        ("What is herceptin?", "how does it work?", "How does herceptin work?"),
    ],
)  # fmt: skip
def test_a_follow_up_takes_what_it_lacks_from_the_last_question(
    previous: str, asked: str, read: str
) -> None:
    rewriter = LocalRewriter()
    assert rewriter.rewrite(asked, ["Is gout hereditary?", previous]) == read
    assert rewriter.rewrite(asked, []) == asked


def test_a_follow_up_can_go_back_to_an_earlier_question() -> None:
    thread = ["Does TMS help hallucinations in schizophrenia?", "Does lithium prevent suicide?"]
    read = LocalRewriter().rewrite("ok but the first one, how many sessions?", thread)
    assert read == "How many sessions with TMS for hallucinations in schizophrenia?"
    read = LocalRewriter().rewrite("back to TMS, is it safe?", thread)
    assert read == "Is TMS safe in schizophrenia (hallucinations)?"


@pytest.mark.encoder
@pytest.mark.parametrize(
    ("previous", "asked", "read"),
    [
        ("risk of falls in nurses on night shift", "paramedics?", "Risk of falls in paramedics on night shift?"),
        ("Do beta blockers worsen asthma?", "COPD?", "Do beta blockers worsen COPD?"),
        ("Is the copper IUD effective?", "and the hormonal one?", "Is the hormonal IUD effective?"),
        ("exercise for knee OA", "hip?", "Exercise for hip OA?"),
        ("dapagliflozin HFpEF", "empagliflozin", "Empagliflozin HFpEF?"),
        ("how to wean off prednisolone in PMR", "GCA?", "How to wean off prednisolone in GCA?"),
        (_COVID, "women?", "Does tocilizumab lower mortality in severe COVID-19 in women?"),
    ],
)  # fmt: skip
def test_a_name_replaces_what_is_nearest_to_it_in_meaning(
    previous: str, asked: str, read: str
) -> None:
    encoder = load_encoder()

    def meanings(texts: list[str]) -> Meaning:
        return Meaning(encoder.identity.fingerprint, encoder.encode_queries(texts))

    assert LocalRewriter().rewrite(asked, [previous], meanings) == read


def test_what_was_not_understood_is_kept_whole() -> None:
    thread = ["Does silver diamine fluoride arrest caries in primary teeth?"]
    read = LocalRewriter().rewrite("how does it work?", thread)
    assert read == "How does it work (silver diamine fluoride arrest caries in primary teeth)?"


def test_an_earlier_question_is_gone_back_to_by_what_it_was_about() -> None:
    thread = ["Is carpal tunnel release surgery durable?", "Do wrist splints help?"]
    read = LocalRewriter().rewrite("for the operation, when can one drive?", thread)
    assert "carpal tunnel release" in read
    assert "splints" not in read


def test_a_dose_is_asked_of_the_treatment_that_was_spoken_of() -> None:
    thread = ["Does secukinumab clear psoriasis?", "How common is psoriasis?"]
    assert (
        LocalRewriter().rewrite("what dose?", thread) == "What dose of secukinumab for psoriasis?"
    )


def test_questions_typed_as_people_type_them_stand_alone() -> None:
    typed = written()
    assert len(typed) > 100
    assert [question for question in typed if points_back(question)] == []


@pytest.mark.parametrize(
    "question",
    [
        "What is the prevalence of gout in Europe?",
        "Which drugs have EGFR as their primary target?",
        "List genes that cause long QT syndrome.",
        "Is it possible to analyse exosomes with FACS?",
        "In which cells does TLR7 escape X-chromosome inactivation?",
        "When did eptinezumab get its first approval?",
        *(q for q in scope_questions.lines(scope_questions.LITERATURE) if len(q.split()) > 3),
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert LocalRewriter().rewrite(question, [_HEART]) == question
    assert not points_back(question)
