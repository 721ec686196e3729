"""Which option a free reply chooses, on replies as models really give them."""

import pytest

from evaluation.qa.parsing import parse_choice

_DRUGS = {
    "A": "Aspirin",
    "B": "A beta blocker",
    "C": "Calcium channel blocker, dihydropyridine",
    "D": "None of the above",
}
_TEN = dict(zip("ABCDEFGHIJ", [f"Finding number {n}" for n in range(10)], strict=True))
_ANSWERS = {"A": "yes", "B": "no", "C": "maybe"}


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("Final Answer: (C)", "C"),
        ("It lowers the rate.\n\n**Final Answer: (B)**", "B"),
        ("**Final Answer:** B", "B"),
        ("Final answer: b", "B"),
        ("Final Answer: $\\boxed{C}$", "C"),
        ("So we get \\boxed{\\text{A}}.", "A"),
        ("The correct answer is (D).", "D"),
        ("The answer is D. None of the above", "D"),
        ("The correct option is B, as it blocks the receptor.", "B"),
        ("The best choice would be option C.", "C"),
        ("ANSWER: C", "C"),
        ("Answer - (a)", "A"),
        ("answer is [B]", "B"),
        ("I would choose B.", "B"),
        ("Final Answer: （Ｃ）", "C"),
        ("C", "C"),
        ("c.", "C"),
        ("(B)", "B"),
        ("B. A beta blocker", "B"),
        ("B) A beta blocker\n\nIt slows the heart.", "B"),
        ('{"answer": "C"}', "C"),
        ('```json\n{"answer":"A"}\n```', "A"),
        ("Aspirin", "A"),
        ("A beta blocker.", "B"),
        ("We weigh them.\n\nC", "C"),
        # A word that is a letter is no letter.
        ("The answer is a beta blocker.", "B"),
        ("Answer: A beta blocker", "B"),
        # The last statement counts; what is denied does not.
        ("The answer is A? No. Wait: the answer is B.", "B"),
        ("The incorrect answer is A. The answer is C.", "C"),
        ("Final Answer: (C)\n\nThe answer (A) would hold in children.", "C"),
        ("Option A is wrong. Option B is wrong. The right one is option C.", "C"),
        ("(A) is not given in asthma, so Calcium channel blocker, dihydropyridine.", "C"),
        # The letter counts where another option's text stands beside it.
        ("(C) Aspirin", "C"),
        # Nothing that could be told for sure.
        ("The answer is A or B.", None),
        ("Final Answer: (A) and (C)", None),
        ("Final Answer: (A), (B)", None),
        ("Final Answer: (letter)", None),
        ("Final Answer: (E)", None),
        ("(A) Aspirin\n(B) A beta blocker\n(C) Calcium channel blocker", None),
        ("A patient with asthma should see a doctor.", None),
        ("I cannot answer medical questions.", None),
        ("Both Aspirin and A beta blocker are given.", None),
        ("Answer:", None),
        ("", None),
    ],
)
def test_a_reply_chooses_what_it_says_or_nothing(reply: str, letter: str | None) -> None:
    assert parse_choice(reply, _DRUGS).letter == letter


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("Final Answer: (J)", "J"),
        ("Answer: I", "I"),
        ("Answer: I think it is (G)", "G"),
        ("I", "I"),
        ("I am sure of it.", None),
        ("The answer is Finding number 7", "H"),
        ("Final Answer: (K)", None),
    ],
)
def test_ten_options(reply: str, letter: str | None) -> None:
    assert parse_choice(reply, _TEN).letter == letter


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("Yes, it does.", "A"),
        ("no", "B"),
        ("Maybe.", "C"),
        ("Final Answer: (maybe)", "C"),
        ("There is no difference between yes and no in it.", None),
        ("Final Answer: yes", "A"),
    ],
)
def test_yes_no_and_maybe(reply: str, letter: str | None) -> None:
    assert parse_choice(reply, _ANSWERS).letter == letter


def test_options_that_do_not_begin_with_a() -> None:
    assert parse_choice("Final Answer: (E)", {"B": "x", "E": "y"}).letter == "E"
    assert parse_choice("Final Answer: (A)", {"B": "x", "E": "y"}).letter is None
