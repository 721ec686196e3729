"""Compare two runs of one suite item by item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpora.errors import BadInput
from evaluation.qa.intervals import Interval, bootstrap, mcnemar
from evaluation.qa.report import correct, judged, read_run
from evaluation.report import Figure, Report

Pair = tuple[bool, bool]


def compare(first: Path, second: Path) -> Report:
    """Accuracy of two runs on the items judged in both, and their difference (second less first).

    Items that only one run has, or that could not be judged in one, are left out. Notes name
    settings and other properties that differ.

    Raises:
        BadInput: a folder contains no run, the suites differ, or no item was judged in both.
    """
    (run_a, records_a), (run_b, records_b) = read_run(first), read_run(second)
    if run_a["settings"]["suite"] != run_b["settings"]["suite"]:
        raise BadInput(
            f"One run is of {run_a['settings']['suite']}, the other of"
            f" {run_b['settings']['suite']}.",
            "Compare two runs of one suite.",
        )
    of_a = {record["id"]: record for record in judged(records_a)}
    of_b = {record["id"]: record for record in judged(records_b)}
    shared = [
        name
        for name, record in of_a.items()
        if name in of_b and record["fingerprint"] == of_b[name]["fingerprint"]
    ]
    if not shared:
        raise BadInput(
            "The two runs have no judged item in common.",
            "Run both with the same data, --limit and --seed.",
        )
    pairs = {name: (correct(of_a[name]), correct(of_b[name])) for name in shared}
    groups: dict[str, list[Pair]] = {}
    for name, pair in pairs.items():
        groups.setdefault(of_a[name]["group"], []).append(pair)
    results = list(pairs.values())
    only_first, only_second = results.count((True, False)), results.count((False, True))
    items = {record["id"] for record in (*records_a, *records_b)}
    figures = [
        Figure.of("first", bootstrap([a for a, _ in results]), len(results)),
        Figure.of("second", bootstrap([b for _, b in results]), len(results)),
        Figure.of("second less first", _difference(results), len(results)),
        Figure("right in both", results.count((True, True))),
        Figure("right only in the first", only_first),
        Figure("right only in the second", only_second),
        Figure("right in neither", results.count((False, False))),
        Figure("McNemar's exact test, p", mcnemar(only_first, only_second)),
        Figure("items left out", len(items) - len(results)),
    ]
    if len(groups) > 1:
        figures += [
            Figure.of("second less first", _difference(part), len(part), name or "(no group)")
            for name, part in sorted(groups.items())
        ]
    notes = [f"differs: {name}: {a} | {b}" for name, a, b in _differing(run_a, run_b)]
    return Report("compare", figures, {"suite": run_a["settings"]["suite"]}, notes)


def _difference(pairs: list[Pair]) -> Interval:
    return bootstrap([float(b) - float(a) for a, b in pairs])


def _differing(a: dict[str, Any], b: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(name, values) of each property that differs."""
    one, other = {**a["settings"], **a["fixed"]}, {**b["settings"], **b["fixed"]}
    for name in dict.fromkeys((*one, *other)):
        if one.get(name) != other.get(name):
            yield name, one.get(name), other.get(name)
