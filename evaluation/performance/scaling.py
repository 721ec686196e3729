"""Scaling on one machine: a synthetic corpus is imported, indexed with imported vectors, searched.

For each stage it measures processor seconds, wall-clock seconds and the peak memory of the process
beyond its initial memory (without mapped files, which are page cache); for each part the bytes on
disk; and for searching recall@10 against exact search and the time from question to evidence.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from corpora.atomic_files import replacing
from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from evaluation.performance.memory import PeakMemory, resident
from evaluation.performance.searching import exact_nearest, recall, search_times
from evaluation.performance.synthesis import BLOCK, Synthesis
from retrieval.boolean.parser import parse
from retrieval.build import build_index
from retrieval.encoder import Encoder, load_encoder
from retrieval.facet_columns import read_columns
from retrieval.filters import Filters
from retrieval.open_version import IndexVersion
from retrieval.passage import SearchQuery
from retrieval.progress import Silent
from retrieval.published_vectors import import_vectors
from retrieval.search import Searcher
from retrieval.vectors import VectorCache

# As published: 30,000 articles per baseline file, a million vectors per chunk.
_FILE = 30_000
_CHUNK = 5 * BLOCK
_K = 10
_CANDIDATES = 200
_WANTED = 20
_QUESTIONS = 100
# Beside a kept data directory's files: the figures of its build so far.
_FIGURES = "scaling.json"
# Written anew by each build, so that a resumed build measures them alone.
_REWRITTEN = ("dense", "lexical, abbreviations, columns")
_BOOLEAN = (
    "hypertension[ti]",
    "(heart failure[tiab] OR cardiac[ti]) AND randomized[tiab] NOT review[pt]",
    "infection[tiab] AND 2021[dp]",
)


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Stages:
    """Resources of each stage: processor seconds, wall-clock seconds, peak memory.

    `changed` is called after each change of the figures.
    """

    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    changed: Callable[[], None] = _nothing
    _memory: PeakMemory = field(default_factory=PeakMemory)

    @contextmanager
    def watching(self) -> Iterator[Stages]:
        """Sample the peak memory."""
        with self._memory:
            yield self

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Attribute the resources of the block to a stage."""
        self._memory.reset()
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.add(name, time.process_time() - cpu, time.perf_counter() - wall)

    def add(self, name: str, cpu: float, wall: float) -> None:
        """Add seconds to a stage, and the peak memory since the last stage began."""
        if name in _REWRITTEN:
            self.figures.pop(name, None)
        entry = self.figures.setdefault(name, {"cpu_s": 0.0, "wall_s": 0.0, "memory_mb": 0.0})
        entry["cpu_s"] = round(entry["cpu_s"] + cpu, 2)
        entry["wall_s"] = round(entry["wall_s"] + wall, 2)
        peak = round((self._memory.peak - self._memory.base) / 1e6, 1)
        entry["memory_mb"] = max(entry["memory_mb"], peak)
        self._memory.reset()
        self.changed()


class _Clock:
    """A BuildProgress that attributes a build to its stages."""

    def __init__(self, stages: Stages) -> None:
        self._stages, self._name = stages, ""
        self._wall = self._cpu = 0.0

    def stage(self, name: str, total: int) -> None:
        self.end()
        # The dense index is written before the first article passes.
        self._name = "dense" if name == "index" else name
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def advance(self, count: int) -> None:
        if self._name == "dense":
            self.end()
            self._name = "lexical, abbreviations, columns"
            self._wall, self._cpu = time.perf_counter(), time.process_time()

    def end(self) -> None:
        if self._name:
            cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
            self._stages.add(self._name, cpu, wall)
        self._name = ""


def measure(
    articles: Home,
    vectors: list[Home],
    count: int,
    dense: str = "auto",
    keep: Path | None = None,
) -> dict[str, Any]:
    """Build and search a corpus of `count` synthetic articles.

    Args:
        articles: data directory with the real records.
        vectors: data directories whose cached vectors are mixed, all of the default encoder.
        dense: the dense type, as in `choose_type`.
        keep: data directory to build in, which remains; None for a temporary one. A stopped
            build is resumed; a kill loses the figures of at most one file, chunk or stage. One
            that was built before is searched again, and its figures of building are repeated.

    Raises:
        BadInput: `keep` was built with another number of articles, or not by this benchmark.
    """
    synthesis = Synthesis(articles, vectors)
    encoder = load_encoder()
    stages = Stages()
    with tempfile.TemporaryDirectory(prefix="medcite-scaling-") as folder:
        home = Home(keep or Path(folder) / "home")
        with stages.watching():
            figures = _earlier(home, count)
            if "disk_bytes" not in figures:
                stages.figures |= figures.get("stages", {})
                stages.changed = lambda: _save(home, {"articles": count, "stages": stages.figures})
                figures = _built(home, encoder, synthesis, count, dense, stages)
                _save(home, figures)
                stages.changed = _nothing
            with stages.stage("searching"):
                searches = _searched(home, encoder, synthesis, count)
    return {**figures, "stages": {**figures["stages"], **stages.figures}, **searches}


def _earlier(home: Home, count: int) -> dict[str, Any]:
    """The figures of an earlier build in this data directory, with "disk_bytes" if it ended."""
    if not home.root.exists():
        return {}
    advice = "Choose another folder, or remove this one."
    try:
        figures: dict[str, Any] = orjson.loads((home.root / _FIGURES).read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"{home.root} was not built by this benchmark.", advice) from error
    if figures["articles"] != count:
        raise BadInput(f"{home.root} is for {figures['articles']} articles, not {count}.", advice)
    return figures


def _save(home: Home, figures: dict[str, Any]) -> None:
    with replacing(home.root / _FIGURES) as part:
        part.write_bytes(orjson.dumps(figures))


def _built(
    home: Home, encoder: Encoder, synthesis: Synthesis, count: int, dense: str, stages: Stages
) -> dict[str, Any]:
    """Import and index the articles, as far as not done yet; the figures of each stage."""
    home.create()
    stages.changed()
    _import(home, synthesis, count, stages)
    _import_vectors(home, encoder, synthesis, count, stages)
    clock = _Clock(stages)
    try:
        built = build_index(home, encoder, clock, dense=dense, unit="article")
    finally:
        clock.end()
    return {
        "articles": count,
        "encoded": built.encoded,
        "passages": built.manifest.passages,
        "type": built.manifest.dense_type.factory,
        "probes": built.manifest.dense_type.probes,
        "stages": stages.figures,
        "disk_bytes": _disk(home, built.folder),
    }


def _import(home: Home, synthesis: Synthesis, count: int, stages: Stages) -> None:
    with ArticleStore(home.corpus) as store:
        for number, first in enumerate(range(0, count, _FILE), start=1):
            name = f"pubmed26n{number:04d}.xml.gz"
            if store.imported(name, "made"):
                continue
            articles = list(synthesis.articles(first, min(first + _FILE, count)))
            with stages.stage("import"):
                store.import_records(articles, name=name, path=name, sha256=name, reader="made")


def _import_vectors(
    home: Home, encoder: Encoder, synthesis: Synthesis, count: int, stages: Stages
) -> None:
    folder = home.root / "published"
    for number, first in enumerate(range(0, count, _CHUNK)):
        last = min(first + _CHUNK, count)
        with VectorCache(home.vectors, encoder.identity) as cache:
            earlier = cache.imported(f"embeds_chunk_{number}.npy")
        if earlier and earlier.rows == last - first:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        synthesis.write_chunk(folder, number, first, last)
        with stages.stage("import vectors"):
            import_vectors(home, encoder, folder, Silent())
    shutil.rmtree(folder, ignore_errors=True)


def _disk(home: Home, version: Path) -> dict[str, int]:
    parts = {"articles": home.corpus, "vectors": home.vectors, "facets": home.columns}
    sizes = {name: _size(path) for name, path in parts.items()}
    for path in sorted(version.iterdir()):
        name = "passage table" if path.name.startswith("passage-") else path.name
        sizes[name] = sizes.get(name, 0) + _size(path)
    return sizes


def _size(path: Path) -> int:
    files: Iterable[Path] = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _searched(home: Home, encoder: Encoder, synthesis: Synthesis, count: int) -> dict[str, Any]:
    before = resident()
    with open_corpus(home.corpus) as store:
        snapshot = store.snapshot
    searcher = Searcher(home, encoder)
    version = searcher.version
    opened = resident() - before
    exact = exact_nearest(synthesis.queries, synthesis.vectors(count), _K)
    near, seconds = search_times(version.dense, synthesis.queries, _K)
    wide, _ = search_times(version.dense, synthesis.queries, _CANDIDATES)
    # The store numbers articles from 1; an article without text has no passage.
    near, wide = (
        [version.table.articles(passages) - 1 for passages in results] for results in (near, wide)
    )
    rng = np.random.default_rng(5)
    questions = [synthesis.title(int(k)) for k in rng.integers(synthesis.real, size=_QUESTIONS)]
    return {
        "recall_at_10": recall(exact, near),
        "nearest_10_among_200": recall(exact, wide),
        "dense_ms": _milliseconds(seconds),
        "question_to_evidence_ms": _milliseconds(_times(searcher, questions, Filters())),
        "filtered_ms": _milliseconds(
            _times(searcher, questions, Filters(first_year=2021, languages=("eng",)))
        ),
        "boolean": _boolean(version),
        "facets": _facets(home, snapshot),
        "open_memory_mb": round(opened / 1e6, 1),
    }


def _times(searcher: Searcher, questions: list[str], filters: Filters) -> list[float]:
    """Seconds of each question from vector to evidence, after a few that warm the caches."""
    seconds = []
    for text in [*questions[:_K], *questions]:
        vector = searcher.meaning([text]).vectors[0].tolist()
        started = time.perf_counter()
        searcher.gather([SearchQuery(text, filters, vector=vector)], _WANTED)
        seconds.append(time.perf_counter() - started)
    return seconds[_K:]


def _boolean(version: IndexVersion) -> dict[str, dict[str, float]]:
    results = {}
    for text in _BOOLEAN:
        started = time.perf_counter()
        hits = version.lexical.boolean(parse(text))
        seconds = time.perf_counter() - started
        results[text] = {"articles": len(hits.ids), "ms": round(seconds * 1000, 1)}
    return results


def _facets(home: Home, snapshot: str) -> dict[str, float]:
    """Time and memory for opening the columns and counting all facets of all articles."""
    before, started = resident(), time.perf_counter()
    columns = read_columns(home.columns, snapshot)
    if columns is None:
        raise RuntimeError("the build left no columns")
    opened = time.perf_counter() - started
    everything = np.ones(len(columns), dtype=bool)
    for side in columns.sides.values():
        side.counts(everything)
    counted = time.perf_counter() - started - opened
    return {
        "open_ms": round(opened * 1000, 1),
        "count_all_ms": round(counted * 1000, 1),
        "memory_mb": round((resident() - before) / 1e6, 1),
    }


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    middle, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    return {"median": round(float(middle), 2), "p95": round(float(high), 2)}
