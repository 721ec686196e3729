"""Follow-ups made to stand alone, and questions that are none left as they are."""

import pytest

from agent.planning.followup import LocalRewriter, points_back
from tests.agent import scope_questions

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
        ("What is herceptin?", "how does it work?", "How does herceptin work?"),
    ],
)  # fmt: skip
def test_a_follow_up_takes_what_it_lacks_from_the_last_question(
    previous: str, asked: str, read: str
) -> None:
    rewriter = LocalRewriter()
    assert rewriter.rewrite(asked, ["Is gout hereditary?", previous]) == read
    assert rewriter.rewrite(asked, []) == asked


@pytest.mark.parametrize(
    "question",
    [
        "What is the prevalence of gout in Europe?",
        "Which drugs have EGFR as their primary target?",
        "List genes that cause long QT syndrome.",
        "Is it possible to analyse exosomes with FACS?",
        "In which cells does TLR7 escape X-chromosome inactivation?",
        "When did eptinezumab get its first approval?",
        *scope_questions.lines(scope_questions.LITERATURE),
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert LocalRewriter().rewrite(question, [_HEART]) == question
    assert not points_back(question)
