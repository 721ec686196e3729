"""Synthetic records and vectors derived from real ones, to fill an index of any size.

Record k is a real article with the end of its title and a third of its sentences from another one.
A word that occurs in only one real article is marked with the number of the pass over the real
ones, so that the vocabulary grows with the corpus (linearly, which is faster than in real
literature). Journal, date, types, headings and authors are the first article's; DOI and PMCID are
dropped, since they are unique. Its vector is the weighted mean of two real vectors, rescaled to
unit length. Everything is determined by k, so any part can be regenerated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import orjson

from corpora.article import Article
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.performance.searching import cached_vectors
from retrieval.encoder import Vectors

_WORD = re.compile(r"\w+")
_FIRST_PMID = 50_000_000
# Vectors are generated in blocks of this size, each with its own seed.
BLOCK = 50_000


class Synthesis:
    """Unlimited articles and vectors derived from those of some data directories.

    Args:
        articles: data directory with the corpus.
        vectors: data directories whose cached vectors are mixed; all of one encoder.
        most: maximum number of real articles read.
        queries: number of real vectors excluded from the mixing, used as queries.
    """

    def __init__(
        self, articles: Home, vectors: list[Home], most: int | None = None, queries: int = 300
    ) -> None:
        with open_corpus(articles.corpus) as store:
            originals = (article for _, article in islice(store.articles(), most))
            real = [_bare(article) for article in originals]
        # Shuffled, so that a small corpus is like a large one.
        self._real: list[Article] = [
            real[k] for k in np.random.default_rng(0).permutation(len(real))
        ]
        mixed = np.concatenate([cached_vectors(home) for home in vectors])
        np.random.default_rng(1).shuffle(mixed)
        self.queries, self._vectors = mixed[:queries], mixed[queries:]
        self._once = self._words_of_one()

    @property
    def real(self) -> int:
        """The number of real articles that records are derived from."""
        return len(self._real)

    def title(self, number: int) -> str:
        """The title of a real article."""
        return self._real[number].title

    def _words_of_one(self) -> frozenset[str]:
        counts: Counter[str] = Counter()
        for article in self._real:
            counts.update(set(_WORD.findall(article.text)))
        return frozenset(word for word, count in counts.items() if count == 1 and word.isalpha())

    def articles(self, first: int, last: int) -> Iterator[Article]:
        """The articles with numbers from `first` up to, but excluding, `last`."""
        for number in range(first, last):
            yield self._article(number)

    def _article(self, number: int) -> Article:
        turn, place = divmod(number, len(self._real))
        base = self._real[place]
        pmid = str(_FIRST_PMID + number)
        if turn == 0:
            return replace(base, pmid=pmid)
        other = self._real[(place * 7_919 + turn * 104_729) % len(self._real)]
        mark = f"x{turn}"
        head, tail = base.title.split(" "), other.title.split(" ")
        title = " ".join((*head[: len(head) // 2 + 1], *tail[len(tail) // 2 :]))
        sentences = [s for section in other.sections for s in section.text.split(". ")]
        sections = tuple(
            replace(section, text=self._marked(_exchanged(section.text, sentences, turn), mark))
            for section in base.sections
        )
        return replace(base, pmid=pmid, title=self._marked(title, mark), sections=sections)

    def _marked(self, text: str, mark: str) -> str:
        once = self._once
        return _WORD.sub(lambda word: word[0] + mark if word[0] in once else word[0], text)

    def vectors(self, count: int) -> Iterator[Vectors]:
        """(n, dimension) unit vectors of the first `count` articles, in blocks."""
        for number in range(-(-count // BLOCK)):
            yield self._block(number)[: count - number * BLOCK]

    def _block(self, number: int) -> Vectors:
        rng = np.random.default_rng([2, number])
        first, second = rng.integers(len(self._vectors), size=(2, BLOCK))
        share = rng.uniform(0.5, 1.0, size=(BLOCK, 1)).astype(np.float32)
        mixed = share * self._vectors[first] + (1 - share) * self._vectors[second]
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def sample(self, size: int) -> Vectors:
        """(size, dimension) vectors of the same kind that belong to no article, for training."""
        blocks = range(1_000_000, 1_000_000 + -(-size // BLOCK))
        return np.concatenate([self._block(number) for number in blocks])[:size]

    def write_chunk(self, folder: Path, number: int, first: int, last: int) -> None:
        """Write vectors in published form: `embeds_chunk_N.npy` and `pmids_chunk_N.json`.

        Args:
            first: number of the chunk's first article; a multiple of `BLOCK`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        shape = (last - first, self._vectors.shape[1])
        rows = np.lib.format.open_memmap(
            folder / f"embeds_chunk_{number}.npy", "w+", np.float32, shape
        )
        for start in range(first, last, BLOCK):
            size = min(BLOCK, last - start)
            rows[start - first : start - first + size] = self._block(start // BLOCK)[:size]
        rows.flush()
        pmids = [str(_FIRST_PMID + k) for k in range(first, last)]
        (folder / f"pmids_chunk_{number}.json").write_bytes(orjson.dumps(pmids))


def _bare(article: Article) -> Article:
    sections = tuple(section for section in article.sections if not section.body)
    return replace(
        article, sections=sections, doi="", pmcid="", notices=(), typography=(), page_starts=()
    )


def _exchanged(text: str, others: list[str], turn: int) -> str:
    """A text with every third sentence replaced by one of `others`, if there are any."""
    own = text.split(". ")
    if others:
        for place in range(turn % 3, len(own), 3):
            own[place] = others[(place + turn) % len(others)]
    return ". ".join(own)
