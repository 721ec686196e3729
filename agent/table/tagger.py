"""The span tagger: for each word and column, whether a cell's span begins, runs on or ends there.

Convolutional networks over a whole abstract (`agent.table.words`), a few trained apart,
whose logits are averaged. Training, data and limits: weights/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agent.language.tokens import LAYERS, WIDTH
from agent.table.words import FLAGS, Words
from retrieval.parallel import by_length, shared_out

if TYPE_CHECKING:
    import torch
    from torch import nn as modules

# The columns that the tagger reads, in the order of its outputs.
TAGGED = ("n", "population", "intervention", "comparator", "outcome", "follow_up")
# What is predicted for each word and column, in this order.
BEGINS, WITHIN, ENDS = range(3)
_HIDDEN = 96
# The distance at which each block looks to either side: together, 15 words.
_DILATIONS = (1, 2, 4, 8)
# Words per batch, padding included.
_BATCH = 4_000

Logits = npt.NDArray[np.float32]


def new_network(dropout: float = 0.3) -> modules.Module:
    """An untrained network, as a torch module: (n, words, inputs) → (n, words, columns, 3) logits.

    A function, because importing torch takes a second, and most commands never need it.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        """A residual block that sees the words at a distance of `dilation` to either side."""

        def __init__(self, dilation: int) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(_HIDDEN)
            self.look = nn.Conv1d(_HIDDEN, _HIDDEN, 3, padding=dilation, dilation=dilation)
            self.mix = nn.Linear(_HIDDEN, _HIDDEN)
            self.drop = nn.Dropout(dropout)

        def forward(self, states: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            normed = self.norm(states) * present
            near = self.look(normed.transpose(1, 2)).transpose(1, 2)
            mixed: torch.Tensor = states + self.drop(self.mix(functional.relu(near)))
            return mixed

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(dropout)
            self.project = nn.Linear(len(LAYERS) * WIDTH, _HIDDEN)
            self.flags = nn.Linear(FLAGS, _HIDDEN)
            self.blocks = nn.ModuleList(Block(dilation) for dilation in _DILATIONS)
            self.whole = nn.Linear(2 * _HIDDEN, _HIDDEN)
            self.tag = nn.Sequential(nn.LayerNorm(_HIDDEN), nn.Linear(_HIDDEN, 3 * len(TAGGED)))

        def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            present = (torch.arange(inputs.shape[1])[None] < lengths[:, None])[..., None]
            vectors, flags = inputs[..., :-FLAGS], inputs[..., -FLAGS:]
            states = functional.relu(self.project(self.drop(vectors)) + self.flags(flags))
            half = len(self.blocks) // 2
            for block in self.blocks[:half]:
                states = block(states, present)
            mean = (states * present).sum(dim=1) / lengths[:, None]
            highest = states.masked_fill(~present, -1e4).amax(dim=1)
            states = states + self.whole(torch.cat([mean, highest], dim=-1))[:, None]
            for block in self.blocks[half:]:
                states = block(states, present)
            flat: torch.Tensor = self.tag(self.drop(states))
            logits: torch.Tensor = flat.unflatten(-1, (len(TAGGED), 3))
            return logits

    return Network()


def padded(batch: Sequence[Words]) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (n, words, inputs), padded with zeros, and lengths (n,)."""
    import torch

    lengths = torch.tensor([len(words.spans) for words in batch])
    inputs = torch.zeros(len(batch), int(lengths.max()), batch[0].inputs.shape[1])
    for row, words in enumerate(batch):
        inputs[row, : len(words.spans)] = torch.from_numpy(words.inputs.astype(np.float32))
    return inputs, lengths


class Tagger:
    """An ensemble of networks, trained separately; its logits are their mean."""

    def __init__(self, networks: Sequence[modules.Module]) -> None:
        self.networks = [network.train(False) for network in networks]

    def tag(self, articles: Sequence[Words]) -> list[Logits]:
        """(words, columns, 3) logits of each article."""
        lengths = [len(words.spans) for words in articles]
        batches = [[i for i in batch if lengths[i]] for batch in by_length(lengths, _BATCH)]
        batches = [batch for batch in batches if batch]
        results = {i: np.zeros((0, len(TAGGED), 3), np.float32) for i in range(len(articles))}
        outputs = shared_out(lambda batch: self._tag([articles[i] for i in batch]), batches)
        for batch, logits in zip(batches, outputs, strict=True):
            results |= dict(zip(batch, logits, strict=True))
        return [results[i] for i in range(len(articles))]

    def _tag(self, batch: Sequence[Words]) -> list[Logits]:
        import torch

        with torch.inference_mode():
            inputs, lengths = padded(batch)
            logits = torch.stack([network(inputs, lengths) for network in self.networks]).mean(0)
        return [logits[row, : len(words.spans)].numpy() for row, words in enumerate(batch)]
