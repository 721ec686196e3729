"""Time of a rebuild without changes, and of one after an update."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from evaluation.encoders import WrappedEncoder
from retrieval.build import build_index
from retrieval.encoder import Encoder, Vectors, load_encoder
from retrieval.progress import Silent


class _Filling(WrappedEncoder):
    """The real encoder's tokens and identity with random vectors, to time a build without it."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._rng = np.random.default_rng(0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        size = (len(texts), self.identity.dimension)
        vectors = self._rng.standard_normal(size).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def compare(home: Home, changed: int = 100) -> dict[str, object]:
    """Seconds of a first build without encoding, of one without changes, and of an update.

    Args:
        home: data directory with the articles.
        changed: number of articles revised by the update.
    """
    encoder = _Filling(load_encoder())
    with TemporaryDirectory() as folder:
        place = Home(Path(folder))
        with open_corpus(home.corpus) as source, ArticleStore(place.corpus) as store:
            articles = (article for _, article in source.articles())
            store.import_records(articles, name="x", path="x", sha256="x", reader="x")
        started = time.perf_counter()
        first = build_index(place, encoder, Silent())
        cold = time.perf_counter() - started
        nothing = _command(place)
        with ArticleStore(place.corpus) as store:
            originals = [article for _, article in islice(store.articles(), changed)]
            revised = [
                replace(a, title=f"Revised: {a.title}", revised="9999-01-01", typography=())
                for a in originals
            ]
            store.import_records(revised, name="y", path="y", sha256="y", reader="y")
        started = time.perf_counter()
        update = build_index(place, encoder, Silent())
        return {
            "articles": first.manifest.articles,
            "passages": first.manifest.passages,
            "first_build_without_encoding_seconds": round(cold, 1),
            "nothing_new_seconds": round(nothing, 2),
            "articles_revised": changed,
            "update_encoded_passages": update.encoded,
            "update_seconds": round(time.perf_counter() - started, 1),
        }


def _command(home: Home) -> float:
    """Seconds of the whole command, including the start of the interpreter."""
    code = "from ui.cli.main import main; main()"
    command = [sys.executable, "-c", code, "index", "build", "--home", str(home.root)]
    started = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    if "up to date" not in process.stdout:
        raise RuntimeError(process.stdout)
    return time.perf_counter() - started
