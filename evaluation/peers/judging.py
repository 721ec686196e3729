"""Sheets for judges of answers, who do not know which system wrote which, and their judgements."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from agent.intervals import rate
from corpora.article import Article
from corpora.errors import BadInput
from evaluation.qa.intervals import bootstrap
from evaluation.reading.questions import GradedQuestion
from evaluation.report import Figure, Report

if TYPE_CHECKING:
    from evaluation.peers.written import Written

DATA = Path(__file__).parent / "data"  # recorded replies to paper-qa's prompts, and judgements
PAPER_QA, MEDCITE = "paper-qa", "Medcite"
_BEST, _KEY_GRADE = 3, 2
_SHAPE = 'Write {"id": "…", "A": {"score": 3, "sentences": 4, "unsupported": 0}, "B": {…}} a line.'


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """A judgement of one answer.

    `score` is 3 if it states the main finding and nothing misleading, 2 with flaws, 1 in part, 0 if
    it is wrong or there is none; where no article answers, 3 if it says so clearly. `unsupported`
    of its `sentences` are not supported by the articles that they cite, or cite none.
    """

    score: int
    sentences: int
    unsupported: int


def systems(theirs: Written, own: Written) -> dict[str, Written]:
    """The answers of paper-qa and Medcite by system."""
    return {PAPER_QA: theirs, MEDCITE: own}


def order(qid: str) -> tuple[str, str]:
    """The systems behind the answers A and B of a question, by a hash of its id."""
    digest = hashlib.md5(qid.encode(), usedforsecurity=False).digest()
    return (PAPER_QA, MEDCITE) if digest[0] % 2 else (MEDCITE, PAPER_QA)


def sheet(
    question: GradedQuestion,
    answers: Mapping[str, Written],
    articles: Mapping[str, Article],
) -> str:
    """A question with the sentences that answer it, both answers, and the articles they cite."""
    lines = [f"## {question.id}", f"Question: {question.question}", "", "Key sentences:"]
    graded = sorted(question.grades.items(), key=lambda item: -item[1])
    keys = [
        f"- ({grade}) {articles[pmid].text[start:end]} [PMID {pmid}]"
        for (pmid, start, end), grade in graded
        if grade >= _KEY_GRADE and pmid in articles
    ]
    lines += keys or ["- none: no article of the literature answers it"]
    for letter, system in zip("AB", order(question.id), strict=True):
        written = answers[system]
        lines += ["", f"### Answer {letter}", written.text, ""]
        for number, pmid in enumerate(written.sources, start=1):
            text = articles[pmid].text.replace("\n", " ")
            lines.append(f"[{number}] PMID {pmid}: {text}")
    return "\n".join(lines) + "\n"


def unblinded(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Judges' lines by system instead of letter."""
    return [
        {"id": line["id"]}
        | {system: line[letter] for letter, system in zip("AB", order(line["id"]), strict=True)}
        for line in lines
    ]


def read_judged(path: Path) -> dict[str, dict[str, JudgedAnswer]]:
    """Question id → system → judgement.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return {
            line["id"]: {system: JudgedAnswer(**line[system]) for system in (PAPER_QA, MEDCITE)}
            for line in lines
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", _SHAPE) from error


def report(judged: Mapping[str, Mapping[str, JudgedAnswer]], answerable: Collection[str]) -> Report:
    """Figures of each system and their difference, with 95 % intervals over questions.

    Args:
        answerable: ids of the questions that an article answers.
    """
    figures = []
    for system in (PAPER_QA, MEDCITE):
        own = {qid: each[system] for qid, each in judged.items()}
        scores = {qid: each.score / _BEST for qid, each in own.items()}
        parts = {
            "score, of 1": list(scores.values()),
            "… answerable": [score for qid, score in scores.items() if qid in answerable],
            "… others": [score for qid, score in scores.items() if qid not in answerable],
        }
        sentences = sum(each.sentences for each in own.values())
        unsupported = rate(sum(each.unsupported for each in own.values()), sentences)
        figures += [
            *(Figure.of(name, bootstrap(v), len(v), system) for name, v in parts.items()),
            Figure("best score", sum(e.score == _BEST for e in own.values()), group=system),
            Figure("wrong or none", sum(e.score == 0 for e in own.values()), group=system),
            Figure.of("not supported by what they cite", unsupported, group=system),
        ]
    differences = [(e[MEDCITE].score - e[PAPER_QA].score) / _BEST for e in judged.values()]
    gain = Figure.of("score, Medcite minus paper-qa", bootstrap(differences), len(differences))
    return Report("peers answers", [*figures, gain])
