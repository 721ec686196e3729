"""All systems on the same articles and questions: retrieval, and extracts of what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.assistant import Assistant
from corpora.article import Article
from corpora.home import Home
from evaluation.peers import sample
from evaluation.peers.extracts import Choice, extracts, last_sentences, nearest_sentences
from evaluation.peers.process import System, run
from evaluation.peers.report import Estimate, RetrievalRow, estimate, ratios, rows
from evaluation.reading.measure import ask_all
from evaluation.reading.questions import GradedQuestion, Shown, clinical_score, figures
from evaluation.report import Figure, Report
from evaluation.retrieval.runs import GAIN
from retrieval.encoder import DEFAULT_ENCODER, load_encoder, model_folder

Progress = Callable[[str], None]

_DEPTH = 10
_CHUNKED: dict[str, Any] = {"reader_config": {"chunk_chars": 1_000, "overlap": 250}}
_DEFERRED: dict[str, Any] = {"defer_embedding": True}
# paper-qa's settings of retrieval: (what differs from its defaults, settings, chunks an article).
PAPER_QA: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("defaults", {}, 1),
    ("chunks of 1,000 characters", {"parsing": {**_CHUNKED, **_DEFERRED}}, 4),
    ("MMR 0.9", {"parsing": _DEFERRED, "texts_index_mmr_lambda": 0.9}, 1),
    ("with its keyword vector", {"parsing": _DEFERRED, "embedding": "hybrid-st-"}, 1),
)
_MEDCITE = "Medcite"


@dataclass(frozen=True, slots=True)
class Extract:
    """What a system shows of its articles on answerable questions; shares between 0 and 1."""

    name: str
    clinical: Estimate
    first_two: float
    useful: float
    misleading: float


@dataclass(frozen=True, slots=True)
class PeerComparison:
    """Figures of each system; the first row of `retrieval` is bm25s alone."""

    articles: int
    questions: int
    retrieval: list[RetrievalRow]
    extracts: list[Extract]


def report(comparison: PeerComparison) -> Report:
    """A row of figures for each system's retrieval, then for what each shows.

    Times are processor times, also as multiples of the first system's.
    """
    rows, figures = comparison.retrieval, list[Figure]()
    indexing, asking = ratios(r.index_seconds for r in rows), ratios(r.query_ms for r in rows)
    for row, index, query in zip(rows, indexing, asking, strict=True):
        figures.append(Figure.of("nDCG@10", row.ndcg, group=row.name))
        figures.append(Figure.of("recall@10", row.recall, group=row.name))
        if row.gain:
            figures.append(Figure.of(GAIN, row.gain, group=row.name))
        values = {
            "index ×": index,
            "query ×": query,
            "index s": row.index_seconds,
            "query ms": row.query_ms,
            "peak MiB": row.peak_mib,
        }
        figures += [Figure(name, value, group=row.name) for name, value in values.items()]
    for each in comparison.extracts:
        shares = {
            "main finding in first two": each.first_two,
            "graded 2 or 3": each.useful,
            "misleading": each.misleading,
        }
        figures.append(Figure.of("clinical score", each.clinical, group=each.name))
        figures += [Figure(name, value, group=each.name) for name, value in shares.items()]
    of = {"articles": comparison.articles, "answerable questions": comparison.questions}
    return Report("peers search", figures, of)


def systems(home: Path, python: Path | None) -> Iterator[System]:
    """The systems; paper-qa's only if there is an interpreter that has it.

    Args:
        home: an empty folder for Medcite's data directory.
    """
    yield System("bm25s", "systems.py", "Bm25")
    yield System("MedRAG-like", "systems.py", "MedRag")
    yield System(_MEDCITE, "systems.py", "Medcite", {"home": str(home)})
    if python:
        for name, settings, chunks in PAPER_QA:
            yield paper_qa(f"paper-qa, {name}", settings, python, chunks)


def paper_qa(name: str, settings: dict[str, Any], python: Path, chunks: int = 1) -> System:
    """paper-qa with these settings and Medcite's encoder."""
    own = {"encoder": str(model_folder(DEFAULT_ENCODER)), "settings": settings, "chunks": chunks}
    return System(name, "paper_qa.py", "PaperQa", own, python)


def compare(
    articles: Sequence[Article],
    questions: Sequence[GradedQuestion],
    folder: Path,
    python: Path | None,
    progress: Progress,
) -> PeerComparison:
    """Run each system in turn; Medcite's leaves its index in `folder`.

    Raises:
        BadInput: a system cannot be run.
    """
    answerable = [each for each in questions if each.answerable]
    task = sample.task(articles, answerable, _DEPTH)
    results: dict[str, dict[str, Any]] = {}
    for system in systems(folder, python):
        progress(system.name)
        results[system.name] = run(system, task)
    return figures_of(results, articles, answerable, folder, progress)


def figures_of(
    results: Mapping[str, Mapping[str, Any]],
    articles: Sequence[Article],
    questions: Sequence[GradedQuestion],
    folder: Path,
    progress: Progress,
) -> PeerComparison:
    """The figures of results by system, with Medcite's answers over its index in `folder`.

    Args:
        questions: answerable ones only.
    """
    by_pmid = {article.pmid: article for article in articles}
    shown: dict[str, list[Shown]] = {}
    choices: dict[str, Choice] = {
        "last sentence of each": last_sentences,
        "nearest sentences": nearest_sentences(load_encoder()),
    }
    for name, result in results.items():
        for words, choice in choices.items():
            shown[f"{name}: {words}"] = extracts(questions, result["rankings"], by_pmid, choice)
    progress("Medcite's answers")
    with Assistant.open(Home.locate(folder)) as assistant:
        shown["Medcite's answers"] = ask_all(assistant, questions, lambda *_: None)
    return PeerComparison(
        len(articles),
        len(questions),
        rows(results, questions),
        [_extract(name, each) for name, each in shown.items()],
    )


def _extract(name: str, shown: Sequence[Shown]) -> Extract:
    own = figures(shown)
    clusters = {each.question.id: each.question.cluster for each in shown}
    scores = {s.question.id: clinical_score(s.question, s.sentences) / 3 for s in shown}
    return Extract(
        name,
        estimate(scores, clusters),
        own["grade 3 in the first two"],
        own["graded 2 or more"],
        own["misleading"],
    )
