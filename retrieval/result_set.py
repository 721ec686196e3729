"""Result sets: all articles that a search matches, separate from semantically near ones.

A Boolean search matches its query; any other text in a search box matches the articles that contain
every word of it. A Boolean search needs no encoder, so it is available immediately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from corpora.home import Home
from corpora.mesh import open_tree
from corpora.store import ArticleStore
from retrieval.boolean.parser import is_boolean, parse
from retrieval.boolean.query import positive_words
from retrieval.browse import matches
from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers
from retrieval.engines.lexical import LexicalIndex
from retrieval.filters import Filters
from retrieval.passage import Evidence, SearchQuery
from retrieval.search import Searcher
from retrieval.version import LEXICAL, Manifest, Versions, read_manifest

# Number of semantically near articles returned.
_NEAR = 100


class Mode(StrEnum):
    """How a search text is interpreted."""

    BOOLEAN = "boolean"
    SEMANTIC = "semantic"


def mode_of(text: str) -> Mode:
    """The default interpretation of a search text."""
    return Mode.BOOLEAN if is_boolean(text) else Mode.SEMANTIC


@dataclass(frozen=True, slots=True, eq=False)
class ResultSet:
    """The results of a search as store ids, most relevant first.

    `ids` are all matches that pass the filters; `near` are semantically near articles that do not
    match, empty if not requested; `retracted` counts articles excluded as retracted. `reading` is
    the query as interpreted, `notes` are remarks on that for the user. `vector` is that of the
    text, None if it was not encoded; `evidence` the best passages, as many as requested;
    `expansions` the index terms of expanded abbreviations.
    """

    text: str
    mode: Mode
    ids: Numbers
    near: Numbers
    reading: str = ""
    notes: tuple[str, ...] = ()
    retracted: int = 0
    vector: Vectors | None = None
    evidence: tuple[Evidence, ...] = ()
    expansions: tuple[str, ...] = ()


class BooleanSearch:
    """Boolean search over one data directory, always in the index in use. Loads no model.

    Raises:
        NoIndex, Damaged: there is no index, or it has another format.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._versions = Versions(home.indexes)
        self._open()

    def _open(self) -> None:
        folder = self._versions.current()
        self._folder = folder
        self._manifest = read_manifest(folder)
        self._lexical = LexicalIndex(folder / LEXICAL)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the index in use."""
        if not self._versions.names(self._folder):
            self._open()
        return self._manifest

    @property
    def lexical(self) -> LexicalIndex:
        """The lexical index in use."""
        _ = self.manifest
        return self._lexical

    def find(
        self,
        store: ArticleStore,
        text: str,
        filters: Filters | None = None,
        *,
        skip_absent: bool = False,
    ) -> ResultSet:
        """All articles that a Boolean query matches.

        Raises:
            BadQuery: the query is invalid; gives the position.
        """
        filters = filters or Filters()
        parsed = parse(text, skip_absent=skip_absent)
        hits = self.lexical.boolean(parsed, open_tree(self._home.mesh), filters)
        ids, retracted = as_now(store, self.manifest, hits.ids, hits.retracted, filters)
        notes = tuple(f"Ignored, since no record here has it: {term}" for term in parsed.left_out)
        none = np.empty(0, dtype=np.int64)
        return ResultSet(
            text, Mode.BOOLEAN, ids, none, str(parsed.node), notes + hits.notes, retracted
        )


def semantic(
    searcher: Searcher,
    store: ArticleStore,
    text: str,
    filters: Filters | None = None,
    k: int = 0,
) -> ResultSet:
    """The articles that contain every word of a text, and those semantically near it.

    Args:
        k: number of best articles to return with passages, in the reranker's order if there is one.
    """
    filters = filters or Filters()
    results = matches(searcher, text, filters, k)
    manifest, withdrawn = results.version.manifest, results.version.lexical.retracted()
    ids, retracted = as_now(store, manifest, results.ids, withdrawn, filters)
    near, _ = as_now(store, manifest, results.near, withdrawn, filters)
    evidence = searcher.evidence(results.version, SearchQuery(text, filters), results.ranked, k)
    return ResultSet(
        text,
        Mode.SEMANTIC,
        ids,
        near,
        retracted=retracted,
        vector=results.vector,
        evidence=tuple(evidence),
        expansions=tuple(results.version.abbreviations.expansions(text)),
    )


def near_in_meaning(searcher: Searcher, results: ResultSet) -> Numbers:
    """Articles semantically near the words of a Boolean query that it does not match."""
    words = positive_words(parse(results.text, skip_absent=True).node)
    if not words:
        return np.empty(0, dtype=np.int64)
    other = matches(searcher, words)
    both = np.concatenate([other.ids, other.near])[:_NEAR]
    return np.asarray(both[~np.isin(both, results.ids)], dtype=np.int64)


def by_date(store: ArticleStore, ids: Numbers) -> Numbers:
    """These articles, newest first; those of one date in the given order."""
    dates = store.dates(ids.tolist())
    return np.array(
        sorted(ids.tolist(), key=lambda number: dates.get(number, ""), reverse=True), dtype=np.int64
    )


def as_now(
    store: ArticleStore, manifest: Manifest, ids: Numbers, retracted: Numbers, filters: Filters
) -> tuple[Numbers, int]:
    """The results that still exist and pass the filters, and the number excluded as retracted.

    Only articles that have changed since the index was built are read.
    """
    withdrawn = set(retracted.tolist())
    dropped: set[int] = set()
    if store.snapshot != manifest.snapshot:
        listed = set(ids.tolist())
        dropped = listed - store.present(ids.tolist())
        changed = sorted(listed & store.changed_since(manifest.last_import))
        for number, article in store.by_id(changed).items():
            (withdrawn.add if article.retracted else withdrawn.discard)(number)
            if not replace(filters, include_retracted=True).accept(article):
                dropped.add(number)
    left_out = withdrawn & set(ids.tolist()) - dropped
    if filters.include_retracted:
        left_out = set()
    kept = [n for n in ids.tolist() if n not in dropped and n not in left_out]
    return np.array(kept, dtype=np.int64), len(left_out)
