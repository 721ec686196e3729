"""Annotated cells from `data/cells.jsonl.gz` (see its README).

A span is a pair of offsets in `Article.text`; no article text is stored here, so an article store
with the demo literature is needed to read them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from corpora.article import Article
from corpora.errors import BadInput
from corpora.store import ArticleStore

# Those after `blind` annotate six columns (see the datasheet); `train` is what the span tagger
# learned from.
PARTS = ("dev", "blind", "blind2", "tune", "train")
EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Annotated:
    """An article with its annotated cells: the words of spans by column.

    Any span of a column is right; no span means that the abstract does not say, and a column that
    is missing was not annotated. `effects` are by part ("value", "interval", "p", "outcome"), ""
    for a missing part; None if they were not annotated.
    """

    article: Article
    part: str
    cells: Mapping[str, tuple[str, ...]]
    effects: tuple[Mapping[str, str], ...] | None

    def expected(self, column: str) -> Sequence[object] | None:
        """The spans or effects of a column, None if it was not annotated."""
        return self.effects if column == EFFECT else self.cells.get(column)


def read_annotations(store: ArticleStore, part: str, path: Path | None = None) -> list[Annotated]:
    """The articles of a part, with the words of their spans.

    Raises:
        BadInput: there is no such part, the file cannot be read, or an article is not in the store.
    """
    if part not in PARTS:
        raise BadInput(f"There is no part “{part}”.", f"Choose from {', '.join(PARTS)}.")
    try:
        shipped = Path(str(files("evaluation.table").joinpath("data/cells.jsonl.gz")))
        data = gzip.decompress((path or shipped).read_bytes())
        lines = [orjson.loads(line) for line in data.splitlines() if line]
        return [_annotated(store, line) for line in lines if line["part"] == part]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"The annotated cells cannot be read ({error}).", "Check the file."
        ) from error


def _annotated(store: ArticleStore, line: Mapping[str, Any]) -> Annotated:
    article = store.get(line["pmid"])
    if article is None:
        raise BadInput(
            f"PMID {line['pmid']} is not in this corpus.",
            "This needs the demo literature: medcite corpus fetch demo.",
        )
    text = article.text
    cells = {
        name: tuple(text[start:end] for start, end in spans)
        for name, spans in line["cells"].items()
        if name != EFFECT
    }
    effects = line["cells"].get(EFFECT)
    if effects is not None:
        effects = tuple(
            {name: text[at[0] : at[1]] if at else "" for name, at in effect.items()}
            for effect in effects
        )
    return Annotated(article, line["part"], cells, effects)


def located(article: Article, words: str) -> tuple[int, int] | None:
    """The span of words in an article's title or abstract, ignoring differences in white space."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    ends = [end for s, (_, end, _) in zip(article.sections, article.section_spans(), strict=True)
            if not s.body]  # fmt: skip
    match = re.search(pattern, article.text[: max(ends, default=len(article.title))])
    return match.span() if match and words.strip() else None


def kept(store: ArticleStore, lines: Iterator[Mapping[str, Any]], part: str) -> Iterator[bytes]:
    """Annotators' lines, whose spans are words, as lines of offsets; words not found in their
    article are dropped.
    """
    for line in lines:
        article = store.get(line["pmid"])
        if article is None:
            continue
        cells: dict[str, Any] = {
            name: [at for words in spans if (at := located(article, words))]
            for name, spans in line["cells"].items()
            if name != EFFECT
        }
        if EFFECT in line["cells"]:
            cells[EFFECT] = [
                {
                    name: located(article, effect.get(name, ""))
                    for name in ("value", "interval", "p", "outcome")
                }
                for effect in line["cells"][EFFECT]
            ]
        yield orjson.dumps({"pmid": line["pmid"], "part": part, "cells": cells})
