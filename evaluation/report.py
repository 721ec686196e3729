"""The result of every quality benchmark, and its two forms: text and JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Any, Protocol

NOT_MEASURED = "not measured"


class Estimate(Protocol):
    """A value with its 95 % interval, such as `Rate`, `Interval` and `Difference`."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its 95 % interval and number of items, as far as known.

    Shares are between 0 and 1. NaN becomes None: not measured. Figures of one `group`, such as a
    system or a column, are a row of a table.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    group: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None and math.isnan(number):
                object.__setattr__(self, name, None)

    @classmethod
    def of(cls, name: str, estimate: Estimate, n: int | None = None, group: str = "") -> Figure:
        """The figure of an estimate; `n` defaults to the estimate's own `count`."""
        n = getattr(estimate, "count", None) if n is None else n
        return cls(name, estimate.value, estimate.low, estimate.high, n, group)

    @property
    def interval(self) -> str:
        """The interval as text, "" without one."""
        if self.low is None or self.high is None:
            return ""
        return f"[{_number(self.low)}, {_number(self.high)}]"

    def __str__(self) -> str:
        return f"{_number(self.value)} {self.interval}".rstrip()


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark measured.

    `of` says on what: part, data, model, and the provenance (`evaluation.provenance`). `notes` are
    lines below the figures; `items`, the cases behind them, appear in JSON only.
    """

    suite: str
    figures: Sequence[Figure]
    of: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    items: Sequence[Mapping[str, Any]] = ()

    def find(self, name: str, group: str = "") -> Figure:
        """The figure with this name.

        Raises:
            KeyError: there is none.
        """
        for figure in self.figures:
            if (figure.name, figure.group) == (name, group):
                return figure
        raise KeyError((name, group))

    def about(self, of: Mapping[str, Any]) -> Report:
        """The report with more of what it is of."""
        return replace(self, of={**self.of, **of})

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        extra = {"notes": list(self.notes), "items": list(self.items)}
        return {
            "suite": self.suite,
            "of": dict(self.of),
            "figures": [_fields(figure) for figure in self.figures],
            **{name: value for name, value in extra.items() if value},
        }

    def text(self) -> str:
        """The text form, which is Markdown."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"# {self.suite}"
        groups = [(name, list(own)) for name, own in groupby(self.figures, lambda f: f.group)]
        # Groups in a row that begin with a figure of one name make one table.
        for _, alike in groupby(groups, lambda each: each[1][0].name):
            rows = list(alike)
            yield ""
            yield from _aligned(_vertical(*rows[0]) if len(rows) == 1 else _crossed(rows))
        if self.notes:
            yield from ("", *(f"- {note}" for note in self.notes))
        yield ""
        yield "; ".join(f"{name}: {value}" for name, value in _flat(self.of))


Group = tuple[str, list[Figure]]


def _vertical(group: str, figures: Sequence[Figure]) -> Iterator[list[str]]:
    """A row for each figure."""
    yield [group, "value", "95 % interval", "n"]
    for each in figures:
        yield [each.name, _number(each.value), each.interval, _number(each.n) if each.n else ""]


def _crossed(groups: Sequence[Group]) -> Iterator[list[str]]:
    """A row for each group; n in its own column, or in each cell where a row's cells differ."""
    shared = all(len({figure.n for figure in figures}) == 1 for _, figures in groups)
    column = shared and any(figures[0].n is not None for _, figures in groups)
    names = list(dict.fromkeys(figure.name for _, figures in groups for figure in figures))
    yield ["", *(["n"] if column else []), *names]
    for group, figures in groups:
        plain = {f.name for f in figures if shared or f.n is None or f.value is None}
        cells = {f.name: str(f) if f.name in plain else f"{f} of {f.n:,}" for f in figures}
        count = [_number(figures[0].n)] if column else []
        yield [group, *count, *(cells.get(name, "") for name in names)]


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    head, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *map(len, column)) for column in zip(head, *body, strict=True)]
    for row in (head, ["-" * width for width in widths], *body):
        yield "| " + " | ".join(map(str.ljust, row, widths)) + " |"


def _number(value: float | None) -> str:
    if value is None:
        return NOT_MEASURED
    if isinstance(value, int):
        return f"{value:,}"
    if 0 < abs(value) < 1e-3:
        return f"{value:.1e}"  # such as a small p
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _fields(figure: Figure) -> dict[str, Any]:
    """A figure for JSON; only its value may be null."""
    fields = asdict(figure)
    return {k: v for k, v in fields.items() if k in ("name", "value") or v not in (None, "")}


def _flat(of: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in of.items():
        if isinstance(value, Mapping):
            yield from ((f"{name} {key}", each) for key, each in _flat(value))
        elif value not in (None, ""):
            yield name, value
