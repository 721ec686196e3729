"""Result sets: everything that a search matches, apart from what is only near it in meaning.

A Boolean search matches what its query says; any other text in a search box matches the articles
that hold every word of it. A Boolean search needs no encoder, so that it is at hand in an instant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from corpora.home import Home
from corpora.mesh import MeshTree
from corpora.store import ArticleStore
from retrieval.boolean.parser import is_boolean, parse
from retrieval.boolean.query import positive_words
from retrieval.browse import matches
from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers
from retrieval.engines.lexical import LexicalIndex
from retrieval.passage import Evidence, Filters, SearchQuery
from retrieval.search import Searcher
from retrieval.version import LEXICAL, Manifest, Versions, read_manifest

# So many articles near in meaning are offered.
_NEAR = 100


class Mode(StrEnum):
    """How a text was read."""

    BOOLEAN = "boolean"
    SEMANTIC = "semantic"


def mode_of(text: str) -> Mode:
    """How a text is read where nobody says how."""
    return Mode.BOOLEAN if is_boolean(text) else Mode.SEMANTIC


@dataclass(frozen=True, slots=True, eq=False)
class ResultSet:
    """What a search found, by store id, the most relevant first.

    `ids` is all that matches and passes the filters; `near` what is near in meaning and does not
    match, none where it was not asked for; `retracted` counts what was left out for being so.
    `reading` is the query as it was understood, `notes` what a reader has to know of that.
    `vector` is that of the text, None where none was made; `evidence` the best passages, as many as
    were asked for; `expansions` index terms of what the text's abbreviations stand for.
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
    """Boolean search over one data directory; follows the index in use. Loads no model.

    Raises:
        NoIndex, Damaged: there is no index, or it is of another format.
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
        """Of the index in use."""
        if not self._versions.names(self._folder):
            self._open()
        return self._manifest

    @property
    def lexical(self) -> LexicalIndex:
        """The index in use."""
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
        """All that a Boolean query matches.

        Raises:
            BadQuery: it is none; says where.
        """
        filters = filters or Filters()
        parsed = parse(text, skip_absent=skip_absent)
        hits = self.lexical.boolean(parsed, MeshTree.open(self._home.mesh), filters)
        ids, retracted = as_now(store, self.manifest, hits.ids, hits.retracted, filters)
        notes = tuple(f"Left out, for no record here tells: {each}" for each in parsed.left_out)
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
    """The articles that hold every word of a text, and those that are near it in meaning.

    Args:
        k: give so many of the best with their passages, in the reranker's order if there is one.
    """
    filters = filters or Filters()
    found = matches(searcher, text, filters, k)
    manifest, withdrawn = found.version.manifest, found.version.lexical.retracted()
    ids, retracted = as_now(store, manifest, found.ids, withdrawn, filters)
    near, _ = as_now(store, manifest, found.near, withdrawn, filters)
    evidence = searcher.evidence(found.version, SearchQuery(text, filters), found.ranked, k)
    return ResultSet(
        text,
        Mode.SEMANTIC,
        ids,
        near,
        retracted=retracted,
        vector=found.vector,
        evidence=tuple(evidence),
        expansions=tuple(found.version.abbreviations.expansions(text)),
    )


def near_in_meaning(searcher: Searcher, found: ResultSet) -> Numbers:
    """Articles near in meaning to a Boolean query's words that it does not match."""
    words = positive_words(parse(found.text, skip_absent=True).node)
    if not words:
        return np.empty(0, dtype=np.int64)
    other = matches(searcher, words)
    both = np.concatenate([other.ids, other.near])[:_NEAR]
    return np.asarray(both[~np.isin(both, found.ids)], dtype=np.int64)


def by_date(store: ArticleStore, ids: Numbers) -> Numbers:
    """These articles, the newest first; those of one date in the order given."""
    known = store.dates(ids.tolist())
    return np.array(
        sorted(ids.tolist(), key=lambda each: known.get(each, ""), reverse=True), dtype=np.int64
    )


def as_now(
    store: ArticleStore, manifest: Manifest, ids: Numbers, retracted: Numbers, filters: Filters
) -> tuple[Numbers, int]:
    """What of an index's result is still there and passes the filters, and how many were retracted.

    Only articles that have changed since the index was built are read.
    """
    withdrawn = set(retracted.tolist())
    gone: set[int] = set()
    if store.snapshot != manifest.snapshot:
        listed = set(ids.tolist())
        gone = listed - store.present(ids.tolist())
        changed = sorted(listed & store.changed_since(manifest.last_import))
        for number, article in store.by_id(changed).items():
            (withdrawn.add if article.retracted else withdrawn.discard)(number)
            if not replace(filters, include_retracted=True).accept(article):
                gone.add(number)
    left_out = withdrawn & set(ids.tolist()) - gone
    if filters.include_retracted:
        left_out = set()
    kept = [each for each in ids.tolist() if each not in gone and each not in left_out]
    return np.array(kept, dtype=np.int64), len(left_out)
