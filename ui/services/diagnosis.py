"""Check that everything Medcite needs is present and works, for `medcite doctor`."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from agent.models.choice import ModelKind, parse_model
from corpora.errors import MedciteError
from corpora.home import Home
from corpora.store import open_corpus
from retrieval.open_version import IndexVersion
from retrieval.version import Versions, read_manifest, verify_files
from ui.services.settings import model_in_use

if TYPE_CHECKING:
    from retrieval.encoder import Encoder


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The result of one check; `ok` is None if an earlier failure prevented it."""

    name: str
    ok: bool | None
    said: str


def examine(place: Home, load_encoder: Callable[[], Encoder]) -> list[HealthCheck]:
    """Check everything that Medcite needs.

    Args:
        load_encoder: loads the encoder to compare with the index's.
    """
    checks = [_python()]
    checks.append(_check("data directory", lambda: _writable(place)))
    loaded = None

    def load() -> str:
        nonlocal loaded
        loaded = load_encoder()
        kind = getattr(loaded, "number_type", "unknown type")
        return f"{loaded.identity.name}, {loaded.identity.dimension} dimensions, computed in {kind}"

    checks.append(_check("encoder", load))

    def corpus() -> str:
        with open_corpus(place.corpus) as store:
            return f"{len(store):,} articles"

    checks.append(_check("corpus", corpus))

    def index() -> str:
        folder = Versions(place.indexes).current()
        manifest = read_manifest(folder)
        if loaded is not None and loaded.identity.fingerprint != manifest.encoder.fingerprint:
            raise ValueError(f"built with another encoder, {manifest.encoder.name}")
        verify_files(folder, manifest)
        # As a search does.
        IndexVersion.open(folder)
        return f"{manifest.articles:,} articles, {manifest.passages:,} passages"

    checks.append(_check("index", index))
    checks += _model(place)
    return checks


def _model(place: Home) -> list[HealthCheck]:
    """Check the language model in use, without loading it, and what is sent where."""
    model, _ = model_in_use(place)
    host = None

    def look() -> str:
        nonlocal host
        chosen = parse_model(model, place)
        host = chosen.leaves_machine
        if chosen.kind is ModelKind.NONE:
            return "none; answers quote the literature verbatim"
        if chosen.kind is ModelKind.GGUF and not Path(chosen.where).is_file():
            raise ValueError(f"{model}: {chosen.where} is missing")
        return model

    check = _check("language model", look)
    sent = f"questions are sent to {host}" if host else "nothing leaves this machine"
    return [check, HealthCheck("network", True, sent)]


def _python() -> HealthCheck:
    names = ("langgraph", "torch", "sentence-transformers", "faiss-cpu", "tantivy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return HealthCheck("installation", True, f"Python {platform.python_version()}, {versions}")


def _writable(place: Home) -> str:
    place.create()
    free = shutil.disk_usage(place.root).free / 1e9
    return f"{place.root}, {free:,.0f} GB free"


def _check(name: str, look: Callable[[], str]) -> HealthCheck:
    try:
        return HealthCheck(name, True, look())
    except (MedciteError, ValueError) as error:
        return HealthCheck(name, False, str(error))
