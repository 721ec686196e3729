"""Follow-ups judged by the words that a right rewriting has and has not."""

from evaluation.followups import FollowUp, by_kind, evaluate, halves, read


def test_what_a_rewriting_must_and_must_not_hold_is_told_by_word_beginnings() -> None:
    asked = FollowUp(
        ("a",), "and in children?", "", (("statin",), ("child", "paed")), ("adult",), ""
    )
    assert asked.right("Do statins help in children?")
    assert not asked.right("Do statins help children and adults?")
    assert not asked.right("Do statins help in grandchildren?")


def test_nine_in_ten_of_the_written_follow_ups_come_right() -> None:
    written = read()
    assert len(written) == 90
    assert all(len(half) == 45 for half in halves(written).values())
    outcomes = evaluate(written)
    assert sum(each.right for each in outcomes) >= 81
    # What changes the subject stays as it is.
    changed = [each for each in outcomes if each.followup.kind == "change"]
    assert [each for each in changed if each.rewritten != each.followup.followup] == []
    assert by_kind(outcomes)["change"] == (len(changed), len(changed))
