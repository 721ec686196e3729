"""Fitting a network to pairs, on a CPU: bfloat16, batches of like length, lower layers learning slower."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch

from agent.verification.cross_encoder import Network
from evaluation.verification.labelled import Relation
from evaluation.verification.training.pairs import Pair

_BATCH = 16
_POOL = 1024


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a run goes.

    `layer_decay`: each layer learns at this share of the rate of the layer above it (Howard and
    Ruder, ULMFiT, ACL 2018). `balance`: from 0, all pairs count alike, to 1, all classes do.
    """

    epochs: int
    rate: float
    seed: int
    warmup: float = 0.06
    layer_decay: float = 1.0
    balance: float = 0.0
    smoothing: float = 0.05
    weight_decay: float = 0.01
    replayed: int = 0


def fit(
    network: Network, pairs: Sequence[Pair], recipe: Recipe, replay: Sequence[Pair] = ()
) -> None:
    """Train in place; word vectors stay as they are.

    Args:
        replay: pairs of an earlier stage, of which each pass takes others along, `recipe.replayed`
            at a time, so that what they taught is not unlearnt (Robins, Catastrophic forgetting,
            rehearsal and pseudorehearsal, Connection Science 1995).
    """
    torch.manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    model = network.model
    model.train()
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    optimiser = torch.optim.AdamW(_groups(model, len(model.bert.encoder.layer), recipe), fused=True)
    replayed = min(len(replay), recipe.replayed)
    steps = recipe.epochs * -(-(len(pairs) + replayed) // _BATCH)
    warm = max(1, int(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / max(1, steps - warm)))
    )
    loss_of = torch.nn.CrossEntropyLoss(
        weight=_class_weights(pairs, recipe.balance), label_smoothing=recipe.smoothing
    )
    progress = _Progress(steps)
    for _ in range(recipe.epochs):
        for batch in _batches([*pairs, *rng.sample(replay, replayed)], rng):
            wanted = torch.tensor([int(pair.relation) for pair in batch])
            texts = [(pair.claim, pair.evidence) for pair in batch]
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(**network.encode(texts)).logits
            loss = loss_of(logits.float(), wanted)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            progress.step(loss.item())
    model.train(False)


def _groups(model: torch.nn.Module, layers: int, recipe: Recipe) -> list[dict[str, Any]]:
    """Every weight that is learnt, with its own rate; biases and norms are not decayed."""
    above = layers + 1
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = above
        if ".embeddings." in name:
            depth = 0
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0]) + 1
        groups.append(
            {
                "params": [parameter],
                "lr": recipe.rate * recipe.layer_decay ** (above - depth),
                "weight_decay": recipe.weight_decay if parameter.dim() > 1 else 0.0,
            }
        )
    return groups


def _class_weights(pairs: Sequence[Pair], balance: float) -> torch.Tensor:
    counts = np.bincount([int(pair.relation) for pair in pairs], minlength=len(Relation))
    return torch.tensor((counts.mean() / counts) ** balance, dtype=torch.float32)


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


class _Progress:
    """A line to stderr now and then."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done, self._loss = steps, 0, 0.0
        self._began = time.monotonic()

    def step(self, loss: float) -> None:
        self._loss = 0.98 * self._loss + 0.02 * loss if self._done else loss
        self._done += 1
        if self._done % 50 == 0:
            spent = time.monotonic() - self._began
            rate = self._done * _BATCH / spent
            sys.stderr.write(
                f"{self._done}/{self._steps} loss {self._loss:.3f}, {rate:.0f} pairs/s, {spent:.0f} s\n"
            )
            sys.stderr.flush()
