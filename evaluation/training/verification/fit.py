"""Train what the verifier ships: the alignment networks, the trees over them, the thresholds.

    python -m evaluation.training.verification.fit --home HOME --data FOLDER --work FOLDER --out FOLDER

HOME is a data directory with the literature of the written claims, `--data` the folder of
`claims-train`. The written claims' articles are cut in four; networks are trained that each leave
out a fourth, the trees learn from what a network says of the fourth that it has not seen, and the
mean of the networks ships. Thresholds are chosen on the tuning articles. Every step is kept in `--work`,
and a run that was stopped goes on from there.
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
# In each pass, this share of the pairs is read with their surroundings, and so many of people's
# labels are read.
_IN_CONTEXT, _LABELLED = 0.4, 1000
# Examples whose features are computed together.
_AT_ONCE = 256

Floats = npt.NDArray[np.float64]
View = tuple[Example, Example]


def written_views(part: Part, corpus: Path) -> list[View]:
    """The written claims of a part, each with its cited sentences alone and in their context."""
    claims = read_written(part)
    articles = articles_of(claims, corpus)
    return [(cited_only(c, articles), in_context(c, articles)) for c in claims]


def people(data: Path, split: str = "train") -> list[Example]:
    """People's labels of all sets."""
    return [
        example for name in PEOPLE for example in people_examples(data / f"{name}.jsonl.gz", split)
    ]


def encoded(examples: Sequence[Example], kept: Path) -> Vectors:
    """The vectors of every text; those that `kept` has are not made again."""
    known: dict[str, TokenVectors] = torch.load(kept, weights_only=False) if kept.exists() else {}
    texts = {text for e in examples for text in (e.claim, *e.sentences)}
    new = sorted(texts - known.keys(), key=len)
    encoder = TokenEncoder.load(weights_folder())
    for start in range(0, len(new), 1000):
        part = new[start : start + 1000]
        known.update(zip(part, encoder.encode(part), strict=True))
        sys.stderr.write(f"encoded {start + len(part)} of {len(new)}\n")
    if new:
        torch.save(known, kept)
    return known


def fold_of(group: str, seed: int = 0) -> int:
    """The fold of an article, or of a claim of people's labels."""
    return Random(f"{seed}-{group}").randrange(FOLDS)


def passes(views: Sequence[View], more: Sequence[Example], recipe: Recipe) -> list[list[Example]]:
    """What each pass reads: pairs alone or in context, and people's labels."""
    found = []
    for number in range(recipe.epochs):
        rng = Random(f"{recipe.seed}-{number}")
        way: dict[str, bool] = {}
        chosen = [
            context
            if way.setdefault(alone.pair or alone.claim, rng.random() < _IN_CONTEXT)
            else alone
            for alone, context in views
        ]
        found.append([*chosen, *rng.sample(more, min(len(more), _LABELLED))])
    return found


def features_of(
    aligner: Aligner, examples: Sequence[Example], vectors: Vectors
) -> list[dict[str, dict[str, float]]]:
    """The features of each example as the judge sees it, by group and name."""
    found = []
    for start in range(0, len(examples), _AT_ONCE):
        some = examples[start : start + _AT_ONCE]
        tokens = [(vectors[e.claim], joined([vectors[s] for s in e.sentences])) for e in some]
        for e, pair, reading in zip(some, tokens, aligner.read(tokens), strict=True):
            case = Case(e.claim, e.sentences, pair, reading)
            found.append({name: group(case) for name, group in GROUPS.items()})
    return found


def rows_of(
    learnt: Sequence[Example],
    features: Sequence[dict[str, dict[str, float]]],
    tuning: Sequence[Example],
    tuning_features: Sequence[dict[str, dict[str, float]]],
) -> Rows:
    """The tables that trees are fitted to; NaN for a feature that an example does not have."""
    groups = {name: group for each in features for group, of in each.items() for name in of}

    def table(some: Sequence[dict[str, dict[str, float]]]) -> Floats:
        return np.array([[e[group].get(n, np.nan) for n, group in groups.items()] for e in some])

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
    """Train, choose, and write."""
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
    every = [e for views in (train_views, tune_views) for view in views for e in view]
    vectors = encoded([*every, *labelled], options.work / "vectors.pt")
    for fold in options.fold or range(FOLDS):
        path = options.work / f"fold-{fold}.safetensors"
        if not path.exists():
            views = [v for v in train_views if fold_of(v[0].group) != fold]
            more = [e for e in labelled if fold_of(e.group) != fold]
            recipe = Recipe(epochs=options.epochs, seed=fold)
            Aligner([train(passes(views, more, recipe), vectors, recipe)]).save(path)
    if options.fold:
        return
    networks, held, measured = [], [], []
    for fold in range(FOLDS):
        aligner = Aligner.load(options.work / f"fold-{fold}.safetensors")
        networks += aligner.networks
        examples = [e for v in train_views for e in v if fold_of(e.group) == fold]
        examples += [e for e in labelled if fold_of(e.group) == fold]
        held += examples
        measured += features_of(aligner, examples, vectors)
    aligner = Aligner(networks)
    tune = [e for view in tune_views for e in view]
    rows = rows_of(held, measured, tune, features_of(aligner, tune, vectors))
    rows.save(options.work / "rows.npz")
    trees, found = rows.fitted()
    aligner.save(options.out / "alignment.safetensors")
    trees.save(options.out / "trees.npz")
    (options.out / "thresholds.json").write_text(json.dumps(asdict(found), indent=2) + "\n")
    sys.stdout.write(f"{len(held)} rows, {len(rows.names)} features, {found}\n")


if __name__ == "__main__":
    main()
