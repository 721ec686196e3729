"""The first stage of a build: articles into passages, reusing what an earlier build has cut.

An article that has not changed since an earlier build, finished or not, has the same passages:
their rows are copied. So a build that was killed goes on where it was, and one after an update
reads only what is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice, tee
from pathlib import Path

import numpy as np
import orjson

from corpora.article import Article
from corpora.errors import Damaged
from corpora.files import atomic_write
from corpora.store import ArticleStore
from retrieval.chunking import SPLITTER_VERSION, encoded_text
from retrieval.encoder import Encoder
from retrieval.passage_table import (
    COLUMNS,
    PassageTable,
    PassageTableWriter,
    column_digests,
)
from retrieval.progress import BuildProgress
from retrieval.version import FORMAT_VERSION, read_manifest
from retrieval.workers import Workers

_STATE = "cut.json"
_AT_ONCE = 500
# How many articles are cut between two notes of how far the cutting is.
_NOTED_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Cut:
    """How far a table is cut: its first `rows` hold the articles up to `last_article` as they were
    when the store's newest import was `last_import`.
    """

    store: str
    fingerprint: str
    last_import: int
    last_article: int
    rows: int
    digests: tuple[str, ...] = ()
    splitter: int = SPLITTER_VERSION
    format: int = FORMAT_VERSION
    unit: str = "passage"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier table and how far it may be trusted."""

    cut: Cut
    table: PassageTable

    def holds(self, article: int, changed: int) -> bool:
        """Whether it has the present passages of an article that import `changed` last changed."""
        return article <= self.cut.last_article and changed <= self.cut.last_import


def earlier_cut(
    folders: Sequence[Path], store: ArticleStore, encoder: Encoder, unit: str
) -> Earlier | None:
    """Of the tables in these version folders, finished or not, the longest that can be reused."""
    best: Earlier | None = None
    for folder in folders:
        cut = _cut_of(folder)
        if (
            cut is None
            or cut.format != FORMAT_VERSION
            or cut.splitter != SPLITTER_VERSION
            or cut.unit != unit
            or cut.store != store.identity
            or cut.fingerprint != encoder.identity.fingerprint
            or cut.last_import > store.last_import
            or (best is not None and cut.rows <= best.cut.rows)
        ):
            continue
        try:
            if column_digests(folder, cut.rows) == cut.digests:
                best = Earlier(cut, PassageTable(folder, cut.rows, partial=True))
        except Damaged:
            continue
    return best


def _cut_of(folder: Path) -> Cut | None:
    try:
        manifest = read_manifest(folder)
    except Damaged:
        try:
            told = orjson.loads((folder / _STATE).read_bytes())
            return Cut(**told | {"digests": tuple(told["digests"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
    return Cut(
        manifest.store,
        manifest.encoder.fingerprint,
        manifest.last_import,
        manifest.last_article,
        manifest.passages,
        tuple(manifest.files.get(name, ("", 0))[0] for name in COLUMNS),
        manifest.splitter,
        unit=manifest.unit,
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Consecutive articles by store id: `articles` to split, or none where `rows` are reused."""

    ids: Sequence[int]
    articles: Sequence[Article]
    reused: bool


def cut_articles(
    store: ArticleStore,
    encoder: Encoder,
    workers: Workers,
    folder: Path,
    earlier: Earlier | None,
    progress: BuildProgress,
    unit: str,
) -> int:
    """Write the passage table of all articles into `folder`; returns its number of rows."""
    progress.stage("split", len(store))
    start = Cut(store.identity, encoder.identity.fingerprint, store.last_import, 0, 0, unit=unit)
    unnoted = 0
    # Workers draw groups ahead of those whose rows are written; tee keeps what lies between.
    ahead, groups = tee(_groups(store, earlier))
    split = workers.split((group.articles for group in ahead), unit)
    with PassageTableWriter(folder) as table:
        for group, rows in zip(groups, split, strict=True):
            if group.reused and earlier is not None:
                ids = np.array(group.ids, dtype=np.int64)
                table.copy(earlier.table, earlier.table.of_articles(ids))
            else:
                for article_id, passages in zip(group.ids, rows, strict=True):
                    table.add(article_id, passages)
            progress.advance(len(group.ids))
            unnoted += len(group.ids)
            if unnoted >= _NOTED_EVERY:
                _note(folder, table, start, group.ids[-1])
                unnoted = 0
        _note(folder, table, start, store.last_id)
        return table.count


def _groups(store: ArticleStore, earlier: Earlier | None) -> Iterator[_Group]:
    def known(state: tuple[int, int]) -> bool:
        return earlier is not None and earlier.holds(*state)

    states = store.states()
    while batch := list(islice(states, _AT_ONCE)):
        for reused, group in groupby(batch, known):
            ids = [article for article, _ in group]
            if reused:
                yield _Group(ids, (), reused)
                continue
            articles = store.by_id(ids)
            yield _Group(ids, [articles[article] for article in ids], reused)


def _note(folder: Path, table: PassageTableWriter, start: Cut, last_article: int) -> None:
    digests = table.sync()
    told = asdict(start) | {
        "last_article": last_article,
        "rows": table.count,
        "digests": digests,
    }
    atomic_write(folder / _STATE, orjson.dumps(told), durable=True)


def forget_cut(folder: Path) -> None:
    """Remove the note of how far a table is cut, once a manifest says it."""
    (folder / _STATE).unlink(missing_ok=True)


def passage_texts(
    store: ArticleStore, table: PassageTable, numbers: Sequence[int], unit: str
) -> Iterator[tuple[int, Article, str]]:
    """(number, article, what the encoder reads) of passages whose articles are still in the store.

    The text is cut at the table's offsets; whether it is what was cut then, its check tells.
    """
    ids = table.articles(np.array(numbers, dtype=np.int64))
    articles = store.by_id([int(i) for i in np.unique(ids)])
    for number, article_id in zip(numbers, ids, strict=True):
        article = articles.get(int(article_id))
        if article is not None:
            yield number, article, encoded_text(article, table.passage(number, article), unit)
