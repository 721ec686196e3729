"""Train the shipped parts of the verifier: alignment networks, trees over them, thresholds.

    python -m evaluation.training.verification.fit --home HOME --data FOLDER --work FOLDER --out FOLDER

HOME is a data directory with the literature of the written claims, `--data` the folder of
`claims-train`. The written claims' articles are split into four folds; each network is trained
without one fold, the trees learn from each network's output on the fold it has not seen, and the
mean of the networks is shipped. Thresholds are chosen on the tuning articles. Every step is stored
in `--work`, from which a stopped run is resumed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch

from agent.language.alignment import Aligner, Relation
from agent.language.tokens import TokenEncoder, TokenVectors, joined, weights_folder
from agent.verification.features import GROUPS, Case
from evaluation.training.verification.align import Example, Recipe, Vectors, train
from evaluation.training.verification.examples import (
    PEOPLE,
    cited_only,
    in_context,
    people_examples,
)
from evaluation.training.verification.rows import Rows
from evaluation.verification.written import Part, articles_of, read_written

FOLDS = 4
# The share of pairs read in context in each pass, and the number of human labels.
_IN_CONTEXT, _LABELLED = 0.4, 1000
# Examples whose features are computed together.
_AT_ONCE = 256

Floats = npt.NDArray[np.float64]
View = tuple[Example, Example]


def written_views(part: Part, corpus: Path) -> list[View]:
    """The written claims of a part, each with only its cited sentences and in context."""
    claims = read_written(part)
    articles = articles_of(claims, corpus)
    return [(cited_only(c, articles), in_context(c, articles)) for c in claims]


def people(data: Path, split: str = "train") -> list[Example]:
    """The human labels of all sets."""
    return [
        example for name in PEOPLE for example in people_examples(data / f"{name}.jsonl.gz", split)
    ]


def encoded(examples: Sequence[Example], kept: Path) -> Vectors:
    """The vectors of every text; those stored in `kept` are reused."""
    vectors: dict[str, TokenVectors] = torch.load(kept, weights_only=False) if kept.exists() else {}
    texts = {text for e in examples for text in (e.claim, *e.sentences)}
    new = sorted(texts - vectors.keys(), key=len)
    encoder = TokenEncoder.load(weights_folder())
    for start in range(0, len(new), 1000):
        part = new[start : start + 1000]
        vectors.update(zip(part, encoder.encode(part), strict=True))
        sys.stderr.write(f"encoded {start + len(part)} of {len(new)}\n")
    if new:
        torch.save(vectors, kept)
    return vectors


def fold_of(group: str, seed: int = 0) -> int:
    """The fold of an article, or of a human-labelled claim."""
    return Random(f"{seed}-{group}").randrange(FOLDS)


def passes(views: Sequence[View], more: Sequence[Example], recipe: Recipe) -> list[list[Example]]:
    """The examples of each pass: pairs alone or in context, and human labels."""
    all_passes = []
    for number in range(recipe.epochs):
        rng = Random(f"{recipe.seed}-{number}")
        with_context: dict[str, bool] = {}
        chosen = [
            context
            if with_context.setdefault(alone.pair or alone.claim, rng.random() < _IN_CONTEXT)
            else alone
            for alone, context in views
        ]
        all_passes.append([*chosen, *rng.sample(more, min(len(more), _LABELLED))])
    return all_passes


def features_of(
    aligner: Aligner, examples: Sequence[Example], vectors: Vectors
) -> list[dict[str, dict[str, float]]]:
    """The judge's features of each example, by group and name."""
    features = []
    for start in range(0, len(examples), _AT_ONCE):
        part = examples[start : start + _AT_ONCE]
        tokens = [(vectors[e.claim], joined([vectors[s] for s in e.sentences])) for e in part]
        for e, pair, reading in zip(part, tokens, aligner.read(tokens), strict=True):
            case = Case(e.claim, e.sentences, pair, reading)
            features.append({name: group(case) for name, group in GROUPS.items()})
    return features


def rows_of(
    learnt: Sequence[Example],
    features: Sequence[dict[str, dict[str, float]]],
    tuning: Sequence[Example],
    tuning_features: Sequence[dict[str, dict[str, float]]],
) -> Rows:
    """The tables that trees are fitted to; NaN for a missing feature."""
    groups = {name: group for row in features for group, of in row.items() for name in of}

    def table(rows: Sequence[dict[str, dict[str, float]]]) -> Floats:
        return np.array([[e[group].get(n, np.nan) for n, group in groups.items()] for e in rows])

    return Rows(
        tuple(groups),
        tuple(groups.values()),
        table(features),
        np.array([e.right for e in learnt]),
        np.array([e.relation is Relation.REFUTES for e in learnt]),
        np.array([e.source not in PEOPLE for e in learnt]),
        table(tuning_features),
        np.array([e.right for e in tuning]),
    )


def main() -> None:
    """Train, choose thresholds, and write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("--home", "--data", "--work", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--fold", type=int, action="append", help="train only this fold; repeatable"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    corpus = options.home / "corpus.sqlite"
    train_views, tune_views = (written_views(part, corpus) for part in (Part.TRAIN, Part.TUNE))
    labelled = people(options.data)
    examples = [e for views in (train_views, tune_views) for view in views for e in view]
    vectors = encoded([*examples, *labelled], options.work / "vectors.pt")
    for fold in options.fold or range(FOLDS):
        path = options.work / f"fold-{fold}.safetensors"
        if not path.exists():
            views = [v for v in train_views if fold_of(v[0].group) != fold]
            more = [e for e in labelled if fold_of(e.group) != fold]
            recipe = Recipe(epochs=options.epochs, seed=fold)
            Aligner([train(passes(views, more, recipe), vectors, recipe)]).save(path)
    if options.fold:
        return
    networks, unseen, measured = [], [], []
    for fold in range(FOLDS):
        aligner = Aligner.load(options.work / f"fold-{fold}.safetensors")
        networks += aligner.networks
        examples = [e for v in train_views for e in v if fold_of(e.group) == fold]
        examples += [e for e in labelled if fold_of(e.group) == fold]
        unseen += examples
        measured += features_of(aligner, examples, vectors)
    aligner = Aligner(networks)
    tune = [e for view in tune_views for e in view]
    rows = rows_of(unseen, measured, tune, features_of(aligner, tune, vectors))
    rows.save(options.work / "rows.npz")
    trees, thresholds = rows.fitted()
    aligner.save(options.out / "alignment.safetensors")
    trees.save(options.out / "trees.npz")
    (options.out / "thresholds.json").write_text(json.dumps(asdict(thresholds), indent=2) + "\n")
    sys.stdout.write(f"{len(unseen)} rows, {len(rows.names)} features, {thresholds}\n")


if __name__ == "__main__":
    main()
