"""Answers that paper-qa and Medcite write over the same literature with recorded replies.

The replies are those of stand-ins for a strong model, to the exact prompts of each system; see
docs/evaluation.md. Medcite's are in `evaluation/drafts/data`, paper-qa's in `data` beside this
file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.answer import Answer, Confidence, Status
from agent.assistant import Assistant
from agent.judging import Judging
from agent.models.chat_model import ChatModel
from corpora.article import Article
from corpora.errors import ModelError
from evaluation.answers.benchmark import spread
from evaluation.drafts.recordings import RecordedBackend, Unrecorded
from evaluation.peers import sample
from evaluation.peers.process import System, run
from evaluation.reading.questions import GradedQuestion

ANSWERABLE, OTHERS = 30, 10
RECORDING = Path(__file__).parents[1] / "drafts" / "data" / "strong"
# An abstract is short enough to be read whole, so paper-qa's summaries, ten calls of the model a
# question, are left out, and with them the scores by which it would keep five of ten sources.
SETTINGS: dict[str, Any] = {
    "parsing": {"defer_embedding": True},
    "answer": {"evidence_skip_summary": True, "answer_max_sources": 10},
}

_KEY = re.compile(r"pqac-[0-9a-f]{8}")
_KEYS = re.compile(r"\(\s*(pqac-[0-9a-f]{8}(?:[\s,;]+pqac-[0-9a-f]{8})*)\s*\)")


@dataclass(frozen=True, slots=True)
class Written:
    """An answer's text, with [1] for the first of `sources` (PMIDs)."""

    text: str
    sources: tuple[str, ...]


def choose(questions: Sequence[GradedQuestion]) -> list[GradedQuestion]:
    """Thirty answerable questions and ten others, evenly spread."""
    answerable = [each for each in questions if each.answerable]
    others = [each for each in questions if not each.answerable]
    return [*spread(answerable, ANSWERABLE), *spread(others, OTHERS)]


def by_paper_qa(
    articles: Sequence[Article],
    questions: Sequence[GradedQuestion],
    system: System,
    replies: Mapping[str, str],
) -> tuple[dict[str, Written], list[dict[str, Any]]]:
    """(answers by question id, prompts without a reply: {"hash", "messages"})."""
    task = {**sample.task(articles, questions, 1), "replies": dict(replies)}
    results = run(system, task)
    written = {
        qid: numbered(result["answer"], result["sources"])
        for qid, result in results.items()
        if "answer" in result
    }
    pending = [prompt for result in results.values() for prompt in result.get("pending", ())]
    return written, pending


def by_medcite(
    assistant: Assistant, questions: Sequence[GradedQuestion], replies: Mapping[str, str]
) -> Iterator[tuple[str, Written]]:
    """(question id, answer), without the questions for which a prompt has no reply.

    The verdicts are left out; "Probably no answer here" stands above an answer that says so.
    """
    recorded = assistant.on(ChatModel(RecordedBackend(replies)), judging=Judging.PASSED)
    for each in questions:
        try:
            yield each.id, _written(recorded.ask(each.question))
        except (Unrecorded, ModelError):
            continue


def numbered(text: str, keys: Mapping[str, str]) -> Written:
    """paper-qa's text with numbers in place of its citation keys.

    A key that names none of its sources stays as it is.

    Args:
        keys: citation key → PMID.
    """
    numbers: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        own = _KEY.findall(match[1])
        if any(key not in keys for key in own):
            return match[0]
        return "".join(f"[{numbers.setdefault(keys[key], len(numbers) + 1)}]" for key in own)

    return Written(_KEYS.sub(replace, text.strip()), tuple(numbers))


def _written(answer: Answer) -> Written:
    if answer.status is not Status.ANSWERED:
        return Written(answer.reason, ())
    text = answer.text
    if answer.confidence is Confidence.NEAREST:
        text = f"{Confidence.NEAREST.heading}. {text}"
    return Written(text, tuple(source.article.pmid for source in answer.cited))
