"""Compare two runs of one suite item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from corpora.errors import BadInput
from evaluation.qa.intervals import Interval, bootstrap, mcnemar
from evaluation.qa.report import correct, judged, percent, read_run

Pair = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The comparison over items judged in both runs; `difference` is second minus first accuracy.

    `left_out` counts items that only one run has, or that could not be judged in one. `differing`
    maps settings and other properties that differ to both values.
    """

    items: int
    first: Interval
    second: Interval
    difference: Interval
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    left_out: int
    differing: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    groups: dict[str, tuple[int, Interval]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(first: Path, second: Path) -> RunComparison:
    """Pair the items of two runs.

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
    return RunComparison(
        items=len(results),
        first=bootstrap([a for a, _ in results]),
        second=bootstrap([b for _, b in results]),
        difference=_difference(results),
        both=results.count((True, True)),
        only_first=only_first,
        only_second=only_second,
        neither=results.count((False, False)),
        p=mcnemar(only_first, only_second),
        left_out=len(items) - len(results),
        differing=_differing(run_a, run_b),
        groups={name: (len(part), _difference(part)) for name, part in sorted(groups.items())},
    )


def _difference(pairs: list[Pair]) -> Interval:
    return bootstrap([float(b) - float(a) for a, b in pairs])


def _differing(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    one, other = {**a["settings"], **a["fixed"]}, {**b["settings"], **b["fixed"]}
    names = dict.fromkeys((*one, *other))
    return {
        name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)
    }


def lines(comparison: RunComparison) -> Iterator[str]:
    """The comparison as lines of text."""
    yield f"items judged in both    {comparison.items:,} ({comparison.left_out:,} left out)"
    yield f"first, %                {percent(comparison.first)}"
    yield f"second, %               {percent(comparison.second)}"
    yield f"second less first       {percent(comparison.difference)} (95 % paired bootstrap)"
    yield (
        f"right in both {comparison.both}, only in the first {comparison.only_first},"
        f" only in the second {comparison.only_second}, in neither {comparison.neither}"
    )
    yield f"McNemar's exact test    p = {comparison.p:.4g}"
    if len(comparison.groups) > 1:
        for name, (count, difference) in comparison.groups.items():
            yield f"  {name or '(no group)'} ({count}): {percent(difference)}"
    for name, (one, other) in comparison.differing.items():
        yield f"differs: {name}: {one} | {other}"
