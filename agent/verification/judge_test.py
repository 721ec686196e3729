"""A self-test of how well a language model judges claims, on literature that nobody can know.

Six invented abstracts come with 36 claims in other words (`judge_test.jsonl`): 18 restate what they
cite, 18 get one thing wrong that models of middling quality get wrong in drafts, and keep the rest.
The two kinds are alike in length, in words shared with what they cite, and in numbers. The model is
asked as `ModelVerifier` asks: the same prompt, schema and reading, one request an article.

A model is trusted that says “supports” of at least 16 of the 18 right claims and does not say it of
at least 14 of the 18 wrong ones: `SUPPORTS_AT_LEAST` and `REFUSES_AT_LEAST`. One that always says
it refuses none; one that says it at random, however often, passes once in 80,000 tries at most. The
intervals of 18 claims are wide, so a model at the limits may be somewhat worse than it looks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from agent.addresses import Addresses
from agent.answer import Claim
from agent.intervals import Rate, rate
from agent.judging import Judging
from agent.models.base import LanguageModel
from agent.models.choice import ModelChoice
from agent.models.kept import Kept
from agent.verification.asking import ModelOpinion, Stance, ask_opinions, messages
from corpora.article import Article, Section
from corpora.errors import BadModelOutput
from corpora.home import Home
from retrieval.passage import Evidence, Passage

SUPPORTS_AT_LEAST, REFUSES_AT_LEAST = 0.85, 0.75

_FILE = Path(__file__).with_suffix(".jsonl")


@dataclass(frozen=True, slots=True)
class Exercise:
    """An invented article as evidence, and claims that cite its sentences; `holds` says of each
    claim whether these sentences support it, `kinds` what was reworded or got wrong.
    """

    evidence: tuple[Evidence, ...]
    claims: tuple[Claim, ...]
    holds: tuple[bool, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """How a model did.

    `supported` of `right` claims that are right it supports; `refused` of `wrong` ones it does not.
    `unanswered` claims of either kind got no verdict that could be read, and count against it.
    `test` is the digest of what was asked: another version of the test says nothing of this one.
    """

    model: str
    runs_on: str
    supported: int
    right: int
    refused: int
    wrong: int
    unanswered: int
    test: str
    measured: str

    @property
    def supports(self) -> Rate:
        """The share of right claims that it supports."""
        return rate(self.supported, self.right)

    @property
    def refuses(self) -> Rate:
        """The share of wrong claims that it does not support."""
        return rate(self.refused, self.wrong)

    @property
    def judging(self) -> Judging:
        passed = self.supports.value >= SUPPORTS_AT_LEAST and self.refuses.value >= REFUSES_AT_LEAST
        return Judging.PASSED if passed else Judging.FAILED


_KEPT = Kept(JudgeResult, lambda result: _key(result.model, result.runs_on))


def judge(
    model: LanguageModel, choice: ModelChoice, progress: Callable[[int], None] | None = None
) -> JudgeResult:
    """Test a model.

    Args:
        choice: what it was opened by.
        progress: is given how many claims are judged.

    Raises:
        ModelError: it cannot be asked. What it answers badly is part of the result.
    """
    supported = refused = unanswered = done = 0
    tested = exercises()
    for each in tested:
        opinions = _opinions(model, each)
        for opinion, holds in zip(opinions, each.holds, strict=True):
            unanswered += opinion is None
            supported += holds and _supports(opinion)
            refused += not holds and opinion is not None and not _supports(opinion)
        done += len(each.claims)
        if progress:
            progress(done)
    right = sum(sum(each.holds) for each in tested)
    return JudgeResult(
        model.name,
        _runs_on(choice),
        supported,
        right,
        refused,
        done - right,
        unanswered,
        digest(),
        datetime.now(UTC).date().isoformat(),
    )


def keep_result(home: Home, result: JudgeResult) -> None:
    """Keep a result in the data directory.

    Raises:
        StorageError: it cannot be written.
    """
    _KEPT.keep(home.judging, result)


def read_result(home: Home, choice: ModelChoice, model: str = "") -> JudgeResult | None:
    """What was kept of a model; None where it was not tested, or by another version of the test.

    Args:
        model: the name of the opened model, which for some servers only they know.
    """
    return _results(home).get(_key(model or choice.opened_name, _runs_on(choice)))


def read_results(home: Home) -> list[JudgeResult]:
    """What was kept of all models, by this version of the test."""
    return list(_results(home).values())


def judging_of(home: Home, choice: ModelChoice, model: str = "") -> Judging:
    """As `read_result`, in a word."""
    result = read_result(home, choice, model)
    return result.judging if result else Judging.UNTESTED


@cache
def exercises() -> tuple[Exercise, ...]:
    """All of the test."""
    lines = _FILE.read_bytes().splitlines()
    return tuple(_exercise(orjson.loads(line)) for line in lines)


@cache
def digest() -> str:
    """A hash of all that a model is asked: the claims, the articles, and the words around them."""
    texts = [
        message.text for each in exercises() for message in messages(each.claims, each.evidence)
    ]
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


def _results(home: Home) -> dict[str, JudgeResult]:
    kept = _KEPT.read(home.judging)
    return {key: each for key, each in kept.items() if each.test == digest()}


def _opinions(model: LanguageModel, exercise: Exercise) -> Sequence[ModelOpinion | None]:
    try:
        return ask_opinions(model, exercise.claims, exercise.evidence)
    except BadModelOutput:
        return [None] * len(exercise.claims)


def _supports(opinion: ModelOpinion | None) -> bool:
    """Whether an answer would count it as supported: of a sentence that there is."""
    return bool(opinion and opinion.quote and opinion.stance is Stance.SUPPORTS)


def _exercise(line: dict[str, Any]) -> Exercise:
    given = dict(line)
    claims = given.pop("claims")
    sections = tuple(Section(each["label"], each["text"]) for each in given.pop("sections"))
    types = tuple(given.pop("publication_types"))
    article = Article(given.pop("id"), sections=sections, publication_types=types, **given)
    start = len(article.title) + 1
    key = f"{article.pmid}:0"
    text = article.text
    passage = Passage(key, article.pmid, "", start, len(text), text[start:])
    evidence = (Evidence(passage, article, 1, 1.0),)
    (numbered,) = Addresses.of(evidence).articles
    return Exercise(
        evidence,
        tuple(
            Claim(
                each["text"],
                (key,),
                tuple(numbered.lines[place - 1].quote for place in each["cites"]),
            )
            for each in claims
        ),
        tuple(each["holds"] for each in claims),
        tuple(each["kind"] for each in claims),
    )


def _runs_on(choice: ModelChoice) -> str:
    return f"{choice.runs_on}, 4 bits" if choice.four_bit else str(choice.runs_on)


def _key(model: str, runs_on: str) -> str:
    return f"{model} ({runs_on})"
