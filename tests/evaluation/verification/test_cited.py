"""Citations judged by experts' snippets."""

import pytest

from agent.answer import Answer, Claim, Label, Quote, Status, Verdict
from agent.plan import Plan
from evaluation.answers.benchmark import Expert
from evaluation.verification.cited import judge, overlaps
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Aspirin reduced pain in many adults at home.", "We saw: aspirin reduced pain in many ADULTS", True),
        ("Aspirin reduced pain in many adults.", "Aspirin reduced pain in many children.", False),
        ("Reduced pain.", "Aspirin reduced pain in many adults.", True),
        ("", "Aspirin reduced pain.", False),
    ],
)  # fmt: skip
def test_six_words_in_a_row_or_the_whole_overlap(one: str, other: str, same: bool) -> None:
    assert overlaps(one, other) is same
    assert overlaps(other, one) is same


def _evidence(pmid: str, text: str) -> Evidence:
    one = article(pmid, "T", text)
    return Evidence(Passage(f"{pmid}:0", pmid, "", 2, len(one.text), text), one, 1, 1.0)


def _verdict(pmid: str, text: str) -> Verdict:
    quote = Quote(f"{pmid}:0", 2, 2 + len(text), text)
    return Verdict(Claim(text, (f"{pmid}:0",)), Label.SUPPORTED, (quote,), 1.0)


def test_an_article_that_experts_marked_may_still_be_quoted_beside_their_snippet() -> None:
    snippet = "Aspirin reduced pain in many adults at home."
    beside = "We enrolled four hundred adults in nine towns."
    foreign = "Cake is sweet and eaten on most birthdays."
    expert = Expert("q", "Does aspirin help?", "summary", ("Yes.",), (("1", snippet), ("3", "x y")))
    texts = (("1", snippet), ("1", beside), ("2", foreign))
    answer = Answer(
        "Does aspirin help?",
        Status.ANSWERED,
        Plan(),
        tuple(_verdict(*each) for each in texts),
        (_evidence("1", f"{snippet} {beside}"), _evidence("2", foreign)),
    )
    judged: dict[str, list[bool]] = {}
    for name, right in judge(expert, answer):
        judged.setdefault(name, []).append(right)
    assert judged == {
        "precision by article": [True, True, False],
        "precision by snippet": [True, False, False],
        "recall of articles": [True, False],
        "recall of snippets": [True, False],
    }
