"""Where a figure comes from: version, machine, date, and the index that was searched."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.models.hardware import this_machine
from corpora.errors import NoIndex
from corpora.home import Home
from retrieval.version import Manifest, Versions, read_manifest

_CPUINFO = Path("/proc/cpuinfo")


def provenance(home: Home | None = None) -> dict[str, Any]:
    """The surroundings and, if `home` has one, the index."""
    origin = surroundings()
    if home is not None:
        with suppress(NoIndex):  # literature without an index is enough for some benchmarks
            origin["index"] = index_identity(read_manifest(Versions(home.indexes).current()))
    return origin


def index_identity(manifest: Manifest) -> dict[str, Any]:
    """The identity of an index version."""
    return {
        "version": manifest.version,
        "snapshot": manifest.snapshot,
        "articles": manifest.articles,
        "encoder": manifest.encoder.name,
    }


def surroundings() -> dict[str, Any]:
    """Version, machine and present time: what may differ between the parts of a resumed run."""
    return {
        "medcite": version("medcite"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "processor": _processor(),
        "gpu": this_machine().gpu_name,
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    """The processor's name, "" if the system does not say it."""
    try:
        lines = _CPUINFO.read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")
