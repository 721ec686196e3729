"""What an answer and a test say of a language model's judging, in words."""

from dataclasses import replace

from agent.answer import Answer, Check, Claim, Label, Provenance, Status, Verdict
from agent.judging import JUDGING_CHECK, Judging
from agent.plan import Plan
from agent.verification.judge_test import JudgeResult
from ui.render.answer_text import answer_markdown
from ui.render.answer_view import notes_of
from ui.render.judging import UNTESTED, judging_dict, judging_text, results_note
from ui.render.text import reason_of

_RESULT = JudgeResult("small", "llama.cpp", 17, 18, 15, 18, 0, "digest", "2026-11-27")
_UNCOUNTED = Check(JUDGING_CHECK, "the language model finds it supported")
_PARTLY = Verdict(
    Claim("Pain fell.", ()),
    Label.PARTIALLY_SUPPORTED,
    checks=(Check("not carried", "the source does not say “fell”"), _UNCOUNTED),
)


def _answer(judging: Judging, *verdicts: Verdict) -> Answer:
    made = Provenance(model="small", judging=judging)
    return Answer("Does it help?", Status.ANSWERED, Plan(), verdicts, provenance=made)


def test_that_a_models_word_did_not_count_stands_once_in_an_answer() -> None:
    assert reason_of(_PARTLY) == "partly supported: not carried: the source does not say “fell”"
    for judging, said in (
        (Judging.UNTESTED, "has not been tested for its judging"),
        (Judging.FAILED, "failed the test of its judging"),
    ):
        answer = _answer(judging, _PARTLY, _PARTLY)
        shown = answer_markdown(answer)
        assert shown.count(said) == 1
        assert "2 sentences" in shown
        assert "finds it supported" not in shown
        assert answer.to_dict()["verdicts"][0]["checks"][1]["name"] == JUDGING_CHECK


def test_where_it_made_no_difference_nothing_is_said() -> None:
    green = replace(_PARTLY, label=Label.SUPPORTED, checks=())
    assert not any("judging" in note for note in notes_of(_answer(Judging.UNTESTED, green)))


def test_a_result_in_words() -> None:
    passed = judging_text(_RESULT)
    assert passed.startswith(
        "passed its test: supports 17 of 18 right claims (94 %, 95 % CI 74 to 99)"
    )
    failed = judging_text(replace(_RESULT, supported=0, unanswered=36))
    assert "36 got no readable verdict; 85 % and 75 % are required" in failed
    assert judging_text(None) == UNTESTED
    assert results_note([]).endswith("medcite models judge NAME")
    assert results_note([_RESULT, _RESULT]).count("small (llama.cpp) passed its test") == 2
    assert judging_dict(_RESULT)["judging"] == "passed"
