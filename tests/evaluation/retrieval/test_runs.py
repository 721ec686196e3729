"""Measures by hand-worked examples, and the bootstrap on runs that differ and that do not."""

import math
from pathlib import Path

import pytest

from corpora.errors import BadInput
from evaluation.retrieval.runs import compare, mean, measure, read_qrels, read_run

_QRELS = {"q1": {"a": 1, "b": 1}, "q2": {"c": 1}, "q3": {"d": 1}}
_RUN = {"q1": {"a": 3.0, "x": 2.0, "b": 1.0}, "q2": {"x": 2.0, "y": 1.0}}


def test_measures() -> None:
    scores = measure(_RUN, _QRELS)
    ideal = 1 + 1 / math.log2(3)
    assert scores["nDCG@10"]["q1"] == pytest.approx((1 + 1 / math.log2(4)) / ideal, abs=1e-4)
    assert scores["nDCG@10"]["q2"] == 0
    # q3 was not answered: it counts.
    assert scores["nDCG@10"]["q3"] == 0
    assert scores["recall@10"] == {"q1": pytest.approx(1.0), "q2": 0, "q3": 0}
    assert scores["hit@5"]["q1"] == 1
    assert mean(scores["hit@5"]) == pytest.approx(1 / 3)
    assert mean(scores["hit@5"], ["q1"]) == 1


def test_the_bootstrap_tells_a_difference_from_none() -> None:
    base = {str(n): (n % 10) / 10 for n in range(200)}
    better = {qid: min(1.0, value + 0.05) for qid, value in base.items()}
    noisy = {qid: value + (0.1 if int(qid) % 2 else -0.1) for qid, value in base.items()}
    assert compare(better, base).significant
    assert compare(better, base).value == pytest.approx(0.05)
    assert not compare(noisy, base).significant


def test_files_in_trec_form(tmp_path: Path) -> None:
    run, qrels = tmp_path / "run", tmp_path / "qrels"
    run.write_text("q1 Q0 a 1 0.5 tag\n\nq1 Q0 b 2 0.25 tag\n")
    qrels.write_text("q1 0 a 1\nq1 0 c 0\n")
    assert read_run(run) == {"q1": {"a": 0.5, "b": 0.25}}
    assert read_qrels(qrels) == {"q1": {"a": 1, "c": 0}}
    for broken in ("q1 Q0 a 1\n", "q1 Q0 a 1 high tag\n"):
        run.write_text(broken)
        with pytest.raises(BadInput, match="line 1"):
            read_run(run)
    with pytest.raises(BadInput, match="cannot be read"):
        read_qrels(tmp_path / "nowhere")
