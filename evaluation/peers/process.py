"""Run a system in a process of its own and read its results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.errors import BadInput

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class System:
    """A system: the class that runs it, its settings, and the interpreter it needs.

    `python` is the interpreter of another environment, None for this one.
    """

    name: str
    file: str
    form: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    python: Path | None = None


def run(system: System, task: Mapping[str, Any]) -> dict[str, Any]:
    """The results of `evaluation.peers.measure`.

    Raises:
        BadInput: the process failed.
    """
    # Only this environment may see its packages. Prompts of paper-qa contain sets in hash order.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    if system.python is None:
        environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *sys.path])
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "task.json", Path(folder) / "results.json"
        given.write_text(json.dumps({**task, "settings": dict(system.settings)}), encoding="utf-8")
        command = [str(system.python or sys.executable), "-P", str(_HERE / "measure.py")]
        command += [str(_HERE / system.file), system.form, str(given), str(out)]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise BadInput(
                f"{system.python} cannot be run ({error}).", "Give a Python interpreter."
            ) from error
        if done.returncode:
            last = "\n".join(done.stderr.splitlines()[-_LAST_LINES:])
            raise BadInput(
                f"{system.name} failed:\n{last}", "Check that its packages are installed."
            )
        results: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return results
