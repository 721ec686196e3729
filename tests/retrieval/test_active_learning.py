"""Records ranked by the decisions made so far."""

import numpy as np
import pytest

from evaluation.screening import screening_order, until_recall
from retrieval.active_learning import ranked, relevance


@pytest.fixture
def vectors() -> np.ndarray:
    """200 records in 16 dimensions; every tenth is drawn around another centre."""
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 16)).astype(np.float32)
    points[::10] += 1.5
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_before_anything_is_included_the_order_stays(vectors: np.ndarray) -> None:
    labels = np.full(len(vectors), -1)
    labels[3] = 0
    assert ranked(vectors, labels) == [i for i in range(200) if i != 3]


def test_one_inclusion_brings_its_like_to_the_top(vectors: np.ndarray) -> None:
    labels = np.full(len(vectors), -1)
    labels[0] = 1
    top = ranked(vectors, labels)[:19]
    assert sum(i % 10 == 0 for i in top) > 9
    assert 0 not in top


def test_ranking_is_the_same_each_time_and_finite_on_any_labels(vectors: np.ndarray) -> None:
    labels = np.where(np.arange(200) % 10 == 0, 1, 0)
    scores = relevance(vectors, labels)
    assert scores is not None
    assert np.isfinite(scores).all()
    assert np.array_equal(scores, relevance(vectors, labels))
    assert relevance(np.zeros((3, 4), np.float32), np.array([1, 0, -1])) is not None


def test_ranked_screening_finds_what_is_wanted_in_less_than_half(vectors: np.ndarray) -> None:
    wanted = np.arange(200) % 10 == 0
    order = screening_order(vectors, wanted)
    assert sorted(order.tolist()) == list(range(200))
    assert until_recall(wanted[order]) < 100 < until_recall(wanted)


def test_until_recall_counts_what_was_read() -> None:
    assert until_recall([False, True, False]) == 2
    assert until_recall([True] * 19 + [False] * 5 + [True]) == 19
    assert until_recall([False]) == 0
