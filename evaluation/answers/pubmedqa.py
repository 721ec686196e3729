"""PubMedQA: whether the one abstract that answers a question is found, and its conclusion quoted.

The data is PubMedQA's own file: {pmid: {"QUESTION", "CONTEXTS", "LABELS", "LONG_ANSWER", …}}. The
abstracts are imported without a title, since most questions are their titles. Whether the answer
is yes, no or maybe is not asked of the local forms: they quote and do not decide.

Source: Jin et al., "PubMedQA: a dataset for biomedical research question answering", EMNLP 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from retrieval.build import build_index
from retrieval.encoder import Encoder
from retrieval.progress import BuildProgress


@dataclass(frozen=True, slots=True)
class Found:
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
        BadInput: it is not PubMedQA's.
    """
    try:
        records: dict[str, Mapping[str, Any]] = orjson.loads(path.read_bytes())
        for record in records.values():
            record["QUESTION"], record["CONTEXTS"], record["LONG_ANSWER"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Name PubMedQA's JSON file.") from error
    return records


def prepare(
    records: Mapping[str, Mapping[str, Any]], home: Home, encoder: Encoder, progress: BuildProgress
) -> None:
    """Import the abstracts and index them; nothing is done again where it was done."""
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
) -> Found:
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
    return Found(
        len(rows), *(sum(float(row[i]) for row in rows) / max(1, len(rows)) for i in range(5))
    )


def report(found: Found) -> Sequence[tuple[str, str]]:
    """What the figures say, a line each."""
    return (
        ("questions", f"{found.questions:,}"),
        ("answered", f"{found.answered:.1%}"),
        ("the question's own article cited", f"{found.own_cited:.1%}"),
        ("… and cited first", f"{found.own_cited_first:.1%}"),
        ("ROUGE-2 recall of its conclusion", f"{found.conclusion_recall:.3f}"),
        ("words", f"{found.words:.0f}"),
    )
