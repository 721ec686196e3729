"""The cross-encoder that ships with Medcite: a text supports a claim, refutes it, or neither.

MiniLM (6 layers, 22 million parameters) read as claim and evidence together; how it was trained and
what it is good for stands in weights/README.md. It reads 224 tokens; what is beyond is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from corpora.errors import EncoderError
from retrieval.encoder import fast_bfloat16

if TYPE_CHECKING:
    import torch
    from transformers import BertForSequenceClassification, PreTrainedTokenizerBase

Probabilities = npt.NDArray[np.float64]
Outputs = npt.NDArray[np.float64]
SUPPORTS, REFUTES, NEUTRAL = range(3)
MOST_TOKENS = 224
_BATCH = 16


class Scorer(Protocol):
    """Anything that says how a text stands to a claim."""

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        """(n, 3) probabilities for (claim, evidence): supported, refuted, not spoken of."""
        ...

    @property
    def thresholds(self) -> Thresholds: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From what calibrated probability on a claim counts as supported, or as contradicted.

    `close` holds for a claim that has most of its words from one sentence, `reworded` for any
    other, of which less is certain. Chosen on held-out data (docs/verification.md).
    """

    close: float
    reworded: float
    contradicted: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the network's outputs to probabilities: softmax(outputs / temperature)."""

    temperature: float
    thresholds: Thresholds

    @classmethod
    def read(cls, path: Path) -> Calibration:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(fields["temperature"], Thresholds(**fields["thresholds"]))

    def probabilities(self, outputs: Outputs) -> Probabilities:
        """(n, 3) probabilities of (n, 3) outputs."""
        scaled = outputs / self.temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        weights = np.exp(scaled)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class NetworkScorer:
    """A network with its calibration."""

    network: Network
    calibration: Calibration

    @property
    def thresholds(self) -> Thresholds:
        return self.calibration.thresholds

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        if not pairs:
            return np.zeros((0, 3))
        return self.calibration.probabilities(self.network.outputs(pairs))


class ShippedCrossEncoder:
    """Loads its weights when it is first asked; one instance may serve several threads.

    Raises:
        EncoderError: the weights are missing or cannot be loaded.
    """

    @property
    def thresholds(self) -> Thresholds:
        return _calibration().thresholds

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        return NetworkScorer(shipped_network(), _calibration()).relations(pairs)


class Network:
    """A sequence classifier with its tokenizer, as sentence-transformers saves cross-encoders."""

    def __init__(
        self, model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerBase
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path, **options: object) -> Network:
        """Read a folder; `options` go to transformers' `from_pretrained`.

        Raises:
            EncoderError: it does not hold such a model.
        """
        import transformers

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                folder, local_files_only=True, attn_implementation="eager", **options
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EncoderError(
                f"The verifier's weights in {folder} cannot be loaded: {error}",
                "Install Medcite again; the weights are part of it.",
            ) from error
        return cls(model.train(False), tokenizer)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The input of the model for (claim, evidence) pairs, padded to one length."""
        return self._padded(self._tokens(pairs))

    def outputs(self, pairs: Sequence[tuple[str, str]]) -> Outputs:
        """(n, 3) raw outputs; pairs of like length are computed together."""
        import torch

        read = self._tokens(pairs)
        order = sorted(range(len(pairs)), key=lambda i: len(read[i]["input_ids"]))
        found = np.zeros((len(pairs), 3))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            with torch.inference_mode():
                made = _logits(self.model, self._padded([read[i] for i in chosen]))
            found[chosen] = made.float().numpy()
        return found

    def _tokens(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, list[int]]]:
        encoded = self.tokenizer(
            [claim for claim, _ in pairs],
            [evidence for _, evidence in pairs],
            truncation="longest_first",
            max_length=MOST_TOKENS,
        )
        return [{name: encoded[name][i] for name in encoded} for i in range(len(pairs))]

    def _padded(self, tokens: Sequence[dict[str, list[int]]]) -> dict[str, Any]:
        # Few different shapes: each new one costs memory and time to prepare.
        return dict(self.tokenizer.pad(list(tokens), pad_to_multiple_of=8, return_tensors="pt"))


def _logits(model: BertForSequenceClassification, inputs: dict[str, Any]) -> torch.Tensor:
    """(n, 3), as `model(**inputs).logits`; but of the last layer only the first place is computed.

    The classifier reads nothing else of that layer, and on a processor it is a sixth of the work.
    """
    import torch

    bert: Any = model.bert
    hidden = bert.embeddings(inputs["input_ids"], token_type_ids=inputs["token_type_ids"])
    seen = inputs["attention_mask"][:, None, None, :].bool()
    unseen = torch.zeros(seen.shape, dtype=hidden.dtype)
    unseen.masked_fill_(~seen, torch.finfo(hidden.dtype).min)
    *lower, last = bert.encoder.layer
    for layer in lower:
        hidden = layer(hidden, unseen)
    first, attention = hidden[:, :1], last.attention.self

    def heads(of: torch.Tensor) -> torch.Tensor:
        return of.view(*of.shape[:2], bert.config.num_attention_heads, -1).transpose(1, 2)

    context = torch.nn.functional.scaled_dot_product_attention(
        heads(attention.query(first)),
        heads(attention.key(hidden)),
        heads(attention.value(hidden)),
        attn_mask=unseen,
    )
    attended = last.attention.output(context.transpose(1, 2).flatten(2), first)
    pooled = bert.pooler(last.feed_forward_chunk(attended))
    found: torch.Tensor = model.classifier(model.dropout(pooled))
    return found


def weights_folder() -> Path:
    """Where the shipped weights lie."""
    return Path(str(files("agent.verification").joinpath("weights")))


@lru_cache(maxsize=1)
def _calibration() -> Calibration:
    return Calibration.read(weights_folder() / "calibration.json")


@lru_cache(maxsize=1)
def shipped_network() -> Network:
    """The shipped weights on the CPU, in the number type that this machine is fast in."""
    import torch

    return Network.load(
        weights_folder(), dtype=torch.bfloat16 if fast_bfloat16("cpu") else torch.float32
    )
