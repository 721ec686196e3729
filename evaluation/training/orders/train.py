"""Train and measure the detector of orders: `python -m evaluation.training.orders.train HOME`.

HOME contains the literature (`medcite corpus fetch demo --all`). Articles with even PMIDs provide
findings and sentences for training; those with odd PMIDs measure false positives. For
cross-validation, each fifth of the frames is left out once to measure recall on unseen frames.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from agent.language.orders import PLACES, WEIGHTS, places
from corpora.article import Article
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.training.orders.frames import frames, orders
from retrieval.chunking import article_sentences

_SEED = 7
_EACH = 12
_FOLDS = 5
_C = 1.0
# Sentences to train on; more only increase the time.
_MOST = 150_000
# Log-odds from which a sentence counts as an order, where that is more likely than not.
_THRESHOLD = 0.0


def sentences_of(article: Article) -> list[str]:
    """The title and the sentences of the abstract."""
    text = article.text
    spans = [span for span, _ in article_sentences(article)]
    return [article.title, *(text[span.start : span.end] for span in spans)]


def rows(sentences: Sequence[str]) -> csr_matrix:
    """(sentences, PLACES) sparse matrix with ones at the hashed features of each sentence."""
    features = [places(sentence) for sentence in sentences]
    starts = np.concatenate(([0], np.cumsum([len(row) for row in features])))
    columns = np.concatenate(features)
    ones = np.ones(len(columns), np.float32)
    return csr_matrix((ones, columns, starts), shape=(len(sentences), PLACES))


def fitted(positive: csr_matrix, negative: csr_matrix) -> npt.NDArray[np.float32]:
    """The weights by feature."""
    labels = np.r_[np.ones(positive.shape[0]), np.zeros(negative.shape[0])]
    model = LogisticRegression(C=_C, max_iter=200, fit_intercept=False)
    model.fit(vstack([positive, negative]), labels)
    return np.asarray(model.coef_[0], dtype=np.float32)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--folds", action="store_true", help="also cross-validate over frames")
    options = parser.parse_args()
    even: list[str] = []
    odd: list[tuple[str, str]] = []
    claims: list[str] = []
    with open_corpus(Home(options.home).corpus) as store:
        for _, article in store.articles():
            own = sentences_of(article)
            if not article.pmid.isdecimal() or int(article.pmid) % 2:
                odd += [(article.pmid, sentence) for sentence in own]
                continue
            even += own
            claims += own[-1:] if len(own) > 1 else []
    chance = random.Random(_SEED)
    chance.shuffle(even)
    negative = rows(even[:_MOST])
    claims = [claim for claim in claims if 30 < len(claim) < 220]
    pairs = orders(claims, _EACH, chance)
    positive = rows([text for _, text in pairs])
    if options.folds:
        names = frames()
        chance.shuffle(names)
        fold = {name: i % _FOLDS for i, name in enumerate(names)}
        parts = np.array([fold[frame] for frame, _ in pairs])
        caught = 0
        for part in range(_FOLDS):
            weights = fitted(positive[parts != part], negative)
            caught += int((positive[parts == part] @ weights >= _THRESHOLD).sum())
        _print(f"orders of frames left out: {caught} of {len(pairs)} recognised")
    weights = fitted(positive, negative).astype(np.float16)
    scores = rows([sentence for _, sentence in odd]) @ weights.astype(np.float32)
    wrong = [odd[i] for i in np.flatnonzero(scores >= _THRESHOLD)]
    articles = len({pmid for pmid, _ in odd})
    _print(
        f"false positives: {len(wrong)} of {len(odd):,} sentences not trained on, in"
        f" {len({pmid for pmid, _ in wrong})} of {articles:,} articles"
    )
    for pmid, sentence in wrong:
        _print(f"  {pmid}: {sentence}")
    place = Path(str(files("agent.language").joinpath(WEIGHTS)))
    save_file({"places": weights}, place, {"threshold": str(_THRESHOLD)})
    _print(f"written: {place}")


if __name__ == "__main__":
    main()
