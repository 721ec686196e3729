"""Follow-ups judged by the words that a right rewriting has and has not."""

import pytest

from evaluation.answers.followups import FollowUp, FollowupOutcome, by_kind, by_set, evaluate, read
from retrieval.encoder import Meaning, load_encoder


def test_what_a_rewriting_must_and_must_not_hold_is_told_by_word_beginnings() -> None:
    asked = FollowUp(
        ("a",), "and in children?", "", (("statin",), ("child", "paed")), ("adult",), ""
    )
    assert asked.right("Do statins help in children?")
    assert not asked.right("Do statins help children and adults?")
    assert not asked.right("Do statins help in grandchildren?")


def _corrected_on() -> list[FollowUp]:
    """The sets that the rules were corrected on."""
    return [each for each in read() if each.set != "third"]


def _nine_in_ten(outcomes: list[FollowupOutcome]) -> bool:
    return sum(each.right for each in outcomes) >= 0.9 * len(outcomes)


def test_nine_in_ten_of_the_written_follow_ups_come_right() -> None:
    assert sorted(len(part) for part in by_set(read()).values()) == [40, 40, 45, 45, 250]
    outcomes = evaluate(_corrected_on())
    assert _nine_in_ten(outcomes)
    # What changes the subject stays as it is.
    changed = [each for each in outcomes if each.followup.kind == "change"]
    assert [each for each in changed if each.rewritten != each.followup.followup] == []
    assert by_kind(outcomes)["change"] == (len(changed), len(changed))


@pytest.mark.encoder
def test_meaning_gets_more_of_them_right() -> None:
    encoder, written = load_encoder(), _corrected_on()

    def meanings(texts: list[str]) -> Meaning:
        return Meaning(encoder.identity.fingerprint, encoder.encode_queries(texts))

    by_meaning = evaluate(written, meanings)
    assert sum(o.right for o in by_meaning) > sum(o.right for o in evaluate(written))
    assert sum(o.right for o in by_meaning) >= 160
