"""`medcite doctor`: whether everything that Medcite needs is here and works."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `ok` is None where it could not be made because an earlier one failed."""

    name: str
    ok: bool | None
    said: str


def doctor(
    home: HomeOption = None, encoder: EncoderOption = DEFAULT_ENCODER, as_json: JsonOption = False
) -> None:
    """Check the installation, the encoder, the corpus and the index.

    Example: medcite doctor
    """
    from ui.cli.output import configure_logging, console, print_json

    configure_logging()
    findings = _examine(home, encoder)
    if as_json:
        print_json([{"name": f.name, "ok": f.ok, "said": f.said} for f in findings])
    else:
        for finding in findings:
            mark = {True: "[green]✓", False: "[red]✗", None: "[yellow]?"}[finding.ok]
            console.print(f"{mark} {finding.name}[/]: {finding.said}", highlight=False)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)


def _examine(home: Path | None, encoder: str) -> list[Finding]:
    from corpora.home import Home
    from corpora.store import open_corpus
    from retrieval.encoder import load_encoder
    from retrieval.version import Versions, read_manifest

    place = Home.locate(home)
    findings = [_python()]
    findings.append(_check("data directory", lambda: _writable(place)))
    loaded = None

    def load() -> str:
        nonlocal loaded
        loaded = load_encoder(encoder)
        kind = getattr(loaded, "number_type", "unknown type")
        return f"{encoder}, {loaded.identity.dimension} dimensions, computed in {kind}"

    findings.append(_check("encoder", load))

    def corpus() -> str:
        with open_corpus(place.corpus) as store:
            return f"{len(store):,} articles"

    findings.append(_check("corpus", corpus))

    def index() -> str:
        manifest = read_manifest(Versions(place.indexes).current())
        if loaded is not None and loaded.identity.fingerprint != manifest.encoder.fingerprint:
            raise ValueError(f"built with another encoder, {manifest.encoder.name}")
        return f"{manifest.articles:,} articles, {manifest.passages:,} passages"

    findings.append(_check("index", index))
    findings += _model(place)
    return findings


def _model(place: Home) -> list[Finding]:
    """The language model that the environment names, not loaded; and whether anything is sent."""
    from agent.models.choice import Kind, parse_model

    named = os.environ.get("MEDCITE_MODEL", "none")
    host = None

    def look() -> str:
        nonlocal host
        chosen = parse_model(named, place)
        host = chosen.leaves_machine
        if chosen.kind is Kind.NONE:
            return "none; answers quote the literature verbatim"
        if chosen.kind is Kind.GGUF and not Path(chosen.where).is_file():
            raise ValueError(f"{named}: {chosen.where} is not there")
        return named

    finding = _check("language model", look)
    sent = f"questions are sent to {host}" if host else "nothing leaves this machine"
    return [finding, Finding("network", True, sent)]


def _python() -> Finding:
    import platform
    from importlib.metadata import version

    names = ("langgraph", "torch", "sentence-transformers", "faiss-cpu", "tantivy")
    said = ", ".join(f"{name} {version(name)}" for name in names)
    return Finding("installation", True, f"Python {platform.python_version()}, {said}")


def _writable(place: Home) -> str:
    import shutil

    place.create()
    free = shutil.disk_usage(place.root).free / 1e9
    return f"{place.root}, {free:,.0f} GB free"


def _check(name: str, look: Callable[[], str]) -> Finding:
    from corpora.errors import MedciteError

    try:
        return Finding(name, True, look())
    except (MedciteError, ValueError) as error:
        return Finding(name, False, str(error))
