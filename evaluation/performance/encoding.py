"""Encoding during a build relative to plain sentence-transformers on the same passages."""

from __future__ import annotations

import tempfile
import time
from itertools import islice
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.build import build_index
from retrieval.chunking import encoded_text, split
from retrieval.encoder import DEFAULT_ENCODER, Encoder, load_encoder, model_folder


class _Stages:
    """A BuildProgress that records the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self._stage, self._started, self._cpu = "", 0.0, 0.0

    def stage(self, name: str, total: int) -> None:
        self.end()
        self._stage, self._started, self._cpu = name, time.perf_counter(), time.process_time()

    def advance(self, count: int) -> None:
        pass

    def end(self) -> None:
        if self._stage:
            self.seconds[self._stage] = time.perf_counter() - self._started
            self.cpu_seconds[self._stage] = time.process_time() - self._cpu
        self._stage = ""


def compare(home: Home, articles: int = 2_000, name: str = DEFAULT_ENCODER) -> dict[str, object]:
    """Build an index of some articles, then encode the same passages without a build.

    Args:
        home: data directory from which articles are sampled evenly.
        name: the encoder; the reference is the same model in the same number type.
    """
    encoder = load_encoder(name)
    kind = getattr(torch, getattr(encoder, "number_type", "float32"))
    model = SentenceTransformer(str(model_folder(name)), model_kwargs={"dtype": kind})
    with open_corpus(home.corpus) as store:
        step = max(1, len(store) // articles)
        chosen = [a for _, a in islice(store.articles(), 0, None, step)][:articles]
    texts = [
        encoded_text(article, passage)
        for article in chosen
        for passage in split(article, encoder.window, encoder.count_tokens)
    ]
    texts = list(dict.fromkeys(texts))
    _warm(encoder, model, texts)
    stages = _Stages()
    with tempfile.TemporaryDirectory() as folder:
        place = Home(Path(folder))
        with ArticleStore(place.corpus) as store:
            store.import_records(chosen, name="x", path="x", sha256="x", reader="x")
        started = time.perf_counter()
        result = build_index(place, encoder, stages)
        stages.end()
        whole = time.perf_counter() - started
    bare, bare_cpu = {}, {}
    for batch in (16, 32, 64):
        started, cpu = time.perf_counter(), time.process_time()
        model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
        bare[batch] = time.perf_counter() - started
        bare_cpu[batch] = time.process_time() - cpu
    encoding = stages.seconds["encode"]
    return {
        "passages": result.encoded,
        "bare_seconds_by_batch": {batch: round(seconds, 2) for batch, seconds in bare.items()},
        "build_encode_seconds": round(encoding, 2),
        "rate_ratio": round(min(bare.values()) / encoding, 3),
        # Processor seconds are comparable on a shared machine too.
        "cpu_rate_ratio": round(min(bare_cpu.values()) / stages.cpu_seconds["encode"], 3),
        "everything_else_share": round((whole - encoding) / whole, 3),
        "stages": {stage: round(seconds, 2) for stage, seconds in stages.seconds.items()},
    }


def _warm(encoder: Encoder, model: SentenceTransformer, texts: list[str]) -> None:
    encoder.encode_documents(texts[:64])
    model.encode(texts[:64], batch_size=32, show_progress_bar=False)
