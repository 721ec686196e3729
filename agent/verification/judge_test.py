"""A self-test of how well a language model judges claims, on invented literature.

Six invented abstracts come with 36 reworded claims (`judge_test.jsonl`): 18 restate the cited
sentences, 18 get one thing wrong that models of middling quality get wrong in drafts, and keep the
rest. Both kinds are alike in length, in words shared with their sources, and in numbers. The model
is asked as `ModelVerifier` asks it: same prompt, schema and parsing, one request per article.

A model is trusted if it says “supports” for at least 16 of the 18 right claims and does not say it
for at least 14 of the 18 wrong ones: `SUPPORTS_AT_LEAST` and `REFUSES_AT_LEAST`. A model that
always says it refuses none; one that says it at random, at whatever rate, passes at most once in
80,000 tries. With 18 claims of each kind the confidence intervals are wide, so a model at the
limits may be somewhat worse than its result.
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
from agent.models.measurements import MeasurementFile
from agent.verification.asking import ModelOpinion, Stance, ask_opinions, messages
from corpora.article import Article, Section
from corpora.errors import BadModelOutput
from corpora.home import Home
from retrieval.passage import Evidence, Passage

SUPPORTS_AT_LEAST, REFUSES_AT_LEAST = 0.85, 0.75

_FILE = Path(__file__).with_suffix(".jsonl")


@dataclass(frozen=True, slots=True)
class Exercise:
    """An invented article as evidence, and claims that cite its sentences; `holds` tells whether
    these sentences support each claim, `kinds` what was reworded or made wrong.
    """

    evidence: tuple[Evidence, ...]
    claims: tuple[Claim, ...]
    holds: tuple[bool, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """A model's result.

    The model supports `supported` of the `right` claims, and does not support `refused` of the
    `wrong` ones. `unanswered` claims of either kind got no verdict that could be parsed, and count
    against it. `test` is the digest of the test: results of other versions are not comparable.
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
        """The share of right claims that the model supports."""
        return rate(self.supported, self.right)

    @property
    def refuses(self) -> Rate:
        """The share of wrong claims that the model does not support."""
        return rate(self.refused, self.wrong)

    @property
    def judging(self) -> Judging:
        passed = self.supports.value >= SUPPORTS_AT_LEAST and self.refuses.value >= REFUSES_AT_LEAST
        return Judging.PASSED if passed else Judging.FAILED


_RESULTS = MeasurementFile(JudgeResult, lambda result: _key(result.model, result.runs_on))


def judge(
    model: LanguageModel, choice: ModelChoice, progress: Callable[[int], None] | None = None
) -> JudgeResult:
    """Test a model.

    Args:
        choice: the choice that opened the model.
        progress: called with the number of claims judged so far.

    Raises:
        ModelError: the model cannot be reached. Malformed replies are part of the result.
    """
    supported = refused = unanswered = done = 0
    tested = exercises()
    for exercise in tested:
        opinions = _opinions(model, exercise)
        for opinion, holds in zip(opinions, exercise.holds, strict=True):
            unanswered += opinion is None
            supported += holds and _supports(opinion)
            refused += not holds and opinion is not None and not _supports(opinion)
        done += len(exercise.claims)
        if progress:
            progress(done)
    right = sum(sum(exercise.holds) for exercise in tested)
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
    """Store a result in the data directory.

    Raises:
        StorageError: the file cannot be written.
    """
    _RESULTS.keep(home.judging, result)


def read_result(home: Home, choice: ModelChoice, model: str = "") -> JudgeResult | None:
    """A model's stored result; None where there is none by this version of the test.

    Args:
        model: the name of the opened model, which some servers report only once opened.
    """
    return _results(home).get(_key(model or choice.opened_name, _runs_on(choice)))


def read_results(home: Home) -> list[JudgeResult]:
    """The stored results of all models by this version of the test."""
    return list(_results(home).values())


def judging_of(home: Home, choice: ModelChoice, model: str = "") -> Judging:
    """The model's standing according to `read_result`."""
    result = read_result(home, choice, model)
    return result.judging if result else Judging.UNTESTED


@cache
def exercises() -> tuple[Exercise, ...]:
    """All exercises of the test."""
    lines = _FILE.read_bytes().splitlines()
    return tuple(_exercise(orjson.loads(line)) for line in lines)


@cache
def digest() -> str:
    """A hash of the complete prompts: the claims, the articles and the text around them."""
    texts = [
        message.text
        for exercise in exercises()
        for message in messages(exercise.claims, exercise.evidence)
    ]
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


def _results(home: Home) -> dict[str, JudgeResult]:
    results = _RESULTS.read(home.judging)
    return {key: result for key, result in results.items() if result.test == digest()}


def _opinions(model: LanguageModel, exercise: Exercise) -> Sequence[ModelOpinion | None]:
    try:
        return ask_opinions(model, exercise.claims, exercise.evidence)
    except BadModelOutput:
        return [None] * len(exercise.claims)


def _supports(opinion: ModelOpinion | None) -> bool:
    """Whether an answer would count the claim as supported: by a sentence that exists."""
    return bool(opinion and opinion.quote and opinion.stance is Stance.SUPPORTS)


def _exercise(line: dict[str, Any]) -> Exercise:
    fields = dict(line)
    claims = fields.pop("claims")
    sections = tuple(
        Section(section["label"], section["text"]) for section in fields.pop("sections")
    )
    types = tuple(fields.pop("publication_types"))
    article = Article(fields.pop("id"), sections=sections, publication_types=types, **fields)
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
                claim["text"],
                (key,),
                tuple(numbered.lines[place - 1].quote for place in claim["cites"]),
            )
            for claim in claims
        ),
        tuple(claim["holds"] for claim in claims),
        tuple(claim["kind"] for claim in claims),
    )


def _runs_on(choice: ModelChoice) -> str:
    return f"{choice.runs_on}, 4 bits" if choice.four_bit else str(choice.runs_on)


def _key(model: str, runs_on: str) -> str:
    return f"{model} ({runs_on})"
