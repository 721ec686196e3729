"""Which disagreements are shown beside an answer, and which are not."""

import time

import pytest

from agent.answer import Answer, Claim, Label, Quote, Status, Verdict
from agent.plan import Pico, Plan
from agent.verification.disagreement import disagreements
from agent.verification.local_verifier import LocalVerifier
from corpora.article import Article
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article
from ui.services.disagreements import Disagreements

_CLAIM = "Navorelimab reduced mortality in severe pneumonia."
_AGAINST = "Navorelimab did not reduce mortality in severe pneumonia."


class _Says:
    """A verifier that finds what a test says of each article."""

    def __init__(self, **of: tuple[Label, float]) -> None:
        self._of = of

    def verify(self, claims, evidence):
        by_key = {each.passage.id: each for each in evidence}
        verdicts = []
        for claim in claims:
            found = by_key[claim.keys[0]]
            label, score = self._of[f"a{found.article.pmid}"]
            text = found.passage.text
            quote = Quote(found.passage.id, found.passage.start, found.passage.end, text)
            verdicts.append(Verdict(claim, label, (quote,), score))
        return verdicts


def _evidence(found: Article) -> Evidence:
    text = found.sections[0].text
    start = len(found.title) + 1
    return Evidence(
        Passage(f"{found.pmid}:0", found.pmid, "", start, start + len(text), text), found, 1, 1.0
    )


def _answer(*texts: str, claim: str = _CLAIM) -> Answer:
    evidence = tuple(
        _evidence(article(str(n), f"Title {n}", text)) for n, text in enumerate(texts, start=1)
    )
    plan = Plan(pico=Pico(intervention="navorelimab"))
    verdict = Verdict(Claim(claim, ("1:0",)), Label.SUPPORTED)
    question = "Does navorelimab reduce mortality in severe pneumonia?"
    return Answer(question, Status.ANSWERED, plan, (verdict,), evidence, id="one")


_FOR, _SURE = (Label.SUPPORTED, 1.0), (Label.CONTRADICTED, 0.1)


def test_both_sides_are_shown() -> None:
    (both,) = disagreements(_answer(_CLAIM, _AGAINST), _Says(a1=_FOR, a2=_SURE))
    assert [p.article.pmid for p in both.supporting] == ["1"]
    assert [p.quote.text for p in both.opposing] == [_AGAINST]


@pytest.mark.parametrize(
    ("against", "found", "claim"),
    [
        (_AGAINST, (Label.CONTRADICTED, 0.4), _CLAIM),  # it is not sure
        ("Zorblimab did not reduce mortality in pneumonia.", _SURE, _CLAIM),  # another drug
        ("Navorelimab did not change nitric oxide.", _SURE, _CLAIM),  # another outcome
        (_AGAINST, _SURE, "More trials are warranted."),  # a sentence that is no answer
        (_AGAINST, (Label.UNSUPPORTED, 0.1), _CLAIM),  # it says nothing of it
    ],
)
def test_what_is_about_something_else_or_unsure_is_not(
    against: str, found: tuple[Label, float], claim: str
) -> None:
    assert disagreements(_answer(_CLAIM, against, claim=claim), _Says(a1=_FOR, a2=found)) == ()


@pytest.mark.encoder
def test_the_shipped_verifier_finds_a_plain_contradiction() -> None:
    (both,) = disagreements(_answer(_CLAIM, _AGAINST), LocalVerifier())
    assert [p.article.pmid for p in both.opposing] == ["2"]


@pytest.mark.encoder
def test_they_are_looked_for_once_behind_the_page() -> None:
    known, answer = Disagreements(), _answer(_CLAIM, _AGAINST)
    deadline = time.monotonic() + 60
    while (found := known.of(answer)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(found) == 1
    assert known.of(answer) is found
