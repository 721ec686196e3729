"""Train what the evidence table learned: `agent/table/weights/tagger.safetensors`.

    python -m evaluation.training.table.train --home DEMO --work FOLDER

DEMO holds the demo literature. The articles of the part `train` are split into folds; each network
leaves one out, and tags it for the trees, which are cross-validated over the same folds. Thresholds
are chosen on these articles and those of the part `tune`, from which nothing learns. All networks
ship. Vectors and networks are kept in `--work`, from which a stopped run is resumed; with
`--fold N` only that network is trained, so that several can be trained at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file, save_file

from agent.language.ensembles import networks_of, tensors_of
from agent.table.abstract import Abstract
from agent.table.learned import WEIGHTS, LearnedCells, SpanJudge
from agent.table.tagger import TAGGED, Logits, Tagger, new_network
from agent.table.words import Words, words_of
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.table.annotations import Annotated, read_annotations
from evaluation.training.table.judge import cross_validated, figures, fit, judged, threshold
from evaluation.training.table.tagger import Recipe, targets, train

FOLDS = 4


def fold_of(pmid: str) -> int:
    """The fold of an article."""
    return Random(f"cells-{pmid}").randrange(FOLDS)


def encoded(annotated: Sequence[Annotated], kept: Path) -> list[Words]:
    """The words of every article, from the file `kept` if it is there."""
    if kept.exists():
        return list(torch.load(kept, weights_only=False))
    articles = list(words_of([Abstract(each.article) for each in annotated]))
    torch.save(articles, kept)
    return articles


def network(
    fold: int, articles: Sequence[Words], annotated: Sequence[Annotated], work: Path
) -> Tagger:
    """The network that leaves out a fold, from `work` if it is there."""
    path = work / f"network-{fold}.safetensors"
    if not path.exists():
        learned = [
            (words, targets(words, each))
            for words, each in zip(articles, annotated, strict=True)
            if fold_of(each.article.pmid) != fold
        ]
        trained = Tagger([train(learned, Recipe(seed=fold))])
        save_file(tensors_of(trained.networks), path)
    return Tagger(networks_of(load_file(path), new_network))


def left_out(
    taggers: Sequence[Tagger], articles: Sequence[Words], folds: Sequence[int]
) -> list[Logits]:
    """The logits of each article by the network that has not learned from it."""
    logits: dict[int, Logits] = {}
    for fold, tagger in enumerate(taggers):
        own = [i for i, each in enumerate(folds) if each == fold]
        logits |= dict(zip(own, tagger.tag([articles[i] for i in own]), strict=True))
    return [logits[i] for i in range(len(articles))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--fold", type=int)
    parser.add_argument("--out", type=Path, default=Path("agent/table/weights"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    # On a busy machine, threads that wait for each other cost more than they give.
    torch.set_num_threads(1)
    with open_corpus(Home.locate(options.home).corpus) as store:
        annotated = read_annotations(store, "train")
        tuning = read_annotations(store, "tune")
    articles = encoded(annotated, options.work / "words.pt")
    if options.fold is not None:
        network(options.fold, articles, annotated, options.work)
        return
    taggers = [network(fold, articles, annotated, options.work) for fold in range(FOLDS)]
    folds = [fold_of(each.article.pmid) for each in annotated]
    logits = left_out(taggers, articles, folds)
    tagger = Tagger([each for tagger in taggers for each in tagger.networks])
    unseen = encoded(tuning, options.work / "tune.pt")
    unseen_logits = tagger.tag(unseen)
    judges = {}
    for column, name in enumerate(TAGGED):
        examples = judged(column, list(zip(articles, annotated, logits, folds, strict=True)))
        trees = fit(examples)
        held_out = judged(
            column, [(*each, FOLDS) for each in zip(unseen, tuning, unseen_logits, strict=True)]
        )
        crossed = list(zip(examples, cross_validated(examples), strict=True))
        tuned = [(each, SpanJudge(trees, 0.0).probabilities(each.rows)) for each in held_out]
        least = threshold(column, [*crossed, *tuned])
        for part, pairs in (("cross-validated", crossed), ("tune", tuned)):
            right, shown, filled, fillable = figures(column, pairs, least)
            sys.stderr.write(
                f"{name} from {least:.2f}, {part}: {right} of {shown} shown are right,"
                f" {filled} of {fillable} articles have one\n"
            )
        judges[name] = SpanJudge(trees, least)
    LearnedCells(tagger, judges).save(options.out / WEIGHTS)


if __name__ == "__main__":
    main()
