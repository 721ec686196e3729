"""Recorded replies to the exact prompts that Medcite sends, and a backend that replays them.

A reply is looked up by the hash of its prompt, so a prompt changed in any character has none. The
author of the replies takes the place of a language model; its quality is not assessed here.
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

# The default window for llama.cpp, which determines the articles that fit.
WINDOW = 16_384
_SHAPE = 'Write {"hash": "…", "reply": {…}} on each line.'
# Roles by a property that occurs only in their schema.
_ROLES = (("searches", "plan"), ("verdicts", "verify"), ("answerable", "write"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as sent. `role` is plan, write, verify, revise or repair."""

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
    """A prompt has no recorded reply yet; the run stops there."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__("This prompt has no recorded reply.", "Record one and continue.")
        self.prompt = prompt


def prompt_hash(texts: Iterator[str]) -> str:
    """The hash of the texts of a prompt's turns, ignoring roles: for some models the system text is
    the start of the first user turn.
    """
    joined = "\n\n".join(text.strip() for text in texts)
    return hashlib.blake2b(joined.encode(), digest_size=12).hexdigest()


def read_replies(folder: Path) -> dict[str, str]:
    """Prompt hash → reply, from all files replies*.jsonl (or .jsonl.gz) in a folder.

    Raises:
        BadInput: a file cannot be read, or a line is not a reply.
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
                record = orjson.loads(line)
                reply = record["reply"]
                text = reply if isinstance(reply, str) else orjson.dumps(reply).decode()
                replies[str(record["hash"])] = text
            except (ValueError, KeyError, TypeError) as error:
                raise BadInput(f"{path}, line {number} is not a reply.", _SHAPE) from error
    return replies


class Judgement(StrEnum):
    """A human judgement of a claim against its sentences."""

    RIGHT = "right"
    IN_PART = "in part"
    WRONG = "wrong"


def read_judged(folder: Path) -> dict[tuple[str, str], Judgement]:
    """(question id, claim) → judgement, from a folder's claims.jsonl; empty if there is none.

    Raises:
        BadInput: a line is not a judgement.
    """
    path = folder / "claims.jsonl"
    if not path.exists():
        return {}
    try:
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return {(line["id"], line["claim"]): Judgement(line["judged"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} cannot be read ({error}).",
            'Write {"id": "…", "claim": "…", "judged": "right"} (or "in part", "wrong") per line.',
        ) from error


class RecordedBackend:
    """A `Backend` that replays recorded replies and stops the run at the first prompt without one.

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
        messages = (Message(Role.ASSISTANT, reply),)
        usage = Usage(self.count_tokens(request.messages), self.count_tokens(messages))
        yield Raw(finish=Finish.STOP, usage=usage)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        return [list(self.complete(request, cancel)) for request in requests]

    def close(self) -> None:
        """Nothing to release."""


def _role(request: Request) -> str:
    if any(message.role is Role.ASSISTANT for message in request.messages):
        return "repair"
    properties = (request.schema or {}).get("properties", {})
    return next((role for name, role in _ROLES if name in properties), "revise")
