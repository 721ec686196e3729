r"""Train the large judge: a cross-encoder on all-mpnet-base-v2, and trees that also use its output.

    python -m evaluation.training.verification.large --home HOME --data FOLDER --work WORK \
        --base MODEL.safetensors --out FOLDER --device cuda

WORK is the folder with the vectors and networks of `fit`. As there, articles are split into four
folds; a network is trained without each fold, and one on all of them, which is shipped as an
adapter. Each of the five took two to three minutes on an H100. Every step is stored in WORK.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Encoding, Tokenizer
from torch.nn import functional

from agent.language.alignment import Aligner
from agent.language.tokens import weights_folder
from agent.verification.cross_encoder import (
    CLAIM_TOKENS,
    COLUMNS,
    EVIDENCE_TOKENS,
    CrossEncoder,
    collated,
    merged,
    new_network,
    row_of,
    with_log_odds,
)
from evaluation.training.verification.adapter import adapter
from evaluation.training.verification.align import Example, Recipe, of_order
from evaluation.training.verification.fit import (
    FOLDS,
    Floats,
    encoded,
    features_of,
    fold_of,
    passes,
    people,
    rows_of,
    written_views,
)
from evaluation.verification.written import Part

_RATE, _HEAD_RATE, _TOKENS = 5e-5, 2.5e-4, 9000
_EPOCHS = 4
_UNKNOWN = -1.0
Texts = Mapping[str, Encoding]


def train(
    passes_: Sequence[Sequence[Example]], texts: Texts, base: Path, recipe: Recipe, device: str
) -> torch.nn.Module:
    """Fine-tune the whole base, with auxiliary heads for words that are discarded afterwards."""
    torch.manual_seed(recipe.seed)
    network = new_network()
    network.load_state_dict(merged(load_file(base), {}), strict=False)
    words = torch.nn.Linear(network.relation.in_features, 2)  # type: ignore[union-attr,arg-type]
    network.to(device)
    words.to(device)
    body = list(network.base.parameters())  # type: ignore[union-attr]
    head = [p for n, p in network.named_parameters() if not n.startswith("base.")]
    head += list(words.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": _RATE}, {"params": head, "lr": _HEAD_RATE}], weight_decay=0.01
    )
    batches = [
        _batches(examples, texts, f"{recipe.seed}-{i}") for i, examples in enumerate(passes_)
    ]
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [_RATE, _HEAD_RATE], total_steps=sum(map(len, batches)) + 1, pct_start=0.08,
        anneal_strategy="linear", cycle_momentum=False,
    )  # fmt: skip
    for number, epoch_batches in enumerate(batches, start=1):
        network.train(True)
        total = 0.0
        for batch in epoch_batches:
            with torch.autocast(device, torch.bfloat16):
                loss = _loss(network, words, batch, texts, recipe, device)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*body, *head], 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        sys.stderr.write(f"epoch {number}: loss {total / max(1, len(epoch_batches)):.3f}\n")
    return network.train(False)


def _batches(examples: Sequence[Example], texts: Texts, seed: str) -> list[list[Example]]:
    """Batches that keep pairs together, of similar lengths and limited tokens."""
    groups: dict[str, list[Example]] = {}
    for i, example in enumerate(examples):
        groups.setdefault(example.pair or f"alone-{i}", []).append(example)

    def length(unit: Sequence[Example]) -> int:
        return max(len(texts[e.claim].ids) + len(texts[" ".join(e.sentences)].ids) for e in unit)

    batches: list[list[Example]] = []
    batch: list[Example] = []
    for unit in sorted(groups.values(), key=length):
        if batch and (len(batch) + len(unit)) * length(unit) > _TOKENS:
            batches.append(batch)
            batch = []
        batch = [*batch, *unit]
    batches.append(batch)
    Random(seed).shuffle(batches)
    return batches


def _loss(
    network: torch.nn.Module, words: torch.nn.Module, batch: Sequence[Example], texts: Texts,
    recipe: Recipe, device: str,
) -> torch.Tensor:  # fmt: skip
    pairs = [(texts[e.claim], texts[" ".join(e.sentences)]) for e in batch]
    inputs = [tensor.to(device) for tensor in collated([row_of(a.ids, b.ids) for a, b in pairs])]
    relation, states = network.read(*inputs)  # type: ignore[operator]
    relation = relation.float()
    targets = torch.tensor([int(e.relation) for e in batch], device=device)
    loss = functional.cross_entropy(relation, targets, label_smoothing=0.04)
    marks = torch.full((*inputs[0].shape, 2), _UNKNOWN)
    for row, (example, (claim, evidence)) in enumerate(zip(batch, pairs, strict=True)):
        offsets = claim.offsets[:CLAIM_TOKENS]
        _mark(marks[row, 1:, 0], offsets, example.words)
        after = 2 + len(offsets)
        _mark(marks[row, after:, 1], evidence.offsets[:EVIDENCE_TOKENS], example.decides)
    logits = words(states).float()
    for column, weight in ((0, recipe.claim_words), (1, recipe.evidence_words)):
        wanted_words = marks[..., column].to(device)
        annotated = wanted_words > _UNKNOWN
        if annotated.any():
            loss = loss + weight * functional.binary_cross_entropy_with_logits(
                logits[..., column][annotated], wanted_words[annotated],
                pos_weight=torch.tensor(3.0, device=device),
            )  # fmt: skip
    carried = relation[:, 0] - torch.logsumexp(relation[:, 1:], dim=1)
    return loss + recipe.order * of_order(carried, batch)


def _mark(
    row: torch.Tensor, offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]] | None
) -> None:
    """Set 1 for tokens that touch a span and 0 for the others, if the example is annotated."""
    if spans is not None:
        for i, (start, end) in enumerate(offsets):
            row[i] = float(any(a < end and start < b for a, b in spans))


@torch.inference_mode()
def logits_of(
    network: torch.nn.Module, examples: Sequence[Example], texts: Texts, device: str
) -> Floats:
    """The network's outputs, (examples, `COLUMNS`)."""
    logits = []
    for example in examples:
        row = row_of(texts[example.claim].ids, texts[" ".join(example.sentences)].ids)
        with torch.autocast(device, torch.bfloat16):
            inputs = (tensor.to(device) for tensor in collated([row]))
            logits.append(network(*inputs)[0].float().cpu())
    return with_log_odds(torch.stack(logits).double().numpy())


def main() -> None:
    """Train missing networks, compute the adapter, fit the trees."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("--home", "--data", "--work", "--base", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    work, device = options.work, options.device
    corpus = options.home / "corpus.sqlite"
    train_views, tune_views = (written_views(part, corpus) for part in (Part.TRAIN, Part.TUNE))
    labelled = people(options.data)
    tune = [e for view in tune_views for e in view]
    training = [*(e for view in train_views for e in view), *labelled]
    texts = _tokens([*training, *tune])
    learnt, features, logits = [], [], []
    vectors = encoded([*training, *tune], work / "vectors.pt")
    for fold in (*range(FOLDS), -1):
        path = work / f"large-{fold}.safetensors"
        recipe = Recipe(epochs=_EPOCHS, seed=fold + 10)
        if not path.exists():
            views = [v for v in train_views if fold_of(v[0].group) != fold]
            more = [e for e in labelled if fold_of(e.group) != fold]
            network = train(passes(views, more, recipe), texts, options.base, recipe, device)
            save_file({k: v.bfloat16().cpu() for k, v in network.state_dict().items()}, path)
        if fold < 0:
            break
        network = new_network().to(device).train(False)
        network.load_state_dict(load_file(path))
        unseen = [e for e in training if fold_of(e.group) == fold]
        learnt += unseen
        logits.append(logits_of(network, unseen, texts, device))
        features += features_of(Aligner.load(work / f"fold-{fold}.safetensors"), unseen, vectors)
    base, tuned = (
        {name: value.float() for name, value in load_file(path).items()}
        for path in (options.base, work / "large--1.safetensors")
    )
    save_file(adapter(base, tuned), options.out / "adapter.safetensors")
    shipped = CrossEncoder.load(options.base, options.out / "adapter.safetensors")
    networks = [Aligner.load(work / f"fold-{f}.safetensors").networks[0] for f in range(FOLDS)]
    _with(features, np.concatenate(logits))
    tuning = features_of(Aligner(networks), tune, vectors)
    _with(tuning, shipped.logits([(e.claim, e.sentences) for e in tune]))
    rows = rows_of(learnt, features, tune, tuning)
    rows.save(work / "large-rows.npz")
    trees, thresholds = rows.fitted()
    trees.save(options.out / "trees.npz")
    (options.out / "thresholds.json").write_text(json.dumps(asdict(thresholds), indent=2) + "\n")


def _with(features: Sequence[dict[str, dict[str, float]]], logits: Floats) -> None:
    for groups, row in zip(features, logits, strict=True):
        groups["large"] = dict(zip(COLUMNS, map(float, row), strict=True))


def _tokens(examples: Sequence[Example]) -> Texts:
    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = list({text for e in examples for text in (e.claim, " ".join(e.sentences))})
    return dict(zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))


if __name__ == "__main__":
    main()
