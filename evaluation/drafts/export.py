"""The prompts that Medcite sends for some questions, as far as recorded replies go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.answer import Answer
from agent.assistant import Assistant
from agent.judging import Judging
from agent.models.gemma import ChatModel
from corpora.errors import ModelError
from evaluation.drafts.recordings import Prompt, RecordedBackend, Unrecorded

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under its id."""

    id: str
    question: str


@dataclass(slots=True)
class Export:
    """Where each question has got to: answered, failed, or waiting for a reply to a prompt."""

    answers: list[Answer] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    pending: list[tuple[str, Prompt]] = field(default_factory=list)

    @property
    def roles(self) -> Counter[str]:
        """How many prompts of each role have no reply."""
        return Counter(prompt.role for _, prompt in self.pending)

    def lines(self) -> list[dict[str, Any]]:
        """The prompts that have no reply, each once."""
        told = {
            prompt.hash: {"question_id": identifier, **prompt.to_dict()}
            for identifier, prompt in self.pending
        }
        return list(told.values())


def export(
    assistant: Assistant,
    questions: Sequence[Asked],
    replies: Mapping[str, str],
    progress: Progress | None = None,
    judging: Judging = Judging.UNTESTED,
) -> Export:
    """Ask each question with the recorded replies for a language model.

    Args:
        assistant: over the literature; its own language model, if any, takes no part.
        replies: by prompt hash; see `evaluation.drafts.recordings`.
        judging: what is to be taken as known of how well the recorded model judges.
    """
    recorded = assistant.on(ChatModel(RecordedBackend(replies)), judging=judging)
    found = Export()
    for number, asked in enumerate(questions, start=1):
        try:
            found.answers.append(replace(recorded.ask(asked.question), id=asked.id))
        except Unrecorded as stop:
            found.pending.append((asked.id, stop.prompt))
        except ModelError as error:
            found.failed[asked.id] = error.message
        if progress:
            progress(number)
    return found
