"""The alignment network: it aligns each word of a claim with the evidence, and vice versa.

Every token attends to the nearest tokens of the other side and is compared with them; the
comparisons are pooled into the relation between evidence and claim (decomposable attention: Parikh
et al., EMNLP 2016). Its inputs are the vectors of a frozen encoder, so it is small, learns from few
pairs, and also predicts for each word whether it is carried. Training and limits are documented in
verification/weights/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from agent.language.ensembles import networks_of, tensors_of
from agent.language.tokens import WIDTH, TokenVectors, weights_folder
from corpora.errors import EncoderError
from retrieval.parallel import by_length, shared_out

if TYPE_CHECKING:
    import torch
    from torch import nn as modules

Logits = npt.NDArray[np.float64]
_FILE = "alignment.safetensors"
# Tokens of claims and evidence per batch.
_BATCH = 2000
_SIDE, _HIDDEN, _PROJECTED = 96, 192, 128
_ABSENT = -1e4


class Relation(IntEnum):
    """The relation of evidence to a claim, in the order of the network's outputs."""

    SUPPORTS = 0
    REFUTES = 1
    NEUTRAL = 2
    PARTLY = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """The network's outputs for one claim and its evidence.

    `relation` has four logits; `claim` has one for each token of the claim, that it is not carried;
    `evidence` has one for each token of the evidence, that it decides.
    """

    relation: Logits
    claim: Logits
    evidence: Logits


Texts = tuple[TokenVectors, TokenVectors]


class Side(NamedTuple):
    """A batch of one text of each pair, with its untrained similarities to the other text.

    `ids` (n, tokens) are 0 for padding, `vectors` (n, tokens, width) are the encoder's. `alike` are
    cosines to the other text's tokens by layer, `same` is 1 for equal tokens, both (n, tokens,
    other tokens); `absent` (n, 1, other tokens) is a large negative number where the other text is
    padded. `nearest` (n, tokens, 3) are the maxima of `same` and `alike`.
    """

    ids: torch.Tensor
    vectors: torch.Tensor
    alike: tuple[torch.Tensor, ...]
    same: torch.Tensor
    absent: torch.Tensor
    nearest: torch.Tensor


Pairs = tuple[Side, Side]


def paired(pairs: Sequence[Texts]) -> Pairs:
    """Prepare claims and evidence for the networks: the claims' side and the evidence's side."""
    import torch

    ids, vectors = zip(*(_padded([pair[i] for pair in pairs]) for i in (0, 1)), strict=True)
    unit = [
        [torch.nn.functional.normalize(layer, dim=-1) for layer in text.split(WIDTH, dim=-1)]
        for text in vectors
    ]
    alike = tuple(claim @ evidence.transpose(1, 2) for claim, evidence in zip(*unit, strict=True))
    same = (ids[0][:, :, None] == ids[1][:, None, :]).float()
    return (
        _side(ids[0], vectors[0], ids[1], alike, same),
        _side(ids[1], vectors[1], ids[0], tuple(a.mT for a in alike), same.mT),
    )


def _side(
    ids: torch.Tensor,
    vectors: torch.Tensor,
    other_ids: torch.Tensor,
    alike: tuple[torch.Tensor, ...],
    same: torch.Tensor,
) -> Side:
    import torch

    missing = (other_ids == 0)[:, None, :]
    same = same.masked_fill(missing, 0)
    nearest = torch.stack(
        [same.amax(dim=-1), *(layer.masked_fill(missing, -1).amax(dim=-1) for layer in alike)],
        dim=-1,
    )
    return Side(ids, vectors, alike, same, missing * _ABSENT, nearest)


def _padded(texts: Sequence[TokenVectors]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids (n, tokens), padded with 0, and vectors (n, tokens, width)."""
    import torch

    length = max(1, *(len(text.ids) for text in texts))
    ids = np.zeros((len(texts), length), dtype=np.int64)
    vectors = np.zeros((len(texts), length, texts[0].vectors.shape[1]), dtype=np.float32)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = text.ids
        vectors[row, : len(text.ids)] = text.vectors
    return torch.from_numpy(ids), torch.from_numpy(vectors)


def new_network(dropout: float = 0.2) -> modules.Module:
    """An untrained network, as a torch module.

    A function, because importing torch takes a second, and most commands never need it.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class AlignmentNetwork(nn.Module):
        """`forward` returns the logits of the relation, the claim's and the evidence's tokens."""

        def __init__(self) -> None:
            super().__init__()
            self.project = nn.Linear(2 * WIDTH, _PROJECTED)
            self.sharpness = nn.Parameter(torch.tensor([12.0, 12.0]))
            self.compare = nn.Sequential(
                nn.Linear(4 * _PROJECTED + 6, _HIDDEN), nn.GELU(), nn.Dropout(dropout),
                nn.Linear(_HIDDEN, _SIDE), nn.GELU(),
            )  # fmt: skip
            self.mix = nn.TransformerEncoderLayer(
                _SIDE, 4, 2 * _SIDE, dropout=dropout / 2, batch_first=True, norm_first=True
            )
            self.claim_words, self.evidence_words = nn.Linear(_SIDE, 1), nn.Linear(_SIDE, 1)
            self.relation = nn.Sequential(
                nn.Dropout(dropout), nn.Linear(6 * _SIDE, _SIDE), nn.GELU(),
                nn.Linear(_SIDE, len(Relation)),
            )  # fmt: skip
            self.drop = nn.Dropout(dropout / 2)

        def forward(self, pairs: Pairs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            claim, evidence = pairs
            projected = self.project(claim.vectors), self.project(evidence.vectors)
            one = self.side(claim, projected[0], projected[1])
            other = self.side(evidence, projected[1], projected[0])
            doubts = self.claim_words(one)[..., 0]
            decides = self.evidence_words(other)[..., 0]
            pooled = torch.cat(
                [self.pool(one, claim.ids, doubts), self.pool(other, evidence.ids, decides)], dim=1
            )
            return self.relation(pooled), doubts, decides

        def side(self, text: Side, own: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            """Compare each token of one text with what it attends to in the other."""
            sharpness = self.sharpness
            weights = (
                torch.addcmul(text.same * 2 + text.absent, text.alike[0], sharpness[0])
                .addcmul(text.alike[1], sharpness[1])
                .softmax(dim=-1)
            )
            aligned = weights @ other
            own = self.drop(own)
            attended = torch.stack(
                [
                    (weights * text.alike[1]).sum(dim=-1),
                    -(weights * (weights + 1e-9).log()).sum(dim=-1),
                    (weights * text.same).sum(dim=-1),
                ],
                dim=-1,
            )
            compared = self.compare(
                torch.cat(
                    [own, aligned, (own - aligned).abs(), own * aligned, text.nearest, attended],
                    dim=-1,
                )
            )
            return self.mixed(compared, text.ids != 0)

        def mixed(self, x: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            """Compute `self.mix` with an attention that is fast on padded batches."""
            layer, attention = self.mix, self.mix.self_attn
            heads = attention.num_heads
            qkv = functional.linear(
                layer.norm1(x), attention.in_proj_weight, attention.in_proj_bias
            )
            query, key, value = qkv.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
            attended = present[:, None, None, :].expand(-1, 1, x.shape[1], -1)
            context = functional.scaled_dot_product_attention(
                query, key, value, attended, dropout_p=attention.dropout if self.training else 0.0
            )
            x = x + layer.dropout1(attention.out_proj(context.transpose(1, 2).flatten(2)))
            hidden = layer.dropout(layer.linear1(layer.norm2(x)).relu())
            mixed: torch.Tensor = x + layer.dropout2(layer.linear2(hidden))
            return mixed

        def pool(
            self, tokens: torch.Tensor, ids: torch.Tensor, logits: torch.Tensor
        ) -> torch.Tensor:
            """Concatenate the maximum, the mean, and the mean weighted by the tokens' logits."""
            present = (ids != 0)[..., None]
            mean = (tokens * present).sum(dim=1) / present.sum(dim=1).clamp(min=1)
            weights = logits.masked_fill(ids == 0, -1e4).softmax(dim=1)
            return torch.cat(
                [
                    tokens.masked_fill(~present, -1e4).amax(dim=1),
                    mean,
                    (weights[..., None] * tokens).sum(dim=1),
                ],
                dim=1,
            )

    return AlignmentNetwork()


class Aligner:
    """An ensemble of networks, trained separately; its logits are their mean."""

    def __init__(self, networks: Sequence[modules.Module]) -> None:
        self.networks = [network.train(False) for network in networks]

    def read(self, pairs: Sequence[Texts]) -> list[Reading]:
        """A reading of each claim with its evidence; pairs of similar length share a batch."""
        lengths = [len(claim.ids) + len(evidence.ids) for claim, evidence in pairs]
        batches = list(by_length(lengths, _BATCH))
        readings = shared_out(lambda batch: self._read([pairs[i] for i in batch]), batches)
        by_index = {
            i: reading
            for batch, batch_readings in zip(batches, readings, strict=True)
            for i, reading in zip(batch, batch_readings, strict=True)
        }
        return [by_index[i] for i in range(len(pairs))]

    def _read(self, batch: Sequence[Texts]) -> list[Reading]:
        import torch

        with torch.inference_mode():
            sides = paired(batch)
            outputs = [network(sides) for network in self.networks]
            relation, doubts, decides = (
                torch.stack(values).double().mean(dim=0).numpy()
                for values in zip(*outputs, strict=True)
            )
        return [
            Reading(relation[i], doubts[i, : len(claim.ids)], decides[i, : len(evidence.ids)])
            for i, (claim, evidence) in enumerate(batch)
        ]

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        from safetensors.torch import save_file

        save_file(tensors_of(self.networks), path)

    @classmethod
    def load(cls, path: Path) -> Aligner:
        """Read a file that `save` wrote.

        Raises:
            EncoderError: the file is missing or does not contain such networks.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            networks = networks_of(load_file(path), new_network)
        except (OSError, SafetensorError, RuntimeError, ValueError) as error:
            raise EncoderError(
                f"The verifier's weights in {path} cannot be loaded: {error}",
                "Install Medcite again; the weights are part of it.",
            ) from error
        return cls(networks)


@lru_cache(maxsize=1)
def shipped_aligner() -> Aligner:
    """The networks that ship with the verifier."""
    return Aligner.load(weights_folder() / _FILE)
