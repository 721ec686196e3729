"""Precision and recall of each column of an evidence table, with intervals over articles.

A cell's span is right if it equals an annotated one, or one contains the other and they share half
of their words (F1). For n, follow-up and registration only the numbers count: all those in the span
must be annotated. An effect is right if all its parts (value, interval, p) agree with one annotated
result.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from agent.intervals import rate
from agent.language.quantities import quantities
from agent.models.base import LanguageModel
from agent.table.abstract import Abstract, TextSpan
from agent.table.columns import COLUMNS
from agent.table.model_cells import ModelCells
from agent.table.table import Cell, as_evidence, cells_of, evidence_table
from corpora.article import Article
from corpora.counts import counts_in
from evaluation.report import Figure, Report
from evaluation.table.annotations import EFFECT, Annotated

_HALF = 0.5
_DRAWS = 4_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `count`, with a 95 % interval; NaN if `count` is 0.

    `articles` are (right, count) of each article, if several items may come from one. The interval
    is then from bootstrap samples of articles. It is Wilson's score interval otherwise, and where
    all items are right or none is, since samples of those do not differ.
    """

    right: int
    count: int
    articles: tuple[tuple[int, int], ...] = ()

    @classmethod
    def over(cls, articles: Sequence[tuple[int, int]]) -> Share:
        """The share over articles, each given as (right, count)."""
        counted = tuple(each for each in articles if each[1])
        return cls(sum(right for right, _ in counted), sum(n for _, n in counted), counted)

    @property
    def value(self) -> float:
        return self.right / self.count if self.count else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.articles or self.right in (0, self.count):
            share = rate(self.right, self.count)
            return share.low, share.high
        pairs = np.array(self.articles)
        drawn = np.random.default_rng(0).integers(len(pairs), size=(_DRAWS, len(pairs)))
        right, count = pairs[drawn].sum(axis=1).T
        low, high = np.percentile(right / count, [2.5, 97.5])
        return float(low), float(high)

    def figure(self, name: str, group: str = "") -> Figure:
        """The share as a figure of a report."""
        return Figure(name, self.value, *self.interval, self.count, group)


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


def report(figures: Sequence[ColumnFigures], faults: Sequence[Wrong]) -> Report:
    """A row of figures for each column that is annotated, and notes on wrong cells."""
    rows = [
        share.figure(name, column.name)
        for column in figures
        for name, share in (("precision", column.precision), ("recall", column.recall))
        if column.precision.count or column.recall.count
    ]
    notes = [
        f"{each.pmid} {each.column}: {each.text!r}; annotated:"
        f" {' | '.join(each.annotated) or 'nothing'}"
        for each in faults
    ]
    return Report("table", rows, notes=notes, items=[asdict(each) for each in faults])


def measure(
    annotated: Sequence[Annotated], read: Callable[[Article], Mapping[str, Cell]] = cells_of
) -> tuple[list[ColumnFigures], list[Wrong]]:
    """Figures of each column, then of the single effects, and the wrong spans.

    Args:
        read: returns the cells of an article.
    """
    spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    articles: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    results: list[tuple[int, int]] = []
    wrong: list[Wrong] = []
    for entry in annotated:
        for name, cell in read(entry.article).items():
            expected = entry.expected(name)
            if expected is None:
                continue
            right = [is_right(name, span, entry) for span in cell.spans]
            spans[name].append((sum(right), len(right)))
            if expected:
                articles[name].append((any(right), 1))
            shown = tuple(map(str, expected))
            wrong += [
                Wrong(entry.article.pmid, name, span.text, shown)
                for span, one in zip(cell.spans, right, strict=True)
                if not one
            ]
            if name == EFFECT:
                effects = entry.effects or ()
                read_ones = [
                    any(_agrees(span, effect) for span in cell.spans) for effect in effects
                ]
                results.append((sum(read_ones), len(effects)))
    figures = [
        ColumnFigures(name, Share.over(spans[name]), Share.over(articles[name]))
        for name in (column.name for column in COLUMNS)
    ]
    single = ColumnFigures("effect, each result", Share.over(spans[EFFECT]), Share.over(results))
    return [*figures, single], wrong


def is_right(name: str, span: TextSpan, annotated: Annotated) -> bool:
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


def _agrees(span: TextSpan, effect: Mapping[str, str]) -> bool:
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


def by_rules(article: Article) -> Mapping[str, Cell]:
    """The cells that rules alone read, for comparison; a column without a rule stays empty."""
    abstract = Abstract(article)
    return {column.name: Cell(column.find(abstract)) for column in COLUMNS}


def chosen_by(model: LanguageModel) -> Callable[[Article], Mapping[str, Cell]]:
    """A reader of the cells that a language model fills where the table leaves them empty.

    Cells filled without it are omitted, so that the figures measure what the model adds.
    """

    def read(article: Article) -> Mapping[str, Cell]:
        table = ModelCells(model).fill(evidence_table(as_evidence([article]))).table
        cells = table.rows[0].cells
        return {name: cell if cell.model else Cell() for name, cell in cells.items()}

    return read
