"""Train the networks of the span tagger."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
import torch

from agent.table.tagger import BEGINS, ENDS, TAGGED, WITHIN, new_network, padded
from agent.table.words import Words
from evaluation.table.annotations import Annotated
from retrieval.parallel import by_length

# Compensates for the small number of words at which spans begin and end.
_POSITIVE_WEIGHT = 2.0
_BATCH_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters."""

    epochs: int = 12
    rate: float = 6e-3
    decay: float = 0.02
    dropout: float = 0.3
    seed: int = 0


def targets(words: Words, annotated: Annotated) -> npt.NDArray[np.float32]:
    """(words, columns, 3): 1 where a span begins, runs on or ends.

    Every place at which the words of an annotated span stand counts, since a cell that shows them
    from there says the same.
    """
    marks = np.zeros((len(words.spans), len(TAGGED), 3), dtype=np.float32)
    text = annotated.article.text
    begins = {start: i for i, (start, _) in enumerate(words.spans)}
    ends = {end: i for i, (_, end) in enumerate(words.spans)}
    for column, name in enumerate(TAGGED):
        for span in annotated.cells.get(name, ()):
            phrase = r"\s+".join(map(re.escape, span.split()))
            for match in re.finditer(rf"(?<!\w){phrase}(?!\w)", text, re.IGNORECASE):
                first, last = begins.get(match.start()), ends.get(match.end())
                if first is not None and last is not None:
                    marks[first, column, BEGINS] = 1
                    marks[last, column, ENDS] = 1
                    marks[first : last + 1, column, WITHIN] = 1
    return marks


def train(
    articles: Sequence[tuple[Words, npt.NDArray[np.float32]]], recipe: Recipe
) -> torch.nn.Module:
    """Train a network on articles with their targets."""
    torch.manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    network = new_network(recipe.dropout)
    lengths = [len(words.spans) for words, _ in articles]
    batches = list(by_length(lengths, _BATCH_WORDS))
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.epochs * len(batches), pct_start=0.2
    )
    weight = torch.tensor(_POSITIVE_WEIGHT)
    began = time.monotonic()
    for epoch in range(recipe.epochs):
        network.train(True)
        # Other neighbours in each epoch: lengths are disturbed before they are grouped.
        disturbed = [int(length * rng.uniform(0.85, 1.15)) for length in lengths]
        batches = list(by_length(disturbed, _BATCH_WORDS))[: len(batches)]
        rng.shuffle(batches)
        total = 0.0
        for batch in batches:
            inputs, present = padded([articles[i][0] for i in batch])
            marks = torch.zeros(len(batch), inputs.shape[1], len(TAGGED), 3)
            for row, i in enumerate(batch):
                marks[row, : lengths[i]] = torch.from_numpy(articles[i][1])
            logits = network(inputs, present)
            mask = torch.arange(inputs.shape[1])[None] < present[:, None]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits[mask], marks[mask], pos_weight=weight
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        sys.stderr.write(
            f"epoch {epoch + 1}: loss {total / len(batches):.4f}, {time.monotonic() - began:.0f} s\n"
        )
    return network.train(False)
