"""Train the reader: linear heads, trees and alignment networks.

    python -m evaluation.reading.train --home HOME [--cache vectors.npz] [--go-on]

HOME holds the demo literature and its index. Questions of one cluster stay together, in the three
parts and in the folds, each in both wordings; sentence scores that the pool trees learn from are
out-of-fold. Only the training part is touched here: `evaluation.reading.coverage` trains the
networks that look for near misses, and `evaluation.reading.calibrate` must then set probabilities
and thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt

from agent.language.alignment import Aligner
from agent.reading.closer import (
    NETWORKS,
    Closer,
    closer_columns,
    closer_rows,
    looked_at,
    replaced,
    shipped_networks,
)
from agent.reading.closer import worth as grade_expected
from agent.reading.heads import Head, Heads
from agent.reading.pool import pool_features
from agent.reading.reader import WEIGHTS, ReaderWeights
from agent.trees import Trees
from corpora.home import Home
from evaluation.reading.calibrate import options, save, say
from evaluation.reading.closer import (
    Shortlist,
    fit_closer_trees,
    fit_network,
    relations,
    token_vectors,
)
from evaluation.reading.heads import fit_heads, role_head
from evaluation.reading.pools import (
    CachedEncoder,
    Pool,
    Progress,
    pools,
    reworded,
    without_answers,
)
from evaluation.reading.questions import Part, read_questions
from retrieval.encoder import Encoder, load_encoder
from retrieval.search import Searcher

Matrix = npt.NDArray[np.float64]

_FOLDS = 5
# What a sentence is worth by its grade; one that misleads is worse than none.
_WORTH = {-1: -0.35, 0: 0.0, 1: 0.12, 2: 0.6, 3: 1.0}
# The weight of sentences whose article was not before the annotator, and of pools whose answering
# articles were taken out.
_UNJUDGED, _TAKEN_OUT = 0.2, 0.35
_SENTENCE_TREES = {
    "objective": "regression", "learning_rate": 0.05, "num_leaves": 12, "min_data_in_leaf": 30,
    "lambda_l2": 5, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1,
    "verbose": -1, "num_threads": 2, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
_POOL_TREES = _SENTENCE_TREES | {
    "objective": "binary", "learning_rate": 0.03, "num_leaves": 6, "min_data_in_leaf": 20,
    "feature_fraction": 0.4, "bagging_fraction": 0.7,
}  # fmt: skip
# Of the closer look: trees for the expected grade, and for the order.
_CLOSER_TREES = _SENTENCE_TREES | {"num_leaves": 8}
_ORDER_TREES, _ORDER_ROUNDS = _SENTENCE_TREES | {"num_leaves": 16}, 300
_SENTENCE_ROUNDS, _POOL_ROUNDS, _SEEDS = 300, 200, 3
# Each network leaves out one of so many folds, for which it gives what the trees learn from; all
# together are the ensemble that ships.
_NETWORKS = 4


@dataclass(frozen=True, slots=True)
class Sentences:
    """Trees over the sentences of pools, with the names of their columns."""

    boosters: tuple[lightgbm.Booster, ...]
    columns: tuple[str, ...]

    def __call__(self, rows: Matrix) -> Matrix:
        return np.asarray(np.mean([each.predict(rows) for each in self.boosters], axis=0))


def fit_sentences(
    rows: Sequence[tuple[Pool, Matrix]], columns: tuple[str, ...], seeds: int
) -> Sentences:
    """Trees that learn what each sentence is worth."""
    features = np.vstack([each for _, each in rows])
    worth = np.concatenate([[_WORTH[int(g)] for g in pool.grades] for pool, _ in rows])
    weight = np.concatenate([np.where(pool.judged, 1.0, _UNJUDGED) for pool, _ in rows])
    return Sentences(
        tuple(
            lightgbm.train(
                {**_SENTENCE_TREES, "seed": seed},
                lightgbm.Dataset(features, worth, weight=weight),
                _SENTENCE_ROUNDS,
            )
            for seed in range(seeds)
        ),
        columns,
    )


def as_trees(boosters: Sequence[lightgbm.Booster]) -> Trees:
    """The mean of boosters as arrays."""
    nodes: list[tuple[int, float, int, int, float]] = []
    roots = []

    def add(node: dict) -> int:  # type: ignore[type-arg]
        place = len(nodes)
        nodes.append((-1, 0.0, 0, 0, 0.0))
        if "leaf_value" in node:
            nodes[place] = (-1, 0.0, 0, 0, node["leaf_value"] / len(boosters))
        else:
            left, right = add(node["left_child"]), add(node["right_child"])
            nodes[place] = (node["split_feature"], node["threshold"], left, right, 0.0)
        return place

    for booster in boosters:
        for tree in booster.dump_model()["tree_info"]:
            roots.append(add(tree["tree_structure"]))
    feature, threshold, left, right, value = zip(*nodes, strict=True)
    return Trees(
        np.array(feature, np.int32),
        np.array(threshold, np.float64),
        np.array(left, np.int32),
        np.array(right, np.int32),
        np.array(value, np.float32),
        np.array(roots, np.int32),
    )


@dataclass(frozen=True, slots=True)
class Material:
    """Pools to learn from, and the same without their answering articles.

    `train` has each question twice, as written and in other words, over the same articles.
    """

    train: tuple[Pool, ...]
    taken_out: tuple[Pool, ...]


def collect(searcher: Searcher, encoder: Encoder, progress: Progress) -> Material:
    """The training questions with what a search finds for them."""
    questions = [q for q in read_questions() if q.part is Part.TRAIN]
    written = tuple(pools(searcher, encoder, questions, progress))
    return Material(
        (*written, *reworded(searcher, encoder, written)),
        tuple(
            without
            for pool in written
            if pool.question.answerable
            and (without := without_answers(searcher, encoder, pool.question))
        ),
    )


def folds(train: Sequence[Pool], count: int = _FOLDS) -> dict[str, int]:
    """The fold of each cluster of questions."""
    clusters = sorted({pool.question.cluster for pool in train})
    drawn = np.random.default_rng(3 if count == _FOLDS else count).permutation(clusters)
    return {name: number % count for number, name in enumerate(drawn.tolist())}


Rows = dict[int, tuple[Pool, Matrix, Heads | None]]


def rows_out_of_fold(
    train: Sequence[Pool], others: Sequence[Pool], fold: dict[str, int], role: Head | None
) -> tuple[Rows, tuple[str, ...]]:
    """(features by the pool's id, their names), by heads that have not seen the pool's cluster."""
    rows: Rows = {}
    columns: tuple[str, ...] = ()
    for number in range(_FOLDS):
        seen = [pool for pool in train if fold[pool.question.cluster] != number]
        heads = fit_heads(seen, role) if role else None
        for pool in (*train, *others):
            if fold[pool.question.cluster] == number:
                columns, features = pool.rows(heads)
                rows[id(pool)] = (pool, features, heads)
    return rows, columns


def fit(
    material: Material, role: Head | None, encoder: str, start: Aligner | None = None
) -> tuple[ReaderWeights, Aligner | None]:
    """All that is trained; with no `role` head the form that goes by words alone.

    The networks of the closer look come with the form that knows the encoder. They go on from those
    of `start`, if given, each outside the fold that it has not seen.
    """
    fold = folds(material.train)
    rows, columns = rows_out_of_fold(material.train, material.taken_out, fold, role)
    natural = {id(pool) for pool in material.train}
    learned = [rows[id(pool)][:2] for pool in material.train]
    trees = as_trees(fit_sentences(learned, columns, _SEEDS).boosters)
    scores: dict[int, Matrix] = {}
    for number in range(_FOLDS):
        outer = [
            rows[id(pool)][:2] for pool in material.train if fold[pool.question.cluster] != number
        ]
        held = fit_sentences(outer, columns, 1)
        for key, (pool, features, _) in rows.items():
            if fold[pool.question.cluster] == number:
                scores[key] = held(features)
    heads = fit_heads(material.train, role) if role else None
    weights = ReaderWeights(encoder, heads, columns, trees, (), trees, (), (0, 1))
    worth: dict[int, Matrix] = {}
    networks = None
    if role:
        lists = {
            key: Shortlist.of(pool, features, scores[key], natural=key in natural, learn=True)
            for key, (pool, features, _) in rows.items()
        }
        closer, networks, scores, worth = _closer(lists, fold, columns, start)
        weights = replace(weights, closer=closer)
    pool_rows = []
    for key, (pool, _, heads_of) in rows.items():
        names, values = pool_features(
            pool.asked, pool.articles, scores[key], heads_of, worth.get(key)
        )
        pool_rows.append(values)
    judge = [
        lightgbm.train(
            {**_POOL_TREES, "seed": seed},
            lightgbm.Dataset(
                np.array(pool_rows),
                np.array([key in natural and rows[key][0].question.answerable for key in rows]),
                weight=np.array([1.0 if key in natural else _TAKEN_OUT for key in rows]),
            ),
            _POOL_ROUNDS,
        )
        for seed in range(_SEEDS)
    ]
    weights = replace(weights, pool_columns=names, pool_trees=as_trees(judge))
    return weights, networks


def _closer(
    lists: dict[int, Shortlist],
    fold: dict[str, int],
    columns: tuple[str, ...],
    start: Aligner | None,
) -> tuple[Closer, Aligner, dict[int, Matrix], dict[int, Matrix]]:
    """(trees, networks, out-of-fold scores and the networks' expected grades of every pool)."""
    answered = [e.widened() for e in lists.values() if e.natural and e.pool.question.answerable]
    vectors = token_vectors([*lists.values(), *answered])
    logits: dict[int, Matrix] = {}
    ordered: list[tuple[Shortlist, Matrix]] = []
    drawn = folds([each.pool for each in lists.values()], _NETWORKS)
    trained = []
    for number in range(_NETWORKS):
        outside = [each for each in lists.values() if drawn[each.pool.question.cluster] != number]
        known = start.networks[number] if start else None
        trained.append(fit_network(outside, vectors, number, known))
        held = Aligner([trained[-1]])
        for key, each in lists.items():
            if drawn[each.pool.question.cluster] == number:
                logits[key] = relations(held, each, vectors)
        ordered += [
            (each, relations(held, each, vectors))
            for each in answered
            if drawn[each.pool.question.cluster] == number
        ]
    networks = Aligner(trained)
    scores, expected = {}, {}
    for number in range(_FOLDS):
        outside_of = [
            (each, logits[key])
            for key, each in lists.items()
            if fold[each.pool.question.cluster] != number
        ]
        boosters = fit_closer_trees(outside_of, _WORTH, _CLOSER_TREES, 1)
        for key, each in lists.items():
            if fold[each.pool.question.cluster] == number:
                first = looked_at(each.scores)
                told = logits[key][: len(first)]
                again = boosters[0].predict(closer_rows(each.rows, each.scores, first, told))
                scores[key] = replaced(each.scores, first, np.asarray(again))
                expected[key] = grade_expected(told)
    every = [(each, logits[key]) for key, each in lists.items()]
    trees = fit_closer_trees(every, _WORTH, _CLOSER_TREES, _SEEDS)
    order = fit_closer_trees(ordered, _WORTH, _ORDER_TREES, _SEEDS, _ORDER_ROUNDS)
    closer = Closer(closer_columns(columns), as_trees(trees), as_trees(order))
    return closer, networks, scores, expected


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--cache", type=Path)
    parser.add_argument(
        "--go-on", action="store_true", help="train the shipped networks on; keep the trees"
    )
    chosen = parser.parse_args()
    home = Home.locate(chosen.home)
    encoder = CachedEncoder(load_encoder(), chosen.cache)
    searcher = Searcher(home, encoder)
    material = collect(searcher, encoder, say)
    role = role_head(home, encoder)
    encoder.save()
    start = shipped_networks() if chosen.go_on else None
    vectors, networks = fit(material, role, encoder.identity.fingerprint, start)
    if not chosen.go_on:
        words, _ = fit(material, None, "")
        save({"vectors": vectors, "words": words}, chosen.out / WEIGHTS)
    if networks:
        networks.save(chosen.out / NETWORKS)


if __name__ == "__main__":
    main()
