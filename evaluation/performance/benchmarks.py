"""Performance benchmarks by name, for `medcite evaluate performance`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpora.errors import BadInput
from corpora.home import Home

BENCHMARKS = (
    "reading", "encoding", "searching", "rebuilding", "asking", "scaling", "helper", "keeping-up",
)  # fmt: skip


def run(
    benchmark: str,
    paths: Sequence[Path],
    *,
    articles: int = 2_000,
    vectors: int = 1_000_000,
    dense_type: str = "ivf",
    questions: Path | None = None,
    days: int = 365,
    keep: Path | None = None,
) -> object:
    """Figures of one benchmark as a JSON object. `paths` are PubMed files or data directories.

    Raises:
        BadInput: there is no such benchmark, or it needs questions and none were given.
    """
    home = Home.locate(paths[0])
    match benchmark:
        case "reading":
            from evaluation.performance import reading

            return reading.compare(list(paths))
        case "encoding":
            from evaluation.performance import encoding

            return encoding.compare(home, articles)
        case "searching":
            from evaluation.performance import searching

            return searching.compare(list(map(Home.locate, paths)), vectors, dense_type, keep)
        case "rebuilding":
            from evaluation.performance import rebuilding

            return rebuilding.compare(home)
        case "asking":
            from evaluation.performance import asking

            if questions is None:
                raise BadInput("This benchmark needs questions.", "Name them: --questions FILE.")
            return asking.compare([Home.locate(path) for path in paths], questions)
        case "scaling":
            from evaluation.performance import scaling

            mixed = [Home.locate(path) for path in paths[1:]]
            return scaling.measure(home, mixed, articles, keep=keep)
        case "helper":
            from evaluation.performance import helper

            if questions is None:
                raise BadInput("This benchmark needs questions.", "Name them: --questions FILE.")
            return helper.compare(home, helper.read_related(questions))
        case "keeping-up":
            from evaluation.performance import keeping_up
            from retrieval.encoder import load_encoder

            return keeping_up.simulate(paths[0], load_encoder(), days, articles)
    raise BadInput(f"There is no benchmark {benchmark}.", f"Choose from {', '.join(BENCHMARKS)}.")
