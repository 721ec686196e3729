"""Reciprocal rank fusion."""

import pytest

from evaluation.retrieval.fusion import reciprocal_rank_fusion


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    scores = reciprocal_rank_fusion([[7, 8], [8, 9, 7]])
    assert scores[7] == pytest.approx(1 / 61 + 1 / 63)
    assert scores[8] == pytest.approx(1 / 62 + 1 / 61)
    assert scores[9] == pytest.approx(1 / 62)


def test_agreement_beats_one_first_place() -> None:
    scores = reciprocal_rank_fusion([[1, 2], [3, 2]])
    assert max(scores, key=lambda item: scores[item]) == 2
    assert reciprocal_rank_fusion([]) == {}
