"""Run one system in a process of its own: time, peak memory, rankings and answers.

    python -P measure.py FILE CLASS TASK OUT

Standard library only, because a system may need an environment that Medcite does not run in. The
task is JSON: `articles` ({"id", "text", "citation", "record"}), `questions` ({"id", "question"}),
`depth`, and keyword arguments of the class as `settings`. If the task has `replies` (prompt hash →
reply of a language model), each question is answered instead of searched for.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

# Linux reports KiB, macOS bytes.
_PER_MIB = 1 << (20 if sys.platform == "darwin" else 10)


class MeasuredSystem(Protocol):
    """What is measured."""

    def index(self, articles: Sequence[dict[str, str]]) -> None:
        """Prepare to search these articles."""
        ...

    def search(self, question: str, depth: int) -> list[str]:
        """The ids of the best articles, the best first."""
        ...


class Answering(MeasuredSystem, Protocol):
    """A system that also writes answers with a language model."""

    def answer(self, question: str, replies: Mapping[str, str]) -> dict[str, Any]:
        """An answer with the recorded replies of a language model."""
        ...


def measure(system: MeasuredSystem, task: Mapping[str, Any]) -> dict[str, Any]:
    """Rankings by question id, with processor time in seconds and peak memory in MiB.

    Processor time of all threads: unlike wall time it hardly depends on what else runs.
    """
    started = time.process_time()
    system.index(task["articles"])
    # Some systems finish their index at the first search.
    system.search(task["questions"][0]["question"], task["depth"])
    indexed = time.process_time() - started
    rankings, seconds = {}, []
    for each in task["questions"]:
        started = time.process_time()
        rankings[each["id"]] = system.search(each["question"], task["depth"])
        seconds.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MIB
    return {
        "rankings": rankings,
        "index_seconds": indexed,
        "query_seconds": seconds,
        "peak_mib": peak,
    }


def answers(system: Answering, task: Mapping[str, Any]) -> dict[str, Any]:
    """Answers by question id."""
    system.index(task["articles"])
    return {
        each["id"]: system.answer(each["question"], task["replies"]) for each in task["questions"]
    }


def main(file: str, name: str, task: str, out: str) -> None:
    """Load the class `name` from `file`, run the task and write the results."""
    spec = importlib.util.spec_from_file_location("measured_system", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    given = json.loads(Path(task).read_text(encoding="utf-8"))
    system = getattr(module, name)(**given["settings"])
    results = answers(system, given) if "replies" in given else measure(system, given)
    Path(out).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
