"""The lowest layers, left as they are and so computed once for each pair, however often it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch

from agent.verification.cross_encoder import Network
from evaluation.verification.training.pairs import Pair

_BATCH = 32


class LowerLayers:
    """What the lowest `count` layers make of pairs; kept for networks that share those layers."""

    def __init__(self, network: Network, count: int) -> None:
        self._network = network
        self.count = count
        self._known: dict[tuple[str, str], torch.Tensor] = {}

    def read(self, pairs: Sequence[Pair]) -> None:
        """Compute what is not known yet."""
        new = {(p.claim, p.evidence) for p in pairs} - self._known.keys()
        ordered = sorted(new, key=lambda pair: len(pair[0]) + len(pair[1]))
        bert = self._network.model.bert
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            inputs = self._network.encode(batch)
            mask = inputs["attention_mask"]
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                hidden = bert.embeddings(inputs["input_ids"], inputs["token_type_ids"])
                for layer in bert.encoder.layer[: self.count]:
                    hidden = layer(hidden, _additive(mask))
            for pair, states, length in zip(batch, hidden, mask.sum(dim=1), strict=True):
                self._known[pair] = states[: int(length)].to(torch.bfloat16).clone()

    def logits(self, network: Network, pairs: Sequence[Pair]) -> torch.Tensor:
        """(n, 3) outputs of a network that has these lowest layers, computed from there on up."""
        states = [self._known[pair.claim, pair.evidence] for pair in pairs]
        longest = -(-max(len(each) for each in states) // 16) * 16
        hidden = torch.zeros(len(states), longest, states[0].shape[1])
        mask = torch.zeros(len(states), longest)
        for row, each in enumerate(states):
            hidden[row, : len(each)] = each
            mask[row, : len(each)] = 1
        model = network.model
        for layer in model.bert.encoder.layer[self.count :]:
            hidden = layer(hidden, _additive(mask))
        pooled = model.dropout(cast("torch.nn.Module", model.bert.pooler)(hidden))
        return torch.as_tensor(model.classifier(pooled))


def _additive(mask: torch.Tensor) -> torch.Tensor:
    return (1.0 - mask[:, None, None, :].float()) * -1e4
