"""Precision and recall of each column of an evidence table, with Wilson intervals.

A cell's span is right if it equals an annotated one, or one contains the other and they share half
of their words (F1). For n, follow-up and registration only the numbers count: all those in the span
must be annotated. An effect is right if all its parts (value, interval, p) agree with one annotated
result.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from agent.language.quantities import quantities
from agent.models.base import LanguageModel
from agent.table.abstract import Span
from agent.table.columns import COLUMNS
from agent.table.model_cells import ModelCells
from agent.table.table import Cell, as_evidence, cells_of, evidence_table
from corpora.article import Article
from corpora.counts import counts_in
from evaluation.table.annotations import EFFECT, Annotated

_HALF = 0.5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `count`, with the 95 % Wilson score interval; NaN if `count` is 0."""

    right: int
    count: int

    @property
    def value(self) -> float:
        return self.right / self.count if self.count else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.count:
            return float("nan"), float("nan")
        n, p, z = self.count, self.value, 1.96
        middle = p + z * z / (2 * n)
        spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        whole = 1 + z * z / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}]"


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """`precision` over the spans of a column, `recall` over articles whose abstract fills it."""

    name: str
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong span, for inspection."""

    pmid: str
    column: str
    text: str
    annotated: tuple[str, ...]


def measure(
    annotated: Sequence[Annotated], read: Callable[[Article], Mapping[str, Cell]] = cells_of
) -> tuple[list[ColumnFigures], list[Wrong]]:
    """Figures of each column, then of the single effects, and the wrong spans.

    Args:
        read: returns the cells of an article.
    """
    spans: Counter[tuple[str, bool]] = Counter()
    articles: Counter[tuple[str, bool]] = Counter()
    items: Counter[bool] = Counter()
    wrong: list[Wrong] = []
    for entry in annotated:
        for name, cell in read(entry.article).items():
            expected = entry.expected(name)
            if expected is None:
                continue
            right = [is_right(name, span, entry) for span in cell.spans]
            spans.update((name, one) for one in right)
            if expected:
                articles[name, any(right)] += 1
            shown = tuple(map(str, expected))
            wrong += [
                Wrong(entry.article.pmid, name, span.text, shown)
                for span, one in zip(cell.spans, right, strict=True)
                if not one
            ]
            if name == EFFECT:
                items.update(
                    any(_agrees(span, effect) for span in cell.spans)
                    for effect in entry.effects or ()
                )
    figures = [
        ColumnFigures(column.name, _share(spans, column.name), _share(articles, column.name))
        for column in COLUMNS
    ]
    single = ColumnFigures(
        "effect, each result", _share(spans, EFFECT), Share(items[True], items.total())
    )
    return [*figures, single], wrong


def _share(counts: Counter[tuple[str, bool]], name: str) -> Share:
    return Share(counts[name, True], counts[name, True] + counts[name, False])


def is_right(name: str, span: Span, annotated: Annotated) -> bool:
    """Whether the annotations call a span of a column right."""
    if name == EFFECT:
        return any(_agrees(span, effect) for effect in annotated.effects or ())
    expected = annotated.cells.get(name, ())
    if any(_alike(span.text, text) for text in expected):
        return True
    if name == "n":
        numbers = set(counts_in(span.text))
        return bool(numbers) and numbers <= {n for text in expected for n in counts_in(text)}
    if name == "follow_up":
        times = [q for q in quantities(span.text) if q.unit]
        annotated_times = [q for text in expected for q in quantities(text) if q.unit]
        return bool(times) and all(any(q.same_as(t) for t in annotated_times) for q in times)
    if name == "registration":
        return re.sub(r"\W", "", span.text) in {re.sub(r"\W", "", text) for text in expected}
    return False


def _alike(one: str, other: str) -> bool:
    one, other = (" ".join(text.casefold().split()) for text in (one, other))
    if one == other:
        return True
    if one not in other and other not in one:
        return False
    words, others = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    return 2 * (words & others).total() >= _HALF * (words.total() + others.total())


def _agrees(span: Span, effect: Mapping[str, str]) -> bool:
    """Whether all parts of a span agree with an annotated result."""
    parts = {part.name: part.text for part in span.parts}
    result = " ".join(effect.get(name, "") for name in ("value", "interval"))
    for name, text in parts.items():
        numbers = _numbers(text)
        expected = _numbers(effect.get("p", "") if name == "p" else result)
        if not numbers or Counter(numbers) - Counter(expected):
            return False
    return bool(parts)


def _numbers(text: str) -> list[float]:
    """The numbers of an estimate without the confidence level and without signs."""
    plain = re.sub(r"\b9[059](?:\.\d)? ?%? ?(?=C[Irl]|conf|cred|UI)", "", text, flags=re.I)
    plain = plain.replace("·", ".")
    return [
        float(number)
        for number in re.findall(r"\d*\.\d+|\d+", re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain))
    ]


def chosen_by(model: LanguageModel) -> Callable[[Article], Mapping[str, Cell]]:
    """A reader of the cells that a language model fills where rules leave them empty.

    Cells filled by rules are omitted, so that the figures measure what the model adds.
    """

    def read(article: Article) -> Mapping[str, Cell]:
        table = ModelCells(model).fill(evidence_table(as_evidence([article]))).table
        cells = table.rows[0].cells
        return {name: cell if cell.model else Cell() for name, cell in cells.items()}

    return read
