"""Growth of resources with corpus size: power laws fitted to measurements and extrapolated.

Each quantity is fitted as a·nᵇ by least squares over logarithms. Few sizes are measured, so the
uncertainty of an extrapolation is given as the range of the laws through any two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import Any

import numpy as np

from corpora.errors import BadInput

_LEFT, _TOP, _WIDTH, _HEIGHT = 60, 34, 330, 200
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#17829a")
_INDEX = ("dense.faiss", "dense.vectors", "dense.lists", "lexical", "filters.npz", "passage table")


@dataclass(frozen=True, slots=True)
class Law:
    """a·nᵇ through some points; `low`, `value` and `high` are its extrapolation."""

    name: str
    points: tuple[tuple[float, float], ...]
    factor: float
    exponent: float
    low: float
    value: float
    high: float


def quantities(run: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The quantities of a measurement to fit, by panel and name.

    Those of the dense index are left out if it is exact, since they grow in another way.
    """
    disk, stages = run["disk_bytes"], run["stages"]
    skipped = {"dense", "dense search"} if run["type"] == "Flat" else set()
    memory = {name: usage["memory_mb"] for name, usage in stages.items() if name != "searching"}
    every = {
        "Processor seconds": {
            name: usage["cpu_s"]
            for name, usage in stages.items()
            if name not in ("encode", "searching")
        },
        "Bytes on disk (MB)": {
            "articles": disk["articles"] / 1e6,
            "cached vectors": disk["vectors"] / 1e6,
            "facets": disk["facets"] / 1e6,
            "one index version": sum(disk.get(name, 0) for name in _INDEX) / 1e6,
        },
        "Milliseconds, median": {
            "dense search": run["dense_ms"]["median"],
            "question to evidence": run["question_to_evidence_ms"]["median"],
            "with filters": run["filtered_ms"]["median"],
        },
        "Memory at most (MB)": {
            "import": memory["import"],
            "import vectors": memory["import vectors"],
            "dense": memory["dense"],
            "lexical": memory["lexical, abbreviations, columns"],
        },
    }
    return {
        panel: {name: value for name, value in names.items() if name not in skipped}
        for panel, names in every.items()
    }


def fit(runs: Sequence[Mapping[str, Any]], to: float) -> dict[str, list[Law]]:
    """The laws of every panel, extrapolated to a number of articles.

    A quantity that fewer than three sizes have is left out.

    Raises:
        BadInput: fewer than three sizes were measured.
    """
    if len({run["articles"] for run in runs}) < 3:
        raise BadInput("A fit needs at least three sizes.", "Measure more sizes.")
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for run in runs:
        for panel, names in quantities(run).items():
            for name, value in names.items():
                own = points.setdefault(panel, {}).setdefault(name, [])
                own.append((float(run["articles"]), value))
    return {
        panel: [_law(name, own, to) for name, own in names.items() if len({n for n, _ in own}) >= 3]
        for panel, names in points.items()
    }


def _law(name: str, points: Sequence[tuple[float, float]], to: float) -> Law:
    x, y = np.log(np.array([(n, max(value, 1e-9)) for n, value in points])).T
    exponent, offset = np.polyfit(x, y, 1)
    pairs = [np.polyfit(x[[i, j]], y[[i, j]], 1) for i, j in combinations(range(len(x)), 2)]
    reached = [float(np.exp(np.polyval(pair, np.log(to)))) for pair in pairs]
    value = float(np.exp(offset + exponent * np.log(to)))
    return Law(
        name,
        tuple(points),
        float(np.exp(offset)),
        float(exponent),
        min(value, *reached),
        value,
        max(value, *reached),
    )


def table(laws: Mapping[str, Sequence[Law]], to: float) -> str:
    """Exponents and extrapolations as Markdown."""
    lines = [f"| | quantity | exponent | at {to:,.0f} articles | range |", "|---|---|---|---|---|"]
    for panel, panel_laws in laws.items():
        lines += [
            f"| {panel} | {law.name} | {law.exponent:.2f} | {law.value:,.3g} |"
            f" {law.low:,.3g} to {law.high:,.3g} |"
            for law in panel_laws
        ]
    return "\n".join(lines)


def svg(laws: Mapping[str, Sequence[Law]], to: float) -> str:
    """One plot per panel: measured points, the fitted law, and its range beyond them."""
    parts = [
        _panel(panel, panel_laws, to, (number % 2) * 560, number // 2 * 270)
        for number, (panel, panel_laws) in enumerate(laws.items())
    ]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1120 {270 * -(-len(laws) // 2)}'"
        " role='img' font-family='system-ui,sans-serif' font-size='11'><title>What a corpus takes"
        " by its size</title><rect width='100%' height='100%' fill='#fff'/>"
        f"{''.join(parts)}</svg>\n"
    )


def _panel(title: str, laws: Sequence[Law], to: float, left: float, top: float) -> str:
    first = min(n for law in laws for n, _ in law.points)
    values = [v for law in laws for v in (*(v for _, v in law.points), law.low, law.high)]
    low, high = np.floor(np.log10(min(values))), np.ceil(np.log10(max(values)))

    def x(n: float) -> float:
        share = np.log(n / first) / np.log(to / first)
        return round(float(left + _LEFT + _WIDTH * share), 1)

    def y(value: float) -> float:
        share = (np.log10(max(value, 10**low)) - low) / (high - low)
        return round(float(top + _TOP + _HEIGHT * (1 - share)), 1)

    parts = [f"<text x='{left + _LEFT}' y='{top + 20}' font-weight='bold'>{escape(title)}</text>"]
    for power in range(int(low), int(high) + 1):
        at = y(10.0**power)
        parts.append(f"<path d='M{x(first)} {at}H{x(to)}' stroke='#e3e6ea'/>")
        parts.append(
            f"<text x='{x(first) - 6}' y='{at + 4}' text-anchor='end'>{_power(power)}</text>"
        )
    for n in (first, 1e5, 1e6, 1e7, to):
        label = f"{n / 1e6:g}M" if n >= 1e6 else f"{n / 1e3:g}k"
        parts.append(
            f"<text x='{x(n)}' y='{top + _TOP + _HEIGHT + 16}' text-anchor='middle'>{label}</text>"
        )
    for number, law in enumerate(laws):
        colour = _COLOURS[number % len(_COLOURS)]
        last, reached = max(law.points)
        fitted = [(n, law.factor * n**law.exponent) for n in (first, to)]
        parts.append(
            f"<path d='M{x(last)} {y(reached)}L{x(to)} {y(law.low)}V{y(law.high)}Z'"
            f" fill='{colour}' opacity='.15'/>"
            f"<path d='M{x(fitted[0][0])} {y(fitted[0][1])}L{x(to)} {y(fitted[1][1])}'"
            f" stroke='{colour}' fill='none' stroke-dasharray='4 3'/>"
        )
        parts += [
            f"<circle cx='{x(n)}' cy='{y(v)}' r='3.5' fill='{colour}'/>" for n, v in law.points
        ]
        parts.append(
            f"<text x='{x(to) + 8}' y='{top + _TOP + 12 + 16 * number}' fill='{colour}'>"
            f"{escape(law.name.split(',')[0])} n<tspan dy='-4' font-size='9'>"
            f"{law.exponent:.2f}</tspan></text>"
        )
    return "".join(parts)


def _power(power: int) -> str:
    """A power of ten as a label."""
    if -2 <= power <= 5:
        return f"{10.0**power:,g}"
    return f"10<tspan dy='-4' font-size='9'>{power}</tspan>"
