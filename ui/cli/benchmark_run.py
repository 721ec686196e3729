"""What the commands of `medcite evaluate` share: data directory, progress, and report."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corpora.home import Home
    from evaluation.report import Report


def own_home(home: Path | None) -> Home:
    """Return the benchmark's data directory.

    Raises:
        BadInput: none was given; a benchmark must not write into the user's own.
    """
    from corpora.errors import BadInput
    from corpora.home import Home

    if home is None:
        raise BadInput(
            "A benchmark needs its own data directory.", "Name one: --home /tmp/benchmark."
        )
    return Home.locate(home)


@contextmanager
def progress_bar(words: str = "Asking") -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar; yield its update callback (done, total)."""
    from rich.progress import Progress

    from ui.cli.output import errors

    with Progress(console=errors) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(
    report: Report, home: Home | None = None, *, as_json: bool, out: Path | None = None
) -> None:
    """Print a report with its provenance as text or JSON; write the JSON to `out` if given.

    Args:
        home: the data directory whose index was searched, if any.
    """
    from corpora.errors import storage_errors
    from evaluation.provenance import provenance
    from ui.cli.output import json_text, print_json

    report = report.about(provenance(home))
    if as_json:
        print_json(report.to_dict())
    else:
        print(report.text())
    if out:
        with storage_errors(out):
            out.write_text(json_text(report.to_dict()) + "\n", "utf-8")
