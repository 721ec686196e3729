"""Questions with graded sentences, as they stand in `data/questions.jsonl.gz` (see its DATASHEET).

A sentence is named by PMID and offsets in `Article.text`; no text of articles is kept here, so an
article store that holds the demo literature is needed to read them.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeVar

import orjson

from corpora.errors import BadInput

SentenceKey = tuple[str, int, int]  # PMID, start, end


class Part(StrEnum):
    """Which part of the set a question belongs to; the questions of one cluster stay together."""

    TRAIN = "train"
    TUNE = "tune"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class GradedQuestion:
    """A question as typed, with its judgements.

    `grades` gives 3 to a sentence that states the main finding, 2 to a needed qualification, number
    or second study, 1 to what is acceptable to read; `misleading` sentences look like an answer and
    are none. All sentences of `articles` were judged, and of other articles those that a reader had
    chosen (`judged`); what is judged and not named is 0. `reworded` asks the same in other words;
    if this question is the reworded one (`is_reworded`), in those of the annotator.
    """

    id: str
    question: str
    kind: str
    style: str
    cluster: str
    part: Part
    articles: tuple[str, ...]
    grades: dict[SentenceKey, int]
    misleading: frozenset[SentenceKey]
    judged: frozenset[SentenceKey] = frozenset()
    reworded: str = ""
    is_reworded: bool = False

    @property
    def answerable(self) -> bool:
        """Whether a sentence answers it, at least in part."""
        return any(grade >= _USEFUL for grade in self.grades.values())

    def knows(self, sentence: SentenceKey) -> bool:
        """Whether its grade was given by an annotator, rather than taken to be 0."""
        return (
            sentence[0] in self.articles
            or sentence in self.judged
            or sentence in self.grades
            or sentence in self.misleading
        )

    def grade(self, sentence: SentenceKey) -> int:
        """Its grade, -1 where it misleads."""
        return -1 if sentence in self.misleading else self.grades.get(sentence, 0)

    def findings(self) -> frozenset[str]:
        """The articles that hold a main finding."""
        return frozenset(key[0] for key, grade in self.grades.items() if grade == _BEST)


_BEST = 3
_USEFUL = 2
_FIRST = 2


def read_questions(path: Path | None = None) -> list[GradedQuestion]:
    """The questions of a file; of the repository's own without one.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        if path is None:
            packed = files("evaluation.reading").joinpath("data/questions.jsonl.gz").read_bytes()
        else:
            packed = path.read_bytes()
        return [
            _question(orjson.loads(line)) for line in gzip.decompress(packed).split(b"\n") if line
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        name = path or "the graded questions"
        raise BadInput(f"{name} cannot be read ({error}).", "Check the file.") from error


def _question(line: dict) -> GradedQuestion:  # type: ignore[type-arg]
    return GradedQuestion(
        line["id"],
        line["question"],
        line["kind"],
        line["style"],
        line["cluster"],
        Part(line["part"]),
        tuple(line["articles"]),
        {(pmid, start, end): grade for pmid, start, end, grade in line["grades"]},
        frozenset((pmid, start, end) for pmid, start, end in line["misleading"]),
        frozenset((pmid, start, end) for pmid, start, end in line["judged"]),
        line["reworded"],
    )


def in_other_words(question: GradedQuestion) -> GradedQuestion:
    """The question as someone else might type it, with the same judgements."""
    return replace(
        question, question=question.reworded, reworded=question.question, is_reworded=True
    )


class _InPart(Protocol):
    @property
    def part(self) -> Part: ...


_Q = TypeVar("_Q", bound=_InPart)


def part_of(questions: Sequence[_Q], name: str) -> list[_Q]:
    """The questions of a part.

    Raises:
        BadInput: there is no part of this name.
    """
    if name not in list(Part):
        raise BadInput(f"There is no part “{name}”.", f"Name one of {', '.join(Part)}.")
    return [question for question in questions if question.part == name]


def clinical_score(question: GradedQuestion, shown: Sequence[SentenceKey]) -> int:
    """From 0 to 3: what a clinician gets from these sentences, in their order.

    3: a main finding is among the first two and nothing misleads; 2: one is anywhere; 1: there are
    lower grades only; one point less where something misleading comes before.
    """
    grades = [question.grade(key) for key in shown]
    if _BEST in grades[:_FIRST] and -1 not in grades:
        return 3
    helpful = [i for i, grade in enumerate(grades) if grade > 0]
    if not helpful:
        return 0
    best = grades.index(_BEST) if _BEST in grades else helpful[0]
    score = 2 if grades[best] == _BEST else 1
    return max(0, score - (-1 in grades[:best]))


@dataclass(frozen=True, slots=True)
class Shown:
    """The sentences shown for a question, in order, and the confidence said ("" if refused)."""

    question: GradedQuestion
    sentences: tuple[SentenceKey, ...]
    confidence: str


def figures(shown: Iterable[Shown]) -> dict[str, float]:
    """The figures of docs/answers.md; shares between 0 and 1, NaN where nothing counts."""
    every = list(shown)
    answerable = [s for s in every if s.question.answerable]
    others = [s for s in every if not s.question.answerable]
    several = [s for s in answerable if len(s.question.findings()) > 1]
    grades = [[s.question.grade(key) for key in s.sentences] for s in answerable]
    flat = [grade for each in grades for grade in each]
    return {
        "clinical score": _mean(clinical_score(s.question, s.sentences) / 3 for s in answerable),
        "answerable refused or nearest": _mean(s.confidence in ("", "nearest") for s in answerable),
        "unanswerable likely or possible": _mean(
            s.confidence in ("likely", "possible") for s in others
        ),
        "answerable refused": _mean(not s.confidence for s in answerable),
        "grade 3 in the first two": _mean(_BEST in each[:_FIRST] for each in grades),
        "graded 2 or more": _mean(grade >= _USEFUL for grade in flat),
        "misleading": _mean(grade < 0 for grade in flat),
        "several studies used": _mean(_used(s) > 1 for s in several),
        "sentences": _mean(len(each) for each in grades),
    }


def _used(shown: Shown) -> int:
    """How many articles with a finding (graded 2 or more) it quotes."""
    return len({key[0] for key in shown.sentences if shown.question.grade(key) >= _USEFUL})


def _mean(values: Iterator[float] | Iterable[float]) -> float:
    every = [float(value) for value in values]
    return sum(every) / len(every) if every else float("nan")
