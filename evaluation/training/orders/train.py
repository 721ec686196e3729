"""Train and measure the detector of orders: `python -m evaluation.training.orders.train HOME`.

HOME holds the literature (`medcite corpus fetch demo --all`). Articles of even PMIDs give findings
and sentences to train on; those of odd ones, and the small demo's, tell how often the detector is
wrong. Each fifth of the frames is left out once to tell what orders of unseen frames get.
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
# Sentences to train on; more change nothing but the time.
_MOST = 150_000
# Log odds from which on a sentence counts as an order: where it is the likelier.
_THRESHOLD = 0.0


def sentences_of(article: Article) -> list[str]:
    """Its title and the sentences of its abstract."""
    text = article.text
    spans = [span for span, _ in article_sentences(article)]
    return [article.title, *(text[span.start : span.end] for span in spans)]


def rows(sentences: Sequence[str]) -> csr_matrix:
    """(sentences, PLACES) of ones where their runs are."""
    found = [places(sentence) for sentence in sentences]
    starts = np.concatenate(([0], np.cumsum([len(each) for each in found])))
    columns = np.concatenate(found)
    ones = np.ones(len(columns), np.float32)
    return csr_matrix((ones, columns, starts), shape=(len(sentences), PLACES))


def fitted(positive: csr_matrix, negative: csr_matrix) -> npt.NDArray[np.float32]:
    """The weights by place."""
    labels = np.r_[np.ones(positive.shape[0]), np.zeros(negative.shape[0])]
    model = LogisticRegression(C=_C, max_iter=200, fit_intercept=False)
    model.fit(vstack([positive, negative]), labels)
    return np.asarray(model.coef_[0], dtype=np.float32)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--folds", action="store_true", help="also leave frames out, in five parts")
    given = parser.parse_args()
    even: list[str] = []
    odd: list[tuple[str, str]] = []
    claims: list[str] = []
    with open_corpus(Home(given.home).corpus) as store:
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
    if given.folds:
        names = frames()
        chance.shuffle(names)
        fold = {name: i % _FOLDS for i, name in enumerate(names)}
        parts = np.array([fold[frame] for frame, _ in pairs])
        caught = 0
        for part in range(_FOLDS):
            weights = fitted(positive[parts != part], negative)
            caught += int((positive[parts == part] @ weights >= _THRESHOLD).sum())
        _say(f"orders of frames left out: {caught} of {len(pairs)} recognised")
    weights = fitted(positive, negative).astype(np.float16)
    scores = rows([sentence for _, sentence in odd]) @ weights.astype(np.float32)
    wrong = [odd[i] for i in np.flatnonzero(scores >= _THRESHOLD)]
    articles = len({pmid for pmid, _ in odd})
    _say(
        f"taken for orders: {len(wrong)} of {len(odd):,} sentences not trained on, of"
        f" {len({pmid for pmid, _ in wrong})} of {articles:,} articles"
    )
    for pmid, sentence in wrong:
        _say(f"  {pmid}: {sentence}")
    place = Path(str(files("agent.language").joinpath(WEIGHTS)))
    save_file({"places": weights}, place, {"threshold": str(_THRESHOLD)})
    _say(f"written: {place}")


if __name__ == "__main__":
    main()
