"""Train the weights of `agent.sufficiency`, and measure abstention across collections.

    python -m evaluation.sufficiency train --bioasq DATA HOME --pubmedqa JSON HOME
    python -m evaluation.sufficiency abstain --bioasq DATA HOME --pubmedqa JSON HOME --other HOME

For every question of two thirds of BioASQ four searches are made into rows: of the whole library;
of a small part of it with the articles that experts judged relevant, and without them; and for a
question whose rarest name was made an invented one. PubMedQA gives the middle two, with the one
article that each question was made from. A part of the library is drawn by a hash of question and
article, so that both sides of a pair have the same neighbours. And each of these questions is asked
of the other library.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.answer import Status
from agent.assessment import signs_of
from agent.assistant import Assistant
from agent.nodes import MOST_KEPT
from agent.planning.local import LocalPlanner
from agent.sufficiency import Signs
from corpora.home import Home
from evaluation import pubmedqa
from evaluation.answers import about_nothing
from evaluation.retrieval import held_out, read_queries
from evaluation.runs import read_qrels
from retrieval.encoder import load_encoder
from retrieval.passage import Evidence, Filters
from retrieval.search import Searcher

# Questions of BioASQ's two thirds that shall be answered.
_ANSWERED = 0.966
# How much of the library is left, in hundredths: small enough for a part to be of another subject.
_PARTS = (10, 25)
_PART_OF_PUBMEDQA = 40
_DEEP = 200
_C = 0.3
_WORDS_ALONE = ("passage", "rarest", "lacking")

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Row:
    signs: Signs | None
    answerable: bool
    whole: bool


def rows(
    searcher: Searcher,
    questions: Sequence[tuple[str, set[str]]],
    parts: Sequence[int],
    *,
    whole: bool,
) -> Iterator[_Row]:
    """The rows of questions with the PMIDs of the articles that answer them."""
    for number, (question, answering) in enumerate(questions):
        found = _found(searcher, question, _DEEP)
        part = parts[number % len(parts)]
        kept = [e for e in found if _in_part(question, e, part) or e.article.pmid in answering]
        without = [e for e in kept if e.article.pmid not in answering]
        yield _Row(signs_of(question, kept[:MOST_KEPT], searcher), True, False)
        yield _Row(signs_of(question, without[:MOST_KEPT], searcher), False, False)
        if not whole:
            continue
        yield _Row(signs_of(question, found[:MOST_KEPT], searcher), True, True)
        if invented := about_nothing(question, searcher, number):
            nothing = _found(searcher, invented, MOST_KEPT)
            yield _Row(signs_of(invented, nothing, searcher), False, False)


def elsewhere(searcher: Searcher, questions: Sequence[tuple[str, set[str]]]) -> Iterator[_Row]:
    """The rows of questions in a library of other subjects, taken to hold no answer."""
    for question, _ in questions:
        found = _found(searcher, question, MOST_KEPT)
        yield _Row(signs_of(question, found, searcher), False, False)


def _in_part(question: str, evidence: Evidence, part: int) -> bool:
    return zlib.crc32(f"{question}{evidence.article.pmid}".encode()) % 100 < part


def _found(searcher: Searcher, question: str, k: int) -> list[Evidence]:
    plan = LocalPlanner().draft(question, Filters(), searcher)
    return searcher.gather(list(plan.open), k)


def fit(found: Sequence[_Row], names: Sequence[str]) -> dict[str, float]:
    """The weight of each sign and the bias, such that 0 lets `_ANSWERED` of the questions pass."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    columns = [i for i, each in enumerate(fields(Signs)) if each.name in names]
    told = [row for row in found if row.signs is not None]
    matrix = np.array([astuple(row.signs) for row in told if row.signs])[:, columns]
    scaler = StandardScaler().fit(matrix)
    model = LogisticRegression(C=_C, max_iter=1000, class_weight="balanced")
    model.fit(scaler.transform(matrix), [row.answerable for row in told])
    weights = model.coef_[0] / scaler.scale_
    asked = [row for row in found if row.whole]
    scores = [
        float(weights @ np.array(astuple(row.signs))[columns]) if row.signs else -np.inf
        for row in asked
    ]
    bias = -float(np.quantile(scores, 1 - _ANSWERED, method="lower"))
    named = {fields(Signs)[i].name: float(w) for i, w in zip(columns, weights, strict=True)}
    return {"bias": round(bias, 3)} | {name: round(weight, 3) for name, weight in named.items()}


def abstained(assistant: Assistant, questions: Sequence[str]) -> float:
    """The share of questions that are not answered."""
    answers = [assistant.ask(question).status for question in questions]
    return sum(status is Status.ABSTAINED for status in answers) / len(answers)


def _train(bioasq: tuple[Path, Home], qa: tuple[Path, Home]) -> dict[str, object]:
    encoder = load_encoder()
    judged = read_qrels(bioasq[0] / "qrels.txt")
    asked = [(text, set(judged[qid])) for qid, text in read_queries(bioasq[0]) if not held_out(qid)]
    records = pubmedqa.read(qa[0])
    own = [(r["QUESTION"], {pmid}) for pmid, r in records.items() if not held_out(pmid)]
    one, other = Searcher(bioasq[1], encoder), Searcher(qa[1], encoder)
    found = [
        *rows(one, asked, _PARTS, whole=True),
        *rows(other, own, [_PART_OF_PUBMEDQA], whole=False),
        *elsewhere(other, asked),
        *elsewhere(one, own),
    ]
    return {
        "encoder": encoder.identity.fingerprint,
        "rows": len(found),
        "all signs": fit(found, [each.name for each in fields(Signs)]),
        "words alone": fit(found, _WORDS_ALONE),
    }


def _abstain(
    bioasq: tuple[Path, Home], qa: tuple[Path, Home], other: Home | None
) -> dict[str, object]:
    third = [text for qid, text in read_queries(bioasq[0]) if held_out(qid)]
    own = [record["QUESTION"] for record in pubmedqa.read(qa[0]).values()]
    told: dict[str, object] = {}
    asked = [
        ("PubMedQA's of BioASQ's articles", bioasq[1], own),
        ("a third of BioASQ's of PubMedQA's abstracts", qa[1], third),
    ]
    if other is not None:
        asked += [
            ("a third of BioASQ's of the other library", other, third),
            ("PubMedQA's of the other library", other, own),
        ]
    for name, home, questions in asked:
        with Assistant.open(home) as assistant:
            told[name] = round(abstained(assistant, questions), 3)
    return told


def main() -> None:
    """Print the weights, or the shares of abstention, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.sufficiency")
    parser.add_argument("what", choices=["train", "abstain"])
    parser.add_argument("--bioasq", nargs=2, type=Path, required=True, metavar=("DATA", "HOME"))
    parser.add_argument("--pubmedqa", nargs=2, type=Path, required=True, metavar=("JSON", "HOME"))
    parser.add_argument("--other", type=Path, help="a library of another kind, such as the demo")
    options = parser.parse_args()
    bioasq = options.bioasq[0], Home.locate(options.bioasq[1])
    qa = options.pubmedqa[0], Home.locate(options.pubmedqa[1])
    if options.what == "train":
        told = _train(bioasq, qa)
    else:
        told = _abstain(bioasq, qa, Home.locate(options.other) if options.other else None)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
