"""Evidence for and against a claim."""

import pytest

from agent.answer import Claim, Label, Quote, Verdict
from agent.verification.sides import sides
from corpora.article import Notice, NoticeKind
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article


class ByWord:
    """A verifier that goes by one word of the passage."""

    def verify(self, claims: list[Claim], evidence: list[Evidence]) -> list[Verdict]:
        by_key = {each.passage.id: each for each in evidence}
        return [self._one(claim, by_key[claim.keys[0]]) for claim in claims]

    def _one(self, claim: Claim, evidence: Evidence) -> Verdict:
        text = evidence.passage.text
        label, score = Label.UNSUPPORTED, 0.1
        if "reduced" in text:
            label, score = Label.SUPPORTED, 0.9
        elif "raised" in text:
            label, score = Label.CONTRADICTED, 0.05
        quote = Quote(evidence.passage.id, evidence.passage.start, evidence.passage.end, text)
        return Verdict(claim, label, (quote,), score)


def _evidence(pmid: str, abstract: str, **fields: object) -> Evidence:
    one = article(pmid, f"Paper {pmid}", abstract, **fields)
    start = len(one.title) + 1
    passage = Passage(f"{pmid}:0", pmid, "", start, len(one.text), abstract)
    return Evidence(passage, one, int(pmid), 1.0)


def test_both_sides_strongest_first_without_silent_and_retracted_articles() -> None:
    evidence = [
        _evidence("1", "In all, 50 patients were included: aspirin reduced pain."),
        _evidence("2", "In all, 900 patients were included: aspirin reduced pain.", publication_types=("Randomized Controlled Trial",)),
        _evidence("3", "Of 90 patients, aspirin raised pain."),
        _evidence("4", "The weather was fine."),
        _evidence("5", "Aspirin raised pain.", notices=(Notice(NoticeKind.RETRACTED),)),
    ]  # fmt: skip
    found = sides("Aspirin reduces pain.", evidence, ByWord())
    assert [each.article.pmid for each in found.supporting] == ["2", "1"]
    assert [each.article.pmid for each in found.opposing] == ["3"]
    assert found.disagree
    assert found.supporting[0].size is not None
    assert found.supporting[0].size.participants == 900
    assert found.supporting[0].design == "Randomised trial"
    assert not sides("Aspirin reduces pain.", evidence[:2], ByWord()).disagree


@pytest.mark.parametrize(
    "abstract",
    [
        "Statins reduced pain.",  # of something else
        "We asked whether aspirin reduced pain.",  # asks
        "Aspirin and a reduced dose of it.",  # nothing of pain
        "In adults, the use of aspirin was reduced.",  # something else was reduced
    ],
)
def test_a_sentence_that_is_not_on_the_claim_takes_no_side(abstract: str) -> None:
    found = sides("Aspirin reduces pain in adults.", [_evidence("1", abstract)], ByWord())
    assert not found.supporting
    assert not found.opposing


def test_only_a_denial_or_the_other_way_opposes() -> None:
    claim = "Aspirin reduces pain."
    silent = _evidence("1", "Aspirin and pain raised questions again.")
    denied = _evidence("2", "Aspirin did not change pain, which raised questions.")
    assert [e.article.pmid for e in sides(claim, [denied], ByWord()).opposing] == ["2"]
    lowered = _evidence("3", "Aspirin: pain fell, which raised hopes.")
    found = sides("Aspirin raises hopes of lower pain.", [silent, lowered], ByWord())
    assert not found.opposing
