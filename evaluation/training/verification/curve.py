"""The learning curve: one network on increasing numbers of written claims, on the tuning articles.

    python -m evaluation.training.verification.curve --home HOME --work WORK --claims 1000 2000 4000

Smaller samples are subsets of larger ones and consist of whole articles. Human labels and trees are
not used: what is measured is the network's own log-odds of being carried, on claims with only the
sentences they cite and in context. WORK is that of `fit`, whose vectors are reused.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random

import numpy as np
import torch

from agent.language.alignment import Aligner
from agent.language.tokens import joined
from evaluation.training.verification.align import Example, Recipe, Vectors, train
from evaluation.training.verification.fit import View, encoded, passes, written_views
from evaluation.verification.blind import area_under_curve, resampled
from evaluation.verification.written import Part


def sample(views: list[View], claims: int) -> list[View]:
    """About this many claims, of whole articles drawn at random."""
    groups = sorted({alone.group for alone, _ in views})
    Random(0).shuffle(groups)
    by_group: dict[str, list[View]] = {}
    for view in views:
        by_group.setdefault(view[0].group, []).append(view)
    sampled: list[View] = []
    for group in groups:
        if len(sampled) >= claims:
            break
        sampled += by_group[group]
    return sampled


def scores(network: torch.nn.Module, examples: list[Example], vectors: Vectors) -> list[float]:
    """The network's log-odds of each claim being carried."""
    pairs = [(vectors[e.claim], joined([vectors[s] for s in e.sentences])) for e in examples]
    logits = [reading.relation for reading in Aligner([network]).read(pairs)]
    return [float(row[0] - np.logaddexp.reduce(row[1:])) for row in logits]


def main() -> None:
    """Print a line for each number of claims as soon as it is computed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--claims", type=int, nargs="+", required=True)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    corpus = options.home / "corpus.sqlite"
    learnt, tuning = (written_views(part, corpus) for part in (Part.TRAIN, Part.TUNE))
    tune = [example for view in tuning for example in view]
    training = [example for view in learnt for example in view]
    vectors = encoded([*training, *tune], options.work / "vectors.pt")
    right, groups = np.array([e.right for e in tune]), [e.group for e in tune]
    sys.stdout.write("| claims | articles | area under the curve |\n|---|---|---|\n")
    for claims in options.claims:
        views = sample(learnt, claims)
        recipe = Recipe(epochs=options.epochs)
        network = train(passes(views, [], recipe), vectors, recipe)
        log_odds = np.array(scores(network, tune, vectors))
        area = resampled(area_under_curve, right, log_odds, groups)
        articles = len({alone.group for alone, _ in views})
        sys.stdout.write(
            f"| {len(views):,} | {articles:,} | {area.value:.3f} [{area.low:.3f}, {area.high:.3f}] |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
