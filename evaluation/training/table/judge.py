"""Train the trees that judge candidate spans, and choose the thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.table.candidates import Matrix, SpanCandidate, candidates, features, span_of
from agent.table.columns import column as column_of
from agent.table.learned import SpanJudge, chosen, most_of
from agent.table.tagger import TAGGED, Logits
from agent.table.words import Words
from agent.trees import Trees
from evaluation.table.annotations import Annotated
from evaluation.table.measure import is_right
from evaluation.training.verification.boost import boosted

_SEEDS = 2
# The share of shown spans that must be right where the threshold is chosen: the target, and a
# little more where the target is 0.95, because annotators differ.
_PRECISION = {"n": 0.98}
_OTHERWISE = 0.96
# The share among fewer spans is left to chance.
_FEWEST = 25


@dataclass(frozen=True, slots=True)
class JudgedArticle:
    """The candidates of a column in one article; `right` (candidates,) by the annotations."""

    words: Words
    of: list[SpanCandidate]
    rows: Matrix
    right: npt.NDArray[np.bool_]
    fold: int
    fills: bool


def judged(
    column: int, articles: Sequence[tuple[Words, Annotated, Logits, int]]
) -> list[JudgedArticle]:
    """The candidates of a column in each article, given as (words, annotations, logits, fold)."""
    name = TAGGED[column]
    read_by_rule = column_of(name).find
    examples = []
    for words, annotated, logits, fold in articles:
        of = candidates(words, logits, column)
        right = [is_right(name, span_of(words, each), annotated) for each in of]
        rows = features(words, logits, of, read_by_rule(words.abstract))
        fills = bool(annotated.cells.get(name))
        examples.append(JudgedArticle(words, of, rows, np.array(right, dtype=bool), fold, fills))
    return examples


def fit(examples: Sequence[JudgedArticle], seeds: int = _SEEDS) -> Trees:
    """Trees for the log-odds that a candidate is right: the mean of several seeds."""
    rows = np.vstack([each.rows for each in examples if each.of])
    right = np.concatenate([each.right for each in examples if each.of])
    return mean([boosted(rows, right, seed=seed) for seed in range(seeds)])


def mean(ensembles: Sequence[Trees]) -> Trees:
    """The mean of ensembles as one ensemble."""
    shifts = np.cumsum([0, *(len(each.feature) for each in ensembles)])[:-1]
    pairs = list(zip(ensembles, shifts, strict=True))
    return Trees(
        np.concatenate([each.feature for each in ensembles]),
        np.concatenate([each.threshold for each in ensembles]),
        np.concatenate([each.left + shift for each, shift in pairs]).astype(np.int32),
        np.concatenate([each.right + shift for each, shift in pairs]).astype(np.int32),
        np.concatenate([each.value / len(ensembles) for each in ensembles]).astype(np.float32),
        np.concatenate([each.roots + shift for each, shift in pairs]).astype(np.int32),
        float(np.mean([each.base for each in ensembles])),
    )


def cross_validated(examples: Sequence[JudgedArticle]) -> list[Matrix]:
    """The probabilities of each article's candidates by trees that did not learn from its fold."""
    judges = {
        fold: SpanJudge(fit([each for each in examples if each.fold != fold], seeds=1), 0.0)
        for fold in sorted({each.fold for each in examples})
    }
    return [
        judges[each.fold].probabilities(each.rows) if each.of else np.zeros(0) for each in examples
    ]


def figures(
    column: int, examples: Sequence[tuple[JudgedArticle, Matrix]], least: float
) -> tuple[int, int, int, int]:
    """(right spans, shown spans, articles with a right span, articles that fill the column).

    Args:
        examples: each with the probabilities of its candidates.
    """
    right = shown = articles = 0
    for each, own in examples:
        choice = chosen(each.words, each.of, own, least, most_of(TAGGED[column]))
        verdicts = [bool(each.right[each.of.index(one)]) for one in choice]
        right, shown = right + sum(verdicts), shown + len(verdicts)
        articles += each.fills and any(verdicts)
    return right, shown, articles, sum(each.fills for each, _ in examples)


def threshold(column: int, examples: Sequence[tuple[JudgedArticle, Matrix]]) -> float:
    """The lowest probability from which the wanted share of shown spans is right; 2 if none."""
    wanted = _PRECISION.get(TAGGED[column], _OTHERWISE)
    best = 2.0
    for least in np.arange(0.99, 0.3, -0.01):
        right, shown, _, _ = figures(column, examples, float(least))
        if shown >= _FEWEST and right >= wanted * shown:
            best = float(least)
    return best
