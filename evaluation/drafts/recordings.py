"""Recorded replies to the exact prompts that Medcite sends, and a backend that gives them again.

A reply is found by the hash of its prompt, so that a prompt that has changed in any character has
none. Whoever wrote the replies stands for a language model; nothing here says how good it is.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any

import orjson

from agent.models.base import Finish, JsonSchema, Message, Raw, Request, Role, Usage
from agent.models.endpoint_backend import estimated_tokens
from corpora.errors import BadInput, Stopped

# What llama.cpp is given unless the user says otherwise; which articles fit depends on it.
WINDOW = 16_384
_SHAPE = 'Write {"hash": "…", "reply": {…}} on each line.'
# A role by a property that only its schema has.
_ROLES = (("searches", "plan"), ("verdicts", "verify"), ("answerable", "write"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it is sent. `role` is plan, write, verify, revise or repair."""

    role: str
    messages: tuple[Message, ...]
    schema: JsonSchema | None

    @property
    def hash(self) -> str:
        return prompt_hash(message.text for message in self.messages)

    def to_dict(self) -> dict[str, Any]:
        return {
            "hash": self.hash,
            "role": self.role,
            "messages": [{"role": m.role.value, "content": m.text} for m in self.messages],
            "schema": self.schema,
        }

    @classmethod
    def of(cls, request: Request) -> Prompt:
        return cls(_role(request), request.messages, request.schema)


class Unrecorded(Stopped):
    """There is no reply to a prompt yet; the run stops there."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__("This prompt has no recorded reply.", "Record one, and go on.")
        self.prompt = prompt


def prompt_hash(texts: Iterator[str]) -> str:
    """Of the texts of a prompt's turns, whoever speaks: for some models the system text stands at
    the head of the first user turn.
    """
    joined = "\n\n".join(text.strip() for text in texts)
    return hashlib.blake2b(joined.encode(), digest_size=12).hexdigest()


def read_replies(folder: Path) -> dict[str, str]:
    """Prompt hash → reply, of all files replies*.jsonl (or .jsonl.gz) of a folder.

    Raises:
        BadInput: a file cannot be read, or a line is no reply.
    """
    replies: dict[str, str] = {}
    for path in sorted((*folder.glob("replies*.jsonl"), *folder.glob("replies*.jsonl.gz"))):
        try:
            data = path.read_bytes()
            lines = (gzip.decompress(data) if path.suffix == ".gz" else data).split(b"\n")
        except OSError as error:
            raise BadInput(f"{path} cannot be read ({error}).", "Check the file.") from error
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                told = orjson.loads(line)
                reply = told["reply"]
                text = reply if isinstance(reply, str) else orjson.dumps(reply).decode()
                replies[str(told["hash"])] = text
            except (ValueError, KeyError, TypeError) as error:
                raise BadInput(f"{path}, line {number} is no reply.", _SHAPE) from error
    return replies


class Finding(StrEnum):
    """What a reader of a claim beside its sentences found."""

    RIGHT = "right"
    IN_PART = "in part"
    WRONG = "wrong"


def read_judged(folder: Path) -> dict[tuple[str, str], Finding]:
    """(question's id, claim) → what a reader found, of a folder's claims.jsonl; none without one.

    Raises:
        BadInput: a line is none of these.
    """
    path = folder / "claims.jsonl"
    if not path.exists():
        return {}
    try:
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return {(line["id"], line["claim"]): Finding(line["judged"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} cannot be read ({error}).",
            'Write {"id": "…", "claim": "…", "judged": "right"} (or "in part", "wrong") a line.',
        ) from error


class RecordedBackend:
    """Gives recorded replies; a `Backend` that stops the run at the first prompt without one.

    `asked` counts the requests it replied to, by role.
    """

    thinks_under_schema = False
    architecture = ""
    window = WINDOW
    remote = None

    def __init__(self, replies: Mapping[str, str], name: str = "recorded") -> None:
        self.name = name
        self._replies = replies
        self.asked: Counter[str] = Counter()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return estimated_tokens(messages)

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        """Raises:
        Unrecorded: there is no reply to this prompt.
        """
        prompt = Prompt.of(request)
        reply = self._replies.get(prompt.hash)
        if reply is None:
            raise Unrecorded(prompt)
        self.asked[prompt.role] += 1
        yield Raw(reply)
        told = (Message(Role.ASSISTANT, reply),)
        usage = Usage(self.count_tokens(request.messages), self.count_tokens(told))
        yield Raw(finish=Finish.STOP, usage=usage)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        return [list(self.complete(request, cancel)) for request in requests]

    def close(self) -> None:
        """Nothing is held."""


def _role(request: Request) -> str:
    if any(message.role is Role.ASSISTANT for message in request.messages):
        return "repair"
    properties = (request.schema or {}).get("properties", {})
    return next((role for name, role in _ROLES if name in properties), "revise")
