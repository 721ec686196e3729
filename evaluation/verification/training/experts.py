"""Training pairs from BioASQ: what experts answered, against the snippets that they marked.

A yes/no question is a claim that its snippets support or refute, as the exact answer says; a
sentence of an ideal answer is a claim, in an expert's own words, that the snippet which shares most
of it supports. Either claim is neutral to the most alike snippet of another question.

Source: Krithara et al., BioASQ-QA, Scientific Data 2023; the golden sets are CC BY 2.5.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agent.verification.extract import extract
from agent.wording import stems
from corpora.errors import BadInput
from evaluation.retrieval import held_out
from evaluation.verification.labelled import Relation, claimed
from evaluation.verification.training.edits import upper_first
from evaluation.verification.training.pairs import Pair, split_text

_EXACT = {"yes": Relation.SUPPORTS, "no": Relation.REFUTES}
_YES_OR_NO = re.compile(r"^(?:yes|no)\b\W*", re.I)
# An expert's sentence shares this much with the snippet it comes from; more of it is copied.
_LEAST_SHARED, _MOST_SHARED = 0.5, 0.9
# What another question's snippet shares at most, lest it answer this one too.
_MOST_SHARED_BY_CHANCE = 0.55
_FEWEST_WORDS, _MOST_WORDS = 6, 40
_MOST_SNIPPETS = 8


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with what experts answered and marked; `exact` of yes/no questions only."""

    id: str
    question: str
    exact: Relation | None
    ideals: tuple[str, ...]
    snippets: tuple[str, ...]


def read_answered(path: Path) -> list[Answered]:
    """The questions of BioASQ's `answers.jsonl`.

    Raises:
        BadInput: it cannot be read or is not of that form.
    """
    try:
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
        return [
            Answered(
                row["id"],
                row["question"],
                _EXACT.get(str(row["exact_answer"]).lower()) if row["type"] == "yesno" else None,
                tuple(row["ideal_answer"]),
                tuple(dict.fromkeys(snippet["text"] for snippet in row["snippets"])),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} is no BioASQ answers file ({error!r}).", "Give answers.jsonl."
        ) from error


def expert_pairs(path: Path, seed: int) -> list[Pair]:
    """Pairs of the two thirds of questions that evaluation does not hold out."""
    usable = [each for each in read_answered(path) if not held_out(each.id)]
    return list(_pairs(usable, Random(seed)))


def _pairs(answered: Sequence[Answered], rng: Random) -> Iterator[Pair]:
    others = _Snippets(answered)
    for each in answered:
        if each.exact is not None:
            claim = claimed(each.question)
            shown = rng.sample(each.snippets, min(_MOST_SNIPPETS, len(each.snippets)))
            for snippet in shown:
                yield Pair(claim, _read(claim, snippet), each.exact, "BioASQ: exact answer")
            for snippet in others.alike(claim, each, len(shown) // 2):
                yield Pair(claim, _read(claim, snippet), Relation.NEUTRAL, "BioASQ: other question")
        for sentence, snippet in _restated(each):
            yield Pair(
                sentence, _read(sentence, snippet), Relation.SUPPORTS, "BioASQ: ideal answer"
            )
            for other in others.alike(sentence, each, 1):
                yield Pair(
                    sentence, _read(sentence, other), Relation.NEUTRAL, "BioASQ: other question"
                )


def _restated(answered: Answered) -> Iterator[tuple[str, str]]:
    """Sentences of the first ideal answer, each with the snippet that it restates."""
    for said in split_text(answered.ideals[0]) if answered.ideals else ():
        sentence = upper_first(_YES_OR_NO.sub("", said))
        held = stems(sentence)
        if not held or not _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS:
            continue
        shared, snippet = max(
            ((len(held & stems(text)) / len(held), text) for text in answered.snippets),
            default=(0.0, ""),
        )
        if _LEAST_SHARED <= shared < _MOST_SHARED:
            yield sentence, snippet


def _read(claim: str, snippet: str) -> str:
    return extract(claim, split_text(snippet))


class _Snippets:
    """The snippets of all questions, to be found by the words they share with a claim."""

    def __init__(self, answered: Sequence[Answered]) -> None:
        self._all = [(each.id, text) for each in answered for text in each.snippets]
        self._with: dict[str, list[int]] = defaultdict(list)
        for i, (_, text) in enumerate(self._all):
            for stem in stems(text):
                self._with[stem].append(i)

    def alike(self, claim: str, own: Answered, count: int) -> list[str]:
        """Snippets of other questions that share the most, rare words counting more."""
        held = stems(claim)
        score: dict[int, float] = defaultdict(float)
        for stem in sorted(held):
            for i in self._with.get(stem, ()):
                score[i] += 1 / len(self._with[stem])
        found: list[str] = []
        for i in sorted(score, key=lambda i: (-score[i], i)):
            if len(found) == count:
                break
            question, text = self._all[i]
            shared = len(held & stems(text)) / len(held)
            if question != own.id and shared <= _MOST_SHARED_BY_CHANCE and text not in found:
                found.append(text)
        return found
