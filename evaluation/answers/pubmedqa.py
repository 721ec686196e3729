"""PubMedQA: whether the abstract that answers a question is retrieved and its conclusion quoted.

The data is PubMedQA's own file: {pmid: {"QUESTION", "CONTEXTS", "LABELS", "LONG_ANSWER", …}}. The
abstracts are imported without titles, since most questions are their titles. The yes/no/maybe label
is not evaluated: without a language model, answers quote and do not decide.

Source: Jin et al., "PubMedQA: a dataset for biomedical research question answering", EMNLP 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.answer import Status
from agent.assistant import Assistant
from corpora.article import Article, Section
from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import ArticleStore
from evaluation.answers.benchmark import Progress, plain, rouge
from evaluation.report import Figure, Report
from retrieval.build import build_index
from retrieval.encoder import Encoder
from retrieval.progress import BuildProgress


@dataclass(frozen=True, slots=True)
class PubMedQAResult:
    """Shares between 0 and 1; `conclusion_recall` is ROUGE-2 recall of the authors' conclusion."""

    questions: int
    answered: float
    own_cited: float
    own_cited_first: float
    conclusion_recall: float
    words: float


def read(path: Path) -> dict[str, Mapping[str, Any]]:
    """The records of the file by PMID.

    Raises:
        BadInput: the file is not PubMedQA's.
    """
    try:
        records: dict[str, Mapping[str, Any]] = orjson.loads(path.read_bytes())
        for record in records.values():
            record["QUESTION"], record["CONTEXTS"], record["LONG_ANSWER"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Give PubMedQA's JSON file.") from error
    return records


def prepare(
    records: Mapping[str, Mapping[str, Any]], home: Home, encoder: Encoder, progress: BuildProgress
) -> None:
    """Import and index the abstracts, unless that was done before."""
    home.create()
    with ArticleStore(home.corpus) as store:
        if not len(store):
            store.import_records(
                _articles(records), name="pubmedqa", path="", sha256="", reader="evaluation"
            )
    build_index(home, encoder, progress)


def _articles(records: Mapping[str, Mapping[str, Any]]) -> Iterator[Article]:
    for pmid, record in records.items():
        labels = record.get("LABELS", ())
        texts = [*record["CONTEXTS"], record["LONG_ANSWER"]]
        names = [*labels, *[""] * (len(texts) - len(labels) - 1), "CONCLUSION"]
        sections = (Section(n, " ".join(t.split())) for n, t in zip(names, texts, strict=True))
        year = str(record.get("YEAR", ""))
        yield Article(pmid, "", tuple(sections), year=int(year) if year.isdigit() else 0)


def evaluate(
    assistant: Assistant, records: Mapping[str, Mapping[str, Any]], progress: Progress
) -> PubMedQAResult:
    """Ask every question over all abstracts."""
    rows: list[tuple[bool, bool, bool, float, int]] = []
    for number, (pmid, record) in enumerate(records.items(), start=1):
        answer = assistant.ask(record["QUESTION"])
        cited = [source.article.pmid for source in answer.cited]
        text = plain(answer)
        recall = rouge(text, (record["LONG_ANSWER"],))[1]
        own = pmid in cited
        first = bool(cited) and cited[0] == pmid
        rows.append((answer.status is Status.ANSWERED, own, first, recall, len(text.split())))
        progress(number, len(records))
    return PubMedQAResult(
        len(rows), *(sum(float(row[i]) for row in rows) / max(1, len(rows)) for i in range(5))
    )


def report(result: PubMedQAResult) -> Report:
    """The figures, each over all questions."""
    figures = {
        "answered": result.answered,
        "the question's own article cited": result.own_cited,
        "… and cited first": result.own_cited_first,
        "ROUGE-2 recall of its conclusion": result.conclusion_recall,
        "words": result.words,
    }
    return Report("pubmedqa", [Figure(name, v, n=result.questions) for name, v in figures.items()])
