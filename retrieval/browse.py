"""Browse a corpus: all articles that match a text, and articles similar to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from corpora.article import Article
from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers
from retrieval.filters import Filters
from retrieval.open_version import IndexVersion
from retrieval.passage import Passage
from retrieval.passage_table import check_of
from retrieval.ranking import Candidate, encoded_query, rank
from retrieval.search import Searcher

# Semantically near articles listed beside those that contain every word.
_NEAR = 100
_MOST_HOLDING = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The results for a text in a search box, as store ids, most relevant first.

    `ids` are all articles that contain every word of the text: first those among the best of the
    ranking also used for answers, then all others by BM25. `near` are the rest of these best.
    `vector` is that of the text, `ranked` the complete ranking in `version`.
    """

    ids: Numbers
    near: Numbers
    vector: Vectors
    ranked: tuple[Candidate, ...]
    version: IndexVersion


def matches(searcher: Searcher, text: str, filters: Filters | None = None, k: int = 0) -> Matches:
    """All articles that contain every word of a text, and those semantically near it.

    Retracted articles are included, whatever the filters say.

    Args:
        k: minimum number of articles to rank.
    """
    version = searcher.version
    filters = replace(filters or Filters(), include_retracted=True)
    vectors = searcher.encoder.encode_queries([text])
    query = encoded_query(version, [text], vectors, [1.0], searcher.weights)
    selection = searcher.selection(version, filters)
    depth = max(_NEAR, k)
    ranked = tuple(
        rank(searcher.engine(version), query, depth, selection, searcher.weights, most=depth)
    )
    best = [candidate.article for candidate in ranked[:_NEAR]]
    words = version.lexical.terms(text)
    matching = [hit.article for hit in version.lexical.holding(words, _MOST_HOLDING, filters)]
    matched = set(matching)
    ids = list(dict.fromkeys([*(number for number in best if number in matched), *matching]))
    near = [number for number in best if number not in matched]
    return Matches(
        np.array(ids, dtype=np.int64), np.array(near, dtype=np.int64), vectors[0], ranked, version
    )


def nearest_passages(
    version: IndexVersion, articles: dict[int, Article], vector: Vectors
) -> dict[int, Passage]:
    """The passage nearest to a vector in each of these articles.

    A passage whose text has changed since the index was built is omitted.
    """
    nearest: dict[int, Passage] = {}
    for number, article in articles.items():
        own = version.table.of_article(number)
        if own:
            numbers = np.arange(own.start, own.stop)
            best = int(numbers[np.argmax(version.dense.vectors(numbers) @ vector)])
            if passage := _passage(version, article, own, best):
                nearest[number] = passage
    return nearest


def passages_as_indexed(version: IndexVersion, number: int, article: Article) -> list[Passage]:
    """The indexed passages of an article that are unchanged in its text."""
    own = version.table.of_article(number)
    return [p for position in own if (p := _passage(version, article, own, position))]


def similar(version: IndexVersion, number: int, k: int) -> list[tuple[int, float]]:
    """(store id, cosine) of the semantically nearest articles, from stored vectors only.

    Compares the mean of the article's passages with single passages of the others.
    """
    centre = mean_vectors(version, [number])
    if not np.any(centre):
        return []
    scores_by_article: dict[int, float] = {}
    depth = 4 * (k + len(version.table.of_article(number)))
    scores, passages = version.dense.search(centre, depth)
    kept = passages[0] >= 0
    owners = version.table.articles(passages[0][kept]).tolist()
    for owner, score in zip(owners, scores[0][kept].tolist(), strict=True):
        scores_by_article.setdefault(owner, score)
    scores_by_article.pop(number, None)
    return list(scores_by_article.items())[:k]


def mean_vectors(version: IndexVersion, ids: Sequence[int]) -> Vectors:
    """(n, dimension) unit mean vectors of articles; zeros for articles that are not indexed."""
    spans = [version.table.of_article(number) for number in ids]
    lengths = np.array([len(span) for span in spans], dtype=np.int64)
    numbers = np.array([passage for span in spans for passage in span], dtype=np.int64)
    vectors = version.dense.vectors(numbers)
    means = np.zeros((len(ids), vectors.shape[1]), dtype=np.float32)
    owners = np.repeat(np.arange(len(ids)), lengths)
    np.add.at(means, owners, vectors)
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.where(norms == 0, 1, norms), dtype=np.float32)


def _passage(version: IndexVersion, article: Article, own: range, number: int) -> Passage | None:
    start, end, check = version.table.span(number)
    text = article.text[start:end]
    if check_of(text) != check:
        return None
    spans = article.section_spans()
    section = next((label for first, last, label in spans if first <= start < last), "")
    key = f"{article.pmid}:{number - own.start}"
    return Passage(key, article.pmid, section, start, end, text)
