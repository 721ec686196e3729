"""The first stage of a build: split articles into passages, reusing those of an earlier build.

An article unchanged since an earlier build, finished or not, has the same passages, whose rows are
copied. So a killed build is resumed, and a build after an update reads only new articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice, tee
from pathlib import Path

import numpy as np
import orjson

from corpora.article import Article
from corpora.atomic_files import atomic_write
from corpora.errors import Damaged
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
# Articles split between two checkpoints of the progress.
_CHECKPOINT_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Checkpoint of a passage table: its first `rows` cover the articles up to `last_article` as
    they were when the store's latest import was `last_import`.
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
class ReusableTable:
    """An earlier table and its checkpoint."""

    cut: Checkpoint
    table: PassageTable

    def holds(self, article: int, changed: int) -> bool:
        """Whether it has the current passages of an article last changed by import `changed`."""
        return article <= self.cut.last_article and changed <= self.cut.last_import


def earlier_cut(
    folders: Sequence[Path], store: ArticleStore, encoder: Encoder, unit: str
) -> ReusableTable | None:
    """The longest reusable table in these version folders, finished or not."""
    best: ReusableTable | None = None
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
                best = ReusableTable(cut, PassageTable(folder, cut.rows, partial=True))
        except Damaged:
            continue
    return best


def _cut_of(folder: Path) -> Checkpoint | None:
    try:
        manifest = read_manifest(folder)
    except Damaged:
        try:
            state = orjson.loads((folder / _STATE).read_bytes())
            return Checkpoint(**state | {"digests": tuple(state["digests"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
    return Checkpoint(
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
    """Consecutive articles by store id: `articles` to split, none if their rows are `reused`."""

    ids: Sequence[int]
    articles: Sequence[Article]
    reused: bool


def cut_articles(
    store: ArticleStore,
    encoder: Encoder,
    workers: Workers,
    folder: Path,
    earlier: ReusableTable | None,
    progress: BuildProgress,
    unit: str,
) -> int:
    """Write the passage table of all articles into `folder`; return its number of rows."""
    progress.stage("split", len(store))
    start = Checkpoint(
        store.identity, encoder.identity.fingerprint, store.last_import, 0, 0, unit=unit
    )
    since_checkpoint = 0
    # Workers draw groups ahead of those being written; tee buffers those in between.
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
            since_checkpoint += len(group.ids)
            if since_checkpoint >= _CHECKPOINT_EVERY:
                _note(folder, table, start, group.ids[-1])
                since_checkpoint = 0
        _note(folder, table, start, store.last_id)
        return table.count


def _groups(store: ArticleStore, earlier: ReusableTable | None) -> Iterator[_Group]:
    def reusable(state: tuple[int, int]) -> bool:
        return earlier is not None and earlier.holds(*state)

    states = store.states()
    while batch := list(islice(states, _AT_ONCE)):
        for reused, group in groupby(batch, reusable):
            ids = [article for article, _ in group]
            if reused:
                yield _Group(ids, (), reused)
                continue
            articles = store.by_id(ids)
            yield _Group(ids, [articles[article] for article in ids], reused)


def _note(folder: Path, table: PassageTableWriter, start: Checkpoint, last_article: int) -> None:
    digests = table.sync()
    state = asdict(start) | {
        "last_article": last_article,
        "rows": table.count,
        "digests": digests,
    }
    atomic_write(folder / _STATE, orjson.dumps(state), durable=True)


def forget_cut(folder: Path) -> None:
    """Remove the checkpoint of a table once it is superseded by the manifest."""
    (folder / _STATE).unlink(missing_ok=True)


def passage_texts(
    store: ArticleStore, table: PassageTable, numbers: Sequence[int], unit: str
) -> Iterator[tuple[int, Article, str]]:
    """(number, article, encoder input) of passages whose articles are still in the store.

    The text is taken at the table's offsets; its check shows whether it has changed since.
    """
    ids = table.articles(np.array(numbers, dtype=np.int64))
    articles = store.by_id([int(i) for i in np.unique(ids)])
    for number, article_id in zip(numbers, ids, strict=True):
        article = articles.get(int(article_id))
        if article is not None:
            yield number, article, encoded_text(article, table.passage(number, article), unit)
