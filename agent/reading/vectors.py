"""Vectors of articles' sentences, cached between questions.

An article is encoded by itself, so its vectors are the same whether they are cached or not, and no
answer depends on earlier questions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from retrieval.encoder import Encoder, Vectors

# Texts whose vectors are cached, 1.5 KB each with the default encoder: over 1,000 abstracts.
_MOST_CACHED = 16_000


class ArticleVectors:
    """Encodes the texts of articles, with a cache of the latest ones; thread-safe.

    Args:
        most: the number of texts whose vectors are kept at most.
    """

    def __init__(self, encoder: Encoder, most: int = _MOST_CACHED) -> None:
        self._encoder = encoder
        self._most = most
        self._cache: OrderedDict[tuple[str, ...], Vectors] = OrderedDict()
        self._texts = 0
        self._lock = threading.Lock()

    def of(self, articles: Sequence[tuple[str, ...]]) -> list[Vectors]:
        """(texts, dimension) unit vectors of each article, given by its texts."""
        with self._lock:
            known = {texts: self._cache[texts] for texts in articles if texts in self._cache}
        # Encoded without the lock: a question whose articles are cached need not wait.
        new = [texts for texts in dict.fromkeys(articles) if texts not in known]
        known |= zip(new, self._encoder.encode_groups(new), strict=True)
        with self._lock:
            for texts in known:
                if texts not in self._cache:
                    self._cache[texts] = known[texts]
                    self._texts += len(texts)
                self._cache.move_to_end(texts)
            while self._texts > self._most:
                oldest, _ = self._cache.popitem(last=False)
                self._texts -= len(oldest)
        return [known[texts] for texts in articles]
