"""Export the prompts that Medcite sends for some questions and that have no recorded reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.answer import Answer
from agent.assistant import Assistant
from agent.judging import Judging
from agent.models.chat_model import ChatModel
from corpora.errors import ModelError
from evaluation.drafts.recordings import Prompt, RecordedBackend, Unrecorded

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """A question with its id."""

    id: str
    question: str


@dataclass(slots=True)
class Export:
    """The state of each question: answered, failed, or waiting for a reply to a prompt."""

    answers: list[Answer] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    pending: list[tuple[str, Prompt]] = field(default_factory=list)

    @property
    def roles(self) -> Counter[str]:
        """The number of prompts without a reply, by role."""
        return Counter(prompt.role for _, prompt in self.pending)

    def lines(self) -> list[dict[str, Any]]:
        """The prompts without a reply, each once."""
        prompts = {
            prompt.hash: {"question_id": identifier, **prompt.to_dict()}
            for identifier, prompt in self.pending
        }
        return list(prompts.values())


def export(
    assistant: Assistant,
    questions: Sequence[DraftQuestion],
    replies: Mapping[str, str],
    progress: Progress | None = None,
    judging: Judging = Judging.UNTESTED,
) -> Export:
    """Ask each question with the recorded replies in place of a language model.

    Args:
        assistant: over the literature; its own language model, if any, is not used.
        replies: by prompt hash; see `evaluation.drafts.recordings`.
        judging: how well the recorded model is assumed to judge.
    """
    recorded = assistant.on(ChatModel(RecordedBackend(replies)), judging=judging)
    result = Export()
    for number, question in enumerate(questions, start=1):
        try:
            result.answers.append(replace(recorded.ask(question.question), id=question.id))
        except Unrecorded as stop:
            result.pending.append((question.id, stop.prompt))
        except ModelError as error:
            result.failed[question.id] = error.message
        if progress:
            progress(number, len(questions))
    return result
