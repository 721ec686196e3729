"""Train alignment networks on written claims and human labels.

The loss of a claim is the sum of the losses of its label, of its unsupported words, of the deciding
words of the evidence, and, if a right and a wrong claim over the same sentences are in one batch,
of their order: the right one must score higher by a margin.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import torch

from agent.language.alignment import Relation, new_network, paired
from agent.language.tokens import TokenVectors, joined

_UNKNOWN = -1.0
# Compensates for the small number of marked words.
_MARKED_WEIGHT = 3.0
_PATIENCE = 24


@dataclass(frozen=True, slots=True)
class Example:
    """One claim with the sentences it is judged by.

    `words` are the unsupported spans of the claim: () if there are none, None if not annotated.
    `decides` are offsets in the sentences, joined by a space. Examples of one `pair` are compared
    with each other; "" is no pair. `group` is the article, which is never split between two parts.
    """

    claim: str
    sentences: tuple[str, ...]
    relation: Relation
    words: tuple[tuple[int, int], ...] | None
    decides: tuple[tuple[int, int], ...] | None
    pair: str
    group: str
    source: str

    @property
    def right(self) -> bool:
        return self.relation is Relation.SUPPORTS


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters; the weights are of the losses relative to that of the label."""

    epochs: int = 8
    rate: float = 1e-3
    decay: float = 0.02
    batch: int = 32
    claim_words: float = 1.0
    evidence_words: float = 0.3
    order: float = 1.0
    smoothing: float = 0.05
    dropout: float = 0.2
    seed: int = 0


Vectors = Mapping[str, TokenVectors]


def train(
    epochs: Sequence[Sequence[Example]],
    vectors: Vectors,
    recipe: Recipe,
    start: torch.nn.Module | None = None,
) -> torch.nn.Module:
    """Train a network with one pass over each of `epochs`, from the weights of `start` if given.

    Args:
        vectors: those of every claim and sentence of the examples.
    """
    torch.manual_seed(recipe.seed)
    network = new_network(recipe.dropout)
    if start is not None:
        network.load_state_dict(start.state_dict())
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, weight_decay=recipe.decay, fused=True
    )
    batches = [_batches(examples, vectors, recipe, i) for i, examples in enumerate(epochs)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=max(2, sum(map(len, batches)))
    )
    began = time.monotonic()
    for epoch, epoch_batches in enumerate(batches):
        network.train(True)
        total = 0.0
        for batch in epoch_batches:
            loss = batch_loss(network, batch, vectors, recipe)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        spent = time.monotonic() - began
        sys.stderr.write(
            f"epoch {epoch + 1}: loss {total / max(1, len(epoch_batches)):.3f}, {spent:.0f} s\n"
        )
        sys.stderr.flush()
    return network.train(False)


def _batches(
    examples: Sequence[Example], vectors: Vectors, recipe: Recipe, epoch: int
) -> list[list[Example]]:
    """Batches that keep pairs together and have texts of similar length."""
    rng = Random(f"{recipe.seed}-{epoch}")
    groups: dict[str, list[Example]] = {}
    for i, example in enumerate(examples):
        groups.setdefault(example.pair or f"alone-{i}", []).append(example)
    units = list(groups.values())
    rng.shuffle(units)
    batches: list[list[Example]] = []
    window = recipe.batch * _PATIENCE
    for start in range(0, len(units), window):
        near = sorted(
            units[start : start + window],
            key=lambda unit: max(sum(len(vectors[s].ids) for s in e.sentences) for e in unit),
        )
        batch: list[Example] = []
        for unit in near:
            batch += unit
            if len(batch) >= recipe.batch:
                batches.append(batch)
                batch = []
        if batch:
            batches.append(batch)
    rng.shuffle(batches)
    return batches


def batch_loss(
    network: torch.nn.Module, batch: Sequence[Example], vectors: Vectors, recipe: Recipe
) -> torch.Tensor:
    """The weighted sum of the four losses."""
    claims = [vectors[e.claim] for e in batch]
    evidence = [joined([vectors[s] for s in e.sentences]) for e in batch]
    relation, doubts, decides = network(paired(list(zip(claims, evidence, strict=True))))
    targets = torch.tensor([int(e.relation) for e in batch])
    loss = torch.nn.functional.cross_entropy(relation, targets, label_smoothing=recipe.smoothing)
    marked = [_marked(t, e.words, doubts.shape[1]) for t, e in zip(claims, batch, strict=True)]
    loss = loss + recipe.claim_words * _of_words(doubts, torch.tensor(marked))
    marked = [_marked(t, e.decides, decides.shape[1]) for t, e in zip(evidence, batch, strict=True)]
    loss = loss + recipe.evidence_words * _of_words(decides, torch.tensor(marked))
    carried = relation[:, 0] - torch.logsumexp(relation[:, 1:], dim=1)
    return loss + recipe.order * of_order(carried, batch)


def _of_words(logits: torch.Tensor, marks: torch.Tensor) -> torch.Tensor:
    annotated = marks > _UNKNOWN
    if not annotated.any():
        return torch.zeros(())
    return torch.nn.functional.binary_cross_entropy_with_logits(
        logits[annotated], marks[annotated], pos_weight=torch.tensor(_MARKED_WEIGHT)
    )


def of_order(carried: torch.Tensor, batch: Sequence[Example]) -> torch.Tensor:
    """Softplus of the shortfall of right claims from a margin over wrong ones of their pair."""
    by_pair: dict[str, list[int]] = {}
    for i, example in enumerate(batch):
        if example.pair:
            by_pair.setdefault(example.pair, []).append(i)
    margins = [
        carried[r] - carried[w]
        for members in by_pair.values()
        for r in members
        for w in members
        if batch[r].right and not batch[w].right
    ]
    if not margins:
        return torch.zeros(())
    return torch.nn.functional.softplus(1.0 - torch.stack(margins)).mean()


def _marked(
    text: TokenVectors, spans: Sequence[tuple[int, int]] | None, length: int
) -> list[float]:
    """1 for tokens that touch a span, 0 for the others, negative if not annotated."""
    if spans is None:
        return [_UNKNOWN] * length
    marks = [float(any(a < end and start < b for a, b in spans)) for start, end in text.spans]
    return marks + [_UNKNOWN] * (length - len(marks))
