"""Findings that say yes or no to a question, and answers that show both."""

import pytest

from agent.answer import Claim
from agent.writing.local import LocalWriter
from agent.writing.stance import Asked, disagreement
from corpora.article import Article, Section
from retrieval.passage import Evidence, Passage

_QUESTION = "Does zinc reduce the duration of colds?"
_DEATHS = "Does vitamin D lower mortality in sepsis?"
_YES = "Zinc reduced the duration of colds by a third in adults."
_NO = "There was no difference in the duration of colds between zinc and placebo."


@pytest.mark.parametrize(
    ("question", "finding", "said"),
    [
        (_QUESTION, _YES, True),
        (_QUESTION, _NO, False),
        (_QUESTION, "Zinc did not reduce the duration of colds.", False),
        (_QUESTION, "Zinc increased the duration of colds.", False),
        (_QUESTION, "Zinc might reduce the duration of colds.", None),
        (_QUESTION, "Zinc lozenges taste of metal.", None),
        (_QUESTION, "Honey did not reduce the duration of colds.", None),
        (
            _QUESTION,
            "Zinc reduced the duration of colds, yet increased that of colds in men.",
            None,
        ),
        (_QUESTION, "A reduced duration of colds was not confirmed for zinc.", False),
        (_DEATHS, "Vitamin D reduced the risk of death.", True),
        (_DEATHS, "Vitamin D did not lower mortality.", False),
        (_DEATHS, "High D-dimer levels increased mortality.", None),
        ("Is zinc associated with anosmia?", "Zinc sprays were associated with anosmia.", True),
        ("Is zinc associated with anosmia?", "Zinc was not associated with anosmia.", False),
        ("Is zinc associated with anosmia?", "Zinc was given; anosmia followed.", None),
    ],
)
def test_what_a_finding_says_to_a_question(question: str, finding: str, said: bool | None) -> None:
    asked = Asked.read(question)
    assert asked is not None
    assert asked.answer(finding) is said


def test_questions_of_another_kind_have_no_sides() -> None:
    assert Asked.read("What is zinc?") is None
    assert Asked.read("Is zinc a metal?") is None
    assert (
        disagreement("What is zinc?", [(Claim(_YES, ("1",)), "1"), (Claim(_NO, ("2",)), "2")])
        is None
    )


def test_only_both_sides_are_a_disagreement() -> None:
    yes, no = Claim(_YES, ("1",)), Claim(_NO, ("2",))
    assert disagreement(_QUESTION, [(yes, "1"), (no, "2")]) == ([yes], [no])
    assert disagreement(_QUESTION, [(yes, "1"), (yes, "2")]) is None
    # One paper that found both, in different people, does not disagree with another.
    assert disagreement(_QUESTION, [(yes, "1"), (no, "1")]) is None


def _evidence(pmid: str, text: str, rank: int) -> Evidence:
    article = Article(pmid, "Zinc for the duration of colds", (Section("", text),), year=2020)
    start = article.text.index(text)
    passage = Passage(f"{pmid}:0", pmid, "", start, start + len(text), text)
    return Evidence(passage, article, rank, 2.0 - 0.1 * rank)


def test_the_local_writer_quotes_a_contrary_finding_beside_the_others() -> None:
    agreeing = [
        _evidence(str(n), f"Zinc reduced the duration of colds in trial {name} of adults.", n)
        for n, name in enumerate(["one", "two", "three", "four"], start=1)
    ]
    contrary = _evidence("9", "Zinc did not reduce the duration of colds in children.", 5)
    alone = LocalWriter(most=2).write(_QUESTION, agreeing)
    both = LocalWriter(most=2).write(_QUESTION, [*agreeing, contrary])
    assert disagreement(_QUESTION, [(c, c.keys[0]) for c in alone]) is None
    assert disagreement(_QUESTION, [(c, c.keys[0]) for c in both]) is not None
    assert any(claim.keys == ("9:0",) for claim in both)
