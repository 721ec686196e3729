"""Precision and recall of each column of an evidence table, with Wilson intervals.

A cell's span is right if it equals an annotated one, or one holds the other and they share half of
their words (F1). Of n, follow-up and registration what counts are the numbers: all that the span
says must be annotated. An effect is right if all that it says (value, interval, p) is what one
annotated result says.
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
    """`right` of `count`, with the 95 % interval of Wilson's score; NaN of none."""

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
    """`precision` of the spans of a column, `recall` of the articles whose abstract fills it."""

    name: str
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Wrong:
    """A span that is not right, for reading."""

    pmid: str
    column: str
    text: str
    annotated: tuple[str, ...]


def measure(
    annotated: Sequence[Annotated], read: Callable[[Article], Mapping[str, Cell]] = cells_of
) -> tuple[list[ColumnFigures], list[Wrong]]:
    """Figures of each column, then of the single effects; and what was wrong.

    Args:
        read: the cells of an article.
    """
    spans: Counter[tuple[str, bool]] = Counter()
    articles: Counter[tuple[str, bool]] = Counter()
    items: Counter[bool] = Counter()
    wrong: list[Wrong] = []
    for each in annotated:
        for name, cell in read(each.article).items():
            right = [_right(name, span, each) for span in cell.spans]
            spans.update((name, one) for one in right)
            known = each.effects if name == EFFECT else each.cells.get(name, ())
            if known:
                articles[name, any(right)] += 1
            shown = tuple(map(str, known))
            wrong += [
                Wrong(each.article.pmid, name, span.text, shown)
                for span, one in zip(cell.spans, right, strict=True)
                if not one
            ]
            if name == EFFECT:
                items.update(
                    any(_says(span, effect) for span in cell.spans) for effect in each.effects
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


def _right(name: str, span: Span, annotated: Annotated) -> bool:
    if name == EFFECT:
        return any(_says(span, effect) for effect in annotated.effects)
    known = annotated.cells.get(name, ())
    if any(_alike(span.text, each) for each in known):
        return True
    if name == "n":
        said = set(counts_in(span.text))
        return bool(said) and said <= {number for each in known for number in counts_in(each)}
    if name == "follow_up":
        times = [q for q in quantities(span.text) if q.unit]
        there = [q for each in known for q in quantities(each) if q.unit]
        return bool(times) and all(any(q.same_as(other) for other in there) for q in times)
    if name == "registration":
        return re.sub(r"\W", "", span.text) in {re.sub(r"\W", "", each) for each in known}
    return False


def _alike(said: str, known: str) -> bool:
    said, known = (" ".join(each.casefold().split()) for each in (said, known))
    if said == known:
        return True
    if said not in known and known not in said:
        return False
    mine, its = Counter(_WORD.findall(said)), Counter(_WORD.findall(known))
    return 2 * (mine & its).total() >= _HALF * (mine.total() + its.total())


def _says(span: Span, effect: Mapping[str, str]) -> bool:
    """Whether all that a span says is what an annotated result says."""
    parts = {part.name: part.text for part in span.parts}
    result = " ".join(effect.get(name, "") for name in ("value", "interval"))
    for name, text in parts.items():
        numbers = _numbers(text)
        there = _numbers(effect.get("p", "") if name == "p" else result)
        if not numbers or Counter(numbers) - Counter(there):
            return False
    return bool(parts)


def _numbers(text: str) -> list[float]:
    """The numbers of an estimate, the confidence level left out, without signs."""
    plain = re.sub(r"\b9[059](?:\.\d)? ?%? ?(?=C[Irl]|conf|cred|UI)", "", text, flags=re.I)
    plain = plain.replace("·", ".")
    return [
        float(each)
        for each in re.findall(r"\d*\.\d+|\d+", re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain))
    ]


def chosen_by(model: LanguageModel) -> Callable[[Article], Mapping[str, Cell]]:
    """What reads an article's cells where a language model fills those that rules leave empty.

    Cells of the rules are left out: the figures are of what the model adds.
    """

    def read(article: Article) -> Mapping[str, Cell]:
        table = ModelCells(model).fill(evidence_table(as_evidence([article]))).table
        cells = table.rows[0].cells
        return {name: cell if cell.model else Cell() for name, cell in cells.items()}

    return read
