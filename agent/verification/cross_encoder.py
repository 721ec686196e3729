"""The large network: a cross-encoder over a claim and its sentences.

It is all-mpnet-base-v2 (Song et al., NeurIPS 2020; sentence-transformers, Apache-2.0), which is
downloaded, with a low-rank adapter (Hu et al., ICLR 2022) and a head, which ship. Its logits are
additional features for the trees; see `classifier`. It takes about a hundred times the computation
of the alignment networks and is used only on request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agent.language.alignment import Relation
from agent.language.tokens import weights_folder
from agent.verification.extract import ClaimWithSentences
from corpora.errors import EncoderError
from retrieval.encoder import fast_bfloat16
from retrieval.parallel import by_length

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from torch import nn as modules

    Tensors = dict[str, torch.Tensor]

# Token ids, and how many of them belong to the claim and to the sentences.
Row = tuple[list[int], int, int]

BASE_NAME = "all-mpnet-base-v2"
BASE_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
BASE_FILE = "model.safetensors"
# Names of the features that the network adds.
COLUMNS = (*(f"large {relation.name}" for relation in Relation), "large carried", "large refuted")

_WIDTH = 768
# Tokens read from a claim and from its sentences, as in training.
CLAIM_TOKENS, EVIDENCE_TOKENS = 80, 300
_BATCH = 4096
# MPNet has BERT's vocabulary behind four tokens of its own.
_START, _PAD, _END, _SHIFT = 0, 1, 2, 4


class CrossEncoder:
    """Scores claims together with their sentences; thread-safe."""

    def __init__(self, network: modules.Module, tokenizer: Tokenizer) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    @classmethod
    def load(cls, base: Path, adapter: Path) -> CrossEncoder:
        """Load all-mpnet-base-v2 and merge the adapter into it.

        Args:
            base: the `model.safetensors` of all-mpnet-base-v2.

        Raises:
            EncoderError: `base` is not the published file, or one of the two cannot be read.
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        _check(base)
        try:
            weights = merged(load_file(base), load_file(adapter))
        except (OSError, SafetensorError, KeyError) as error:
            raise EncoderError(
                f"The large judge cannot be loaded: {error}",
                "Get it again: medcite models pull judge. Or install Medcite again.",
            ) from error
        network = new_network()
        network.load_state_dict(weights)
        number_type = torch.bfloat16 if fast_bfloat16("cpu") else torch.float32
        network.train(False).to(number_type)
        return cls(network, Tokenizer.from_file(str(weights_folder() / "tokenizer.json")))

    def logits(self, pairs: Sequence[ClaimWithSentences]) -> npt.NDArray[np.float64]:
        """(claims, `COLUMNS`) logits of the relation between the sentences and each claim."""
        import torch

        rows = [self._row(claim, sentences) for claim, sentences in pairs]
        values = np.zeros((len(rows), len(Relation)))
        for batch in by_length([len(ids) for ids, _, _ in rows], _BATCH):
            inputs = collated([rows[i] for i in batch])
            with torch.inference_mode():
                values[batch] = self._network(*inputs).float().numpy()
        return with_log_odds(values)

    def _row(self, claim: str, sentences: Sequence[str]) -> Row:
        claim_tokens, evidence_tokens = self._tokenizer.encode_batch(
            [claim, " ".join(sentences)], add_special_tokens=False
        )
        return row_of(claim_tokens.ids, evidence_tokens.ids)


def row_of(claim: Sequence[int], sentences: Sequence[int]) -> Row:
    """The network's input for BERT's token ids, truncated to the network's limits."""
    claim_ids = [_SHIFT + i for i in claim[:CLAIM_TOKENS]]
    evidence_ids = [_SHIFT + i for i in sentences[:EVIDENCE_TOKENS]]
    return [_START, *claim_ids, _END, *evidence_ids, _END], len(claim_ids), len(evidence_ids)


def with_log_odds(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Append the log-odds of being carried and of being refuted to the four logits."""
    carried = logits[:, 0] - np.logaddexp.reduce(logits[:, 1:], axis=1)
    refuted = logits[:, 1] - np.logaddexp.reduce(logits[:, [0, 2, 3]], axis=1)
    return np.column_stack([logits, carried, refuted])


def collated(rows: Sequence[Row]) -> tuple[torch.Tensor, ...]:
    """Ids and masks of all tokens, of the claims' and of the sentences', each (n, tokens)."""
    import torch

    length = max(len(ids) for ids, _, _ in rows)
    ids = torch.full((len(rows), length), _PAD)
    masks = torch.zeros((3, len(rows), length), dtype=torch.bool)
    for i, (row, claim, evidence) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        masks[0, i, : len(row)] = True
        masks[1, i, 1 : 1 + claim] = True
        masks[2, i, 2 + claim : 2 + claim + evidence] = True
    return ids, *masks


def new_network() -> modules.Module:
    """The network without weights. A function, because importing torch takes a second."""
    import torch
    from torch import nn
    from transformers import MPNetConfig, MPNetModel

    class Network(nn.Module):
        """`forward` returns (n, 4) logits of the relation."""

        def __init__(self) -> None:
            super().__init__()
            config = MPNetConfig(vocab_size=30527, max_position_embeddings=514, layer_norm_eps=1e-5)
            self.base = MPNetModel(config, add_pooling_layer=False)
            self.hidden = nn.Linear(4 * _WIDTH, _WIDTH)
            self.relation = nn.Linear(_WIDTH, len(Relation))
            self.drop = nn.Dropout(0.1)

        def read(
            self, ids: torch.Tensor, mask: torch.Tensor, claim: torch.Tensor, evidence: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """The logits of the relation, and the token states (n, tokens, width)."""
            states = self.base(input_ids=ids, attention_mask=mask.long())[0]
            pooled = torch.cat(
                [
                    states[:, 0],
                    _mean(states, claim),
                    _mean(states, evidence),
                    states.masked_fill(~claim[..., None], -1e4).amax(dim=1),
                ],
                dim=1,
            )
            hidden = nn.functional.gelu(self.hidden(self.drop(pooled)))
            return self.relation(self.drop(hidden)), states

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor, claim: torch.Tensor, evidence: torch.Tensor
        ) -> torch.Tensor:
            return self.read(ids, mask, claim, evidence)[0]

    return Network()


def _mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    kept = mask[..., None].to(states.dtype)
    return (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def merged(base: Tensors, adapter: Tensors) -> Tensors:
    """Merge the adapter into the base's weights.

    A matrix of the adapter is stored as `NAME.down` (rank, in) and `NAME.up` (out, rank), both int8
    with one scale per rank; any other tensor is complete and replaces the base's.
    """
    weights: Any = {
        f"base.{name}": value.float()
        for name, value in base.items()
        if value.is_floating_point() and not name.startswith("pooler.")
    }
    for name, value in adapter.items():
        matrix, _, part = name.rpartition(".")
        if part == "up":
            up = value.float() * adapter[f"{matrix}.up_scale"].float()
            down = (
                adapter[f"{matrix}.down"].float() * adapter[f"{matrix}.down_scale"].float()[:, None]
            )
            weights[matrix] = weights[matrix] + up @ down
        elif part in ("weight", "bias"):
            weights[name] = value.float()
    return weights  # type: ignore[no-any-return]


def _check(base: Path) -> None:
    try:
        with base.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(
            f"The large judge needs {BASE_NAME}, but {base} does not exist.",
            "Get it with `medcite models pull judge`, or name its folder in MEDCITE_JUDGE;"
            " MEDCITE_JUDGE=small selects the small judge.",
        ) from error
    if digest != BASE_SHA256:
        raise EncoderError(
            f"{base} is not the published {BASE_NAME} (SHA-256 {digest}).",
            "Get it again: delete it, then `medcite models pull judge`.",
        )
