"""Systems that run in Medcite's own environment: BM25 alone, a MedRAG-like pipeline, Medcite.

Each has `index` (articles as in `evaluation.peers.measure`) and `search` (the best articles, the
best first). The extra `peers` installs bm25s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.retrieval.fusion import reciprocal_rank_fusion

if TYPE_CHECKING:
    from bm25s.tokenization import Tokenized

_EACH = 100
_AT_ONCE = 256


class Bm25:
    """bm25s with its defaults, English stop words and Snowball stemming."""

    def __init__(self) -> None:
        import bm25s
        import Stemmer

        self._bm25s = bm25s
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25()
        self._ids: list[str] = []

    def index(self, articles: Sequence[dict[str, str]]) -> None:
        self._ids = [article["id"] for article in articles]
        self._index.index(self._words([a["text"] for a in articles]), show_progress=False)

    def search(self, question: str, depth: int) -> list[str]:
        """Articles that share no word with the question are left out."""
        words, most = self._words([question]), min(depth, len(self._ids))
        places, scores = self._index.retrieve(words, k=most, show_progress=False)
        pairs = zip(places[0], scores[0], strict=True)
        return [self._ids[place] for place, score in pairs if score > 0]

    def _words(self, texts: list[str]) -> Tokenized:
        return self._bm25s.tokenize(
            texts, stopwords="en", stemmer=self._stemmer, show_progress=False
        )


class Dense:
    """Passages and vectors as Medcite has them, in a flat FAISS index; the best passage counts."""

    def __init__(self) -> None:
        import faiss

        from retrieval.encoder import load_encoder

        self._encoder = load_encoder()
        self._index = faiss.IndexFlatIP(self._encoder.identity.dimension)
        self._ids: list[str] = []

    def index(self, articles: Sequence[dict[str, str]]) -> None:
        from corpora.article import Article
        from retrieval.chunking import encoded_text, split

        texts: list[str] = []
        for each in articles:
            article = Article.from_json(each["record"])
            passages = split(article, self._encoder.window, self._encoder.count_tokens)
            texts += [encoded_text(article, passage) for passage in passages]
            self._ids += [article.pmid] * len(passages)
        for start in range(0, len(texts), _AT_ONCE):
            self._index.add(self._encoder.encode_documents(texts[start : start + _AT_ONCE]))

    def search(self, question: str, depth: int) -> list[str]:
        """`depth` is in articles; an abstract has about two passages, rarely more than eight."""
        most = min(8 * depth, len(self._ids))
        _, places = self._index.search(self._encoder.encode_queries([question]), most)
        return list(dict.fromkeys(self._ids[place] for place in places[0]))[:depth]


class MedRag:
    """Reciprocal rank fusion of BM25 and a dense retriever, 100 articles of each.

    The form of MedRAG's fused retrievers with other parts. Source: Xiong, Jin, Lu and Zhang,
    "Benchmarking retrieval-augmented generation for medicine", Findings of ACL 2024.
    """

    def __init__(self) -> None:
        self._parts = (Bm25(), Dense())

    def index(self, articles: Sequence[dict[str, str]]) -> None:
        for part in self._parts:
            part.index(articles)

    def search(self, question: str, depth: int) -> list[str]:
        scores = reciprocal_rank_fusion([part.search(question, _EACH) for part in self._parts])
        return sorted(scores, key=lambda pmid: -scores[pmid])[:depth]


class Medcite:
    """Medcite's search, with the question as the only query; `home` is created and filled."""

    def __init__(self, home: str) -> None:
        from corpora.home import Home
        from retrieval.encoder import load_encoder

        self._home = Home.locate(Path(home))
        self._encoder = load_encoder()
        self._searcher: Any = None

    def index(self, articles: Sequence[dict[str, str]]) -> None:
        from corpora.article import Article
        from corpora.store import ArticleStore
        from retrieval.build import build_index
        from retrieval.progress import Silent
        from retrieval.search import Searcher

        self._home.create()
        with ArticleStore(self._home.corpus) as store:
            records = (Article.from_json(article["record"]) for article in articles)
            store.import_records(records, name="peers", path="", sha256="", reader="evaluation")
        build_index(self._home, self._encoder, Silent())
        self._searcher = Searcher(self._home, self._encoder)

    def search(self, question: str, depth: int) -> list[str]:
        from retrieval.passage import SearchQuery

        (ranked,) = self._searcher.search([SearchQuery(question)], depth)
        return [evidence.article.pmid for evidence in ranked]
