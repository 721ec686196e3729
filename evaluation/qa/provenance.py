"""What must be unchanged to resume a run, and to tell whether two runs are comparable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.models.base import LanguageModel
from agent.models.choice import ModelChoice, ModelKind
from evaluation.provenance import index_identity
from evaluation.qa import prompts
from evaluation.qa.files import sha256
from retrieval.search import Searcher

_WEIGHTS = ("*.safetensors", "*.gguf", "*.bin", "config.json", "tokenizer.json")


def fixed(
    choice: ModelChoice, model: LanguageModel, data: Sequence[Path], searcher: Searcher | None
) -> dict[str, Any]:
    """The properties that must be unchanged to resume a run: model, prompts, data, index."""
    properties: dict[str, Any] = {
        "model": model.name,
        "window": model.window,
        "weights": weights(choice),
        "prompts": prompts.fingerprint(),
        "data": {path.name: sha256(path) for path in data},
    }
    if searcher is not None:
        properties["index"] = index_identity(searcher.version.manifest)
    return properties


def weights(choice: ModelChoice) -> dict[str, str]:
    """Checksums of the model's files, or the hub commit or server that identifies them."""
    where = Path(choice.where)
    if choice.kind is ModelKind.GGUF:
        return {where.name: sha256(where)}
    if choice.kind is ModelKind.FOLDER:
        paths = sorted(path for pattern in _WEIGHTS for path in where.glob(pattern))
        return {path.name: sha256(path) for path in paths}
    if choice.kind is ModelKind.HUB:
        return {choice.where: _commit(choice.where) or "unknown commit"}
    return {choice.where: "a server's: not known"}


def _commit(repository: str) -> str:
    """The commit of a hub model in the cache; "" if it is not there."""
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(repository, "config.json")
    return Path(cached).parent.name if isinstance(cached, str) else ""
