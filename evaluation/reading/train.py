"""Train the reader: linear heads, sentence trees, pool trees, calibration and thresholds.

    python -m evaluation.reading.train --home HOME [--cache vectors.npz] [--out FILE]

HOME holds the demo literature and its index. Questions of one cluster stay together, in the three
parts and in the folds; sentence scores that the pool trees learn from are out-of-fold. Thresholds
are set on the tuning part; the blind part is not touched here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from agent.reading.features import CATEGORIES
from agent.reading.heads import Head, Heads
from agent.reading.pool import pool_features
from agent.reading.reader import WEIGHTS, ReaderWeights
from agent.trees import Trees
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.reading.pools import CachedEncoder, Pool, Progress, pools, without_answers
from evaluation.reading.questions import GradedQuestion, Part, read_questions
from retrieval.encoder import Encoder, load_encoder
from retrieval.search import Searcher
from retrieval.split import sentences

Matrix = npt.NDArray[np.float64]

KINDS = (
    "efficacy", "comparison", "prognosis", "harm", "prevalence", "diagnosis", "guideline", "dose",
    "mechanism", "definition",
)  # fmt: skip
_SAME_KIND = {"risk": "prognosis", "recommendation": "guideline", "duration": "dose"}
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
_SENTENCE_ROUNDS, _POOL_ROUNDS, _SEEDS = 300, 200, 3
# Of unanswerable questions so many may be called possible or likely; and of those called likely so
# many must be answerable.
_FALSE_ANSWERS, _SURE = 0.33, 0.85


@dataclass(frozen=True, slots=True)
class Sentences:
    """Trees over the sentences of pools, with the names of their columns."""

    boosters: tuple[lightgbm.Booster, ...]
    columns: tuple[str, ...]

    def __call__(self, rows: Matrix) -> Matrix:
        return np.asarray(np.mean([each.predict(rows) for each in self.boosters], axis=0))


def role_head(home: Home, encoder: CachedEncoder, most: int = 20_000) -> Head:
    """Roles of sentences, learned from the labelled sections of structured abstracts."""
    texts: list[str] = []
    roles: list[int] = []
    store = open_corpus(home.corpus)
    for _, article in store.articles():
        spans = zip(article.sections, article.section_spans(), strict=True)
        for section, (first, last, _) in spans:
            if section.category in CATEGORIES and not section.body:
                for span in sentences(article.text[first:last], first):
                    texts.append(article.text[span.start : span.end])
                    roles.append(CATEGORIES.index(section.category))
    store.close()
    kept = np.random.default_rng(0).permutation(len(texts))[:most]
    vectors = encoder.encode_documents([texts[i] for i in kept])
    return _head(vectors, [roles[i] for i in kept], len(CATEGORIES), 10.0)


def fit_heads(chosen: Sequence[Pool], role: Head) -> Heads:
    """The heads that learn from graded questions."""
    kinds = [(p, k) for p in chosen if (k := _kind(p.question)) is not None]
    question = _head(np.array([p.asked.vector for p, _ in kinds]), [k for _, k in kinds], 10, 3.0)
    useful, answered = [], []
    rows, products, answers = [], [], []
    for pool in chosen:
        vectors = np.concatenate([read.alone for read in pool.articles])
        judged, grades = pool.judged, pool.grades
        rows.append(vectors[judged])
        products.append(vectors[judged] * pool.asked.vector)
        answers.append(grades[judged] >= 2)
        kind = _kind(pool.question)
        if kind is not None:
            useful.append(vectors[grades >= 2])
            answered += [kind] * int((grades >= 2).sum())
    truth = np.concatenate(answers).astype(int).tolist()
    # The product of two unit vectors is small; scaled, the penalty weighs as for the others.
    scale = 20.0
    pair = _head(np.concatenate(products) * scale, truth, 2, 0.02)
    return Heads(
        role,
        question,
        _head(np.concatenate(useful), answered, 10, 1.0),
        _head(np.concatenate(rows), truth, 2, 0.5),
        Head(pair.weights * scale, pair.bias),
    )


def _kind(question: GradedQuestion) -> int | None:
    name = _SAME_KIND.get(question.kind, question.kind)
    return KINDS.index(name) if name in KINDS else None


def _head(
    vectors: npt.NDArray[np.floating[Any]],
    classes: Sequence[int],
    count: int,
    inverse_penalty: float,
) -> Head:
    """Multinomial logistic regression; a class that is not there is all but impossible."""
    fitted = LogisticRegression(C=inverse_penalty, max_iter=100).fit(vectors, classes)
    weights, bias = np.zeros((count, vectors.shape[1])), np.full(count, -9.0)
    if count == 2:
        weights[1], bias[:] = fitted.coef_[0], (0.0, fitted.intercept_[0])
    else:
        weights[fitted.classes_], bias[fitted.classes_] = fitted.coef_, fitted.intercept_
    return Head(weights, bias)


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


def calibrated(logits: Matrix, answerable: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(slope, bias) of the logistic curve from scores to probabilities (Platt scaling)."""
    fitted = LogisticRegression(C=1e6).fit(logits[:, None], answerable)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def thresholds(probability: Matrix, answerable: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(possible, likely): by the share of false answers, and by how sure likely ones are."""
    possible = float(np.quantile(probability[~answerable], 1 - _FALSE_ANSWERS))
    for likely in np.sort(probability):
        above = probability >= likely
        if likely > possible and answerable[above].mean() >= _SURE:
            return possible, float(likely)
    return possible, 1.0


@dataclass(frozen=True, slots=True)
class Material:
    """Pools to learn from, the same without their answering articles, and pools to tune on."""

    train: tuple[Pool, ...]
    taken_out: tuple[Pool, ...]
    tune: tuple[Pool, ...]


def collect(searcher: Searcher, encoder: Encoder, progress: Progress) -> Material:
    """The training and tuning questions with what a search finds for them."""
    questions = [q for q in read_questions() if q.part is not Part.BLIND]
    every = pools(searcher, encoder, questions, progress)
    train = tuple(pool for pool in every if pool.question.part is Part.TRAIN)
    return Material(
        train,
        tuple(
            without
            for pool in train
            if pool.question.answerable
            and (without := without_answers(searcher, encoder, pool.question))
        ),
        tuple(pool for pool in every if pool.question.part is Part.TUNE),
    )


def fit(material: Material, role: Head | None, encoder: str) -> ReaderWeights:
    """All that is trained; with no `role` head the form that goes by words alone."""
    clusters = sorted({pool.question.cluster for pool in material.train})
    drawn = np.random.default_rng(3).permutation(clusters)
    fold = {name: number % _FOLDS for number, name in enumerate(drawn.tolist())}

    def of_fold(number: int, *, inside: bool) -> list[Pool]:
        return [p for p in material.train if (fold[p.question.cluster] == number) is inside]

    rows: dict[int, tuple[Pool, Matrix, Heads | None]] = {}
    columns: tuple[str, ...] = ()
    for number in range(_FOLDS):
        heads = fit_heads(of_fold(number, inside=False), role) if role else None
        for pool in (
            *of_fold(number, inside=True),
            *(p for p in material.taken_out if fold[p.question.cluster] == number),
        ):
            columns, features = pool.rows(heads)
            rows[id(pool)] = (pool, features, heads)
    learned = [rows[id(pool)][:2] for pool in material.train]
    trees = fit_sentences(learned, columns, _SEEDS)
    pool_rows: list[Matrix] = []
    names: tuple[str, ...] = ()
    truth, weight = [], []
    for number in range(_FOLDS):
        outer = [rows[id(pool)][:2] for pool in of_fold(number, inside=False)]
        held = fit_sentences(outer, columns, 1)
        for pool, features, heads in rows.values():
            if fold[pool.question.cluster] != number:
                continue
            names, values = pool_features(pool.asked, pool.articles, held(features), heads)
            natural = any(pool is each for each in material.train)
            pool_rows.append(values)
            truth.append(natural and pool.question.answerable)
            weight.append(1.0 if natural else _TAKEN_OUT)
    judge = tuple(
        lightgbm.train(
            {**_POOL_TREES, "seed": seed},
            lightgbm.Dataset(np.array(pool_rows), np.array(truth), weight=np.array(weight)),
            _POOL_ROUNDS,
        )
        for seed in range(_SEEDS)
    )
    heads = fit_heads(material.train, role) if role else None
    weights = ReaderWeights(
        encoder,
        heads,
        columns,
        as_trees(trees.boosters),
        names,
        as_trees(judge),
        (1.0, 0.0),
        (0, 1),
    )
    return _calibrated(weights, material.tune)


def _calibrated(weights: ReaderWeights, tune: Sequence[Pool]) -> ReaderWeights:
    """The weights with probabilities and thresholds that hold on the tuning part."""
    logits = []
    for pool in tune:
        _, rows = pool.rows(weights.heads)
        scores = weights.trees(rows)
        _, row = pool_features(pool.asked, pool.articles, scores, weights.heads)
        logits.append(weights.pool_trees(row[None, :])[0])
    answerable = np.array([pool.question.answerable for pool in tune])
    slope, bias = calibrated(np.array(logits), answerable)
    probability = 1 / (1 + np.exp(-(slope * np.array(logits) + bias)))
    return replace(
        weights, calibration=(slope, bias), thresholds=thresholds(probability, answerable)
    )


def save(weights: dict[str, ReaderWeights], path: Path) -> None:
    """Write a file that `agent.reading.reader.shipped_weights` reads."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    told: dict[str, str] = {}
    for name, each in weights.items():
        more, metadata = each.tensors(name)
        arrays |= more
        told |= metadata
    save_file(arrays, path, metadata=told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=Path("agent/reading/weights") / WEIGHTS)
    chosen = parser.parse_args()
    home = Home.locate(chosen.home)
    encoder = CachedEncoder(load_encoder(), chosen.cache)
    searcher = Searcher(home, encoder)
    material = collect(searcher, encoder, _say)
    role = role_head(home, encoder)
    encoder.save()
    fingerprint = encoder.identity.fingerprint
    save(
        {"vectors": fit(material, role, fingerprint), "words": fit(material, None, "")}, chosen.out
    )


def _say(done: int, total: int) -> None:
    if done % 100 == 0:
        sys.stderr.write(f"{done} of {total} questions\n")


if __name__ == "__main__":
    main()
