"""Ranked screening on judged questions: the work needed to find 95 % of the relevant records.

A set is the result of a broad Boolean query over BioASQ's articles. Its relevant articles are those
judged relevant to the questions on a narrower topic; all others are assumed irrelevant. A simulated
reviewer screens in the order of `retrieval.active_learning`, recomputed after every few decisions,
and decides according to the judgements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.home import Home
from corpora.store import open_corpus
from evaluation.report import Figure, Report
from evaluation.retrieval.benchmark import read_queries
from evaluation.retrieval.runs import read_qrels
from retrieval.active_learning import ranked
from retrieval.browse import mean_vectors
from retrieval.encoder import Encoder, Vectors
from retrieval.engines.dense import Numbers
from retrieval.result_set import BooleanSearch
from retrieval.search import Searcher

RECALL = 0.95
# Decisions between two rankings.
_AT_ONCE = 10
_SHARE, _BY_SEARCH = "share screened", "share in the order of the search"


@dataclass(frozen=True, slots=True)
class Screened:
    """One set: numbers of records, of relevant records, and of records screened until `RECALL`.

    `by_search` is the last number in the order of the search.
    """

    name: str
    records: int
    relevant: int
    screened: int
    by_search: int

    @property
    def share(self) -> float:
        """The share of records that had to be screened."""
        return self.screened / self.records

    @property
    def share_by_search(self) -> float:
        """The same in the order of the search."""
        return self.by_search / self.records


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`query` selects the records; those relevant to a question that names the `topic` count."""

    query: str
    topic: str


# Fixed before any of them was measured.
SETS = (
    QuestionSet("cancer*[tiab]", "breast cancer"),
    QuestionSet("arthritis[tiab] OR inflammat*[tiab]", "rheumatoid"),
    QuestionSet("cancer*[tiab] OR leukemia[tiab] OR lymphoma[tiab]", "leukemia"),
    QuestionSet("asthma[tiab] OR lung*[tiab] OR pulmonary[tiab] OR respiratory[tiab]", "asthma"),
    QuestionSet("parkinson*[tiab] OR alzheimer*[tiab] OR dementia[tiab] OR neuro*[tiab]",
                "parkinson"),
)  # fmt: skip


def evaluate(
    data: Path,
    home: Home,
    encoder: Encoder,
    progress: Callable[[int, int], None],
) -> list[Screened]:
    """Screen each of `SETS`.

    Args:
        data: folder with `queries.jsonl` and `qrels.txt` of BioASQ; `home` contains its articles.
    """
    qrels, questions = read_qrels(data / "qrels.txt"), read_queries(data)
    screened, search = [], BooleanSearch(home)
    with open_corpus(home.corpus) as store, closing(Searcher(home, encoder)) as searcher:
        for number, question_set in enumerate(SETS, start=1):
            ids = search.find(store, question_set.query).ids.tolist()
            qids = [qid for qid, text in questions if question_set.topic in text.casefold()]
            judged = {p for qid in qids for p, grade in qrels.get(qid, {}).items() if grade > 0}
            relevant = np.array([pmid in judged for pmid in store.pmids(ids)])
            order = screening_order(mean_vectors(searcher.version, ids), relevant)
            screened.append(
                Screened(
                    f"{question_set.topic} in {question_set.query}",
                    len(ids),
                    int(relevant.sum()),
                    until_recall(relevant[order]),
                    until_recall(relevant),
                )
            )
            progress(number, len(SETS))
    return screened


def screening_order(vectors: Vectors, relevant: npt.NDArray[np.bool_]) -> Numbers:
    """Positions in the order shown to a reviewer who decides by `relevant`."""
    labels = np.full(len(relevant), -1, dtype=np.int64)
    order: list[int] = []
    while len(order) < len(relevant):
        part = ranked(vectors, labels)[:_AT_ONCE]
        labels[part] = relevant[part]
        order.extend(part)
    return np.array(order, dtype=np.int64)


def until_recall(relevant: Sequence[bool] | npt.NDArray[np.bool_]) -> int:
    """The number of records to read in order until `RECALL` of the relevant ones are found."""
    cumulative = np.cumsum(np.asarray(relevant, dtype=np.int64))
    if not len(cumulative) or not cumulative[-1]:
        return 0
    return int(np.argmax(cumulative >= math.ceil(RECALL * cumulative[-1]))) + 1


def report(screened: Sequence[Screened]) -> Report:
    """The figures of each set, and the mean shares."""
    figures = []
    for result in screened:
        values = {
            _SHARE: result.share,
            _BY_SEARCH: result.share_by_search,
            "screened": result.screened,
            "records": result.records,
            "relevant": result.relevant,
        }
        figures += [Figure(name, value, group=result.name) for name, value in values.items()]
    share = float(np.mean([result.share for result in screened]))
    by_search = float(np.mean([result.share_by_search for result in screened]))
    means = {_SHARE: share, _BY_SEARCH: by_search}
    figures += [Figure(name, value, group="Mean") for name, value in means.items()]
    return Report("screening", figures, {"recall": RECALL})
