"""Does the order of articles gain by the reader? nDCG@10 with its best sentence's score mixed in.

    medcite evaluate rerank --data bioasq-dev --home /tmp/bioasq

The data set is one that `medcite evaluate retrieval` has prepared. Scores of the twenty best
articles are scaled to 0 to 1, and the score of each one's best sentence is added with a weight.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from agent.reading.reader import LocalReader
from corpora.home import Home
from evaluation.report import Figure, Report
from evaluation.retrieval.benchmark import held_out, read_queries
from evaluation.retrieval.runs import mean, measure, read_qrels
from retrieval.encoder import load_encoder
from retrieval.passage import SearchQuery
from retrieval.search import Searcher

Scored = dict[str, dict[str, float]]

_DEPTH, _READ = 100, 20
_WEIGHTS = (0.0, 0.1, 0.3, 0.5, 0.8, 1.2)


def runs(searcher: Searcher, reader: LocalReader, data: Path) -> Iterator[tuple[str, Scored]]:
    """(query id, the articles' scores by PMID for each weight)."""
    queries = read_queries(data)
    for number, (qid, question) in enumerate(queries, start=1):
        ranked = searcher.search([SearchQuery(question)], _DEPTH)[0]
        first = [replace(each, rank=rank) for rank, each in enumerate(ranked[:_READ], start=1)]
        best: dict[str, float] = {}
        for each in reader.read(question, first, searcher).sentences:
            best.setdefault(each.sentence.pmid, each.score)
        scores = np.array([each.score for each in first])
        scaled = (scores - scores.min()) / max(1e-9, float(np.ptp(scores)))
        rest = {e.article.pmid: -1.0 - place for place, e in enumerate(ranked[_READ:])}
        yield (
            qid,
            {
                str(weight): rest
                | {
                    e.article.pmid: float(own + weight * best.get(e.article.pmid, 0.0))
                    for e, own in zip(first, scaled, strict=True)
                }
                for weight in _WEIGHTS
            },
        )
        if number % 100 == 0:
            sys.stderr.write(f"{number} of {len(queries)} questions\n")


def by_weight(home: Home, data: Path) -> Report:
    """nDCG@10 of each weight, with that of the held-out third, on a data set indexed in `home`."""
    encoder = load_encoder()
    scored: dict[str, Scored] = {str(weight): {} for weight in _WEIGHTS}
    for qid, ranked in runs(Searcher(home, encoder), LocalReader(encoder), data):
        for weight, scores in ranked.items():
            scored[weight][qid] = scores
    qrels = read_qrels(data / "qrels.txt")
    third = [qid for qid in qrels if held_out(qid)]
    figures = []
    for weight, run in scored.items():
        gains, group = measure(run, qrels)["nDCG@10"], f"weight {weight}"
        figures.append(Figure("nDCG@10", mean(gains), n=len(gains), group=group))
        figures.append(Figure("held-out third", mean(gains, third), n=len(third), group=group))
    return Report("rerank", figures)
