"""Graded questions: what the set is like, and how answers to them are scored."""

from collections import defaultdict

import lightgbm
import numpy as np
import pytest

from corpora.errors import BadInput
from evaluation.reading.questions import (
    GradedQuestion,
    Part,
    Shown,
    clinical_score,
    figures,
    part_of,
    read_questions,
)
from evaluation.reading.train import as_trees

_A, _B, _C = ("1", 0, 9), ("1", 10, 19), ("2", 0, 9)
_QUESTION = GradedQuestion(
    "q", "?", "efficacy", "terse", "c", Part.TUNE, ("1", "2"), {_A: 3, _B: 1}, frozenset([_C])
)


@pytest.mark.parametrize(
    ("shown", "score"),
    [
        ([_A], 3),
        ([_B, _A], 3),
        ([_A, _C], 2),
        ([_C, _A], 1),
        ([_B], 1),
        ([_C, _B], 0),
        ([_C], 0),
        ([], 0),
    ],
)
def test_a_clinician_scores(shown: list[tuple[str, int, int]], score: int) -> None:
    assert clinical_score(_QUESTION, shown) == score


def test_figures_count_what_they_say() -> None:
    told = figures([Shown(_QUESTION, (_A, _C), "nearest"), Shown(_QUESTION, (_A,), "likely")])
    assert told["clinical score"] == pytest.approx((2 + 3) / 6)
    assert told["answerable refused or nearest"] == 0.5
    assert told["misleading"] == pytest.approx(1 / 3)
    assert np.isnan(told["unanswerable likely or possible"])


def test_the_set_is_large_and_split_by_article() -> None:
    questions = read_questions()
    assert len(questions) >= 1_400
    parts = defaultdict(set)
    for question in questions:
        for pmid in question.articles:
            parts[pmid].add(question.part)
        assert not question.judged & (question.grades.keys() | question.misleading)
        assert not question.misleading & question.grades.keys()
    assert all(len(each) == 1 for each in parts.values())
    blind = part_of(questions, "blind")
    assert 0.3 < np.mean([not question.answerable for question in blind]) < 0.45
    with pytest.raises(BadInput):
        part_of(questions, "third")


def test_trees_as_arrays_predict_what_lightgbm_does() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 4))
    worth = rows[:, 0] * (rows[:, 1] > 0) + 0.1 * random.normal(size=300)
    booster = lightgbm.train(
        {"objective": "regression", "verbose": -1, "num_leaves": 7},
        lightgbm.Dataset(rows, worth),
        20,
    )
    assert np.allclose(as_trees([booster])(rows), booster.predict(rows), atol=1e-5)
