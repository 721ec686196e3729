"""The local verifier beside the same with a language model, on cases whose truth is known."""

from pathlib import Path

import pytest

from agent.judging import Judging
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.verification.with_model import Judged, compared, labelled, opened
from tests.agent.verification.test_llm import Scripted

_SAID = "Drug A reduced pain in adults at 28 days."
_CASES = [
    Judged("paraphrase", True, "At 28 days, drug A reduced pain in adults.", _SAID),
    Judged("number", False, "Drug A reduced pain in adults at 82 days.", _SAID),
]


def _model(first: str, second: str) -> Scripted:
    said = [(1, first, ""), (2, second, "82 days")]
    return Scripted(
        *({"claim": n, "sentence": f"{n}.1", "stance": s, "differs": d} for n, s, d in said)
    )


def test_a_model_that_errs_cannot_make_a_wrong_number_green_but_can_doubt_a_true_claim() -> None:
    found = compared(_CASES, _model("does not say", "supports"), Judging.PASSED)
    assert found.find("supported by local", "paraphrase (true)").value == 1.0
    assert found.find("supported by local and model", "paraphrase (true)").value == 0.0
    assert found.find("supported by local and model", "number").value == 0.0


def test_what_the_model_said_is_counted() -> None:
    found = compared(_CASES, _model("does not say", "contradicts"), Judging.FAILED)
    assert found.notes == [
        "1 × does not find it in its sources",
        "1 × finds words of it contradicted",
    ]
    assert found.of["cases"] == 2
    assert found.of["model"].startswith("scripted, which failed the test")


def test_as_many_of_each_class_are_drawn_and_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    rows = [
        f"claim {n},evidence {n},{label}"
        for n in range(9)
        for label in ("Supports", "Refutes", "Neutral")
    ]
    path.write_text("claim,evidence,label\n" + "\n".join(rows), encoding="utf-8")
    drawn = labelled(path, 6)
    assert [case.kind for case in drawn] == ["SUPPORTS", "REFUTES", "NEUTRAL"] * 2
    assert [case.holds for case in drawn] == [True, False, False] * 2
    assert drawn == labelled(path, 6)


def test_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a language model"):
        opened("none", Home(tmp_path))
