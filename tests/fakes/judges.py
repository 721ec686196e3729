"""Models that judge claims by a rule of their own: by the key, always alike, or at random."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from random import Random
from threading import Event
from typing import Any

from agent.models.base import Raw, Request
from agent.verification.judge_test import exercises
from tests.fakes.model import ScriptedBackend
from tests.fakes.model_server import Behaviour, Handler

# From the text of a claim to the stance that is given.
Rule = Callable[[str], str]

_LISTED = re.compile(r"^(\d+)\. (.*) \[(\d+\.\d+)[^\]]*\]$", re.MULTILINE)


def verdicts(prompt: str, rule: Rule) -> str:
    """The reply to a prompt that asks for verdicts; each names the first sentence cited."""
    listed = _LISTED.findall(prompt)
    return json.dumps({
        "verdicts": [
            {"claim": int(number), "sentence": address, "stance": rule(text), "differs": ""}
            for number, text, address in listed
        ]
    })  # fmt: skip


def by_key(*, supports: int = 18, refuses: int = 18) -> Rule:
    """Judges rightly all but some claims: so many right ones are supported, so many wrong not."""
    key = {
        claim.text: holds
        for each in exercises()
        for claim, holds in zip(each.claims, each.holds, strict=True)
    }
    right = [text for text, holds in key.items() if holds]
    wrong = [text for text, holds in key.items() if not holds]
    supported = {*right[:supports], *wrong[refuses:]}
    return lambda text: "supports" if text in supported else "does not say"


def always(stance: str) -> Rule:
    """Judges every claim alike."""
    return lambda _: stance


def at_random(seed: int, share: float = 0.5) -> Rule:
    """Supports about this share of claims, whatever they say."""
    rng = Random(seed)
    return lambda _: "supports" if rng.random() < share else "contradicts"


class JudgingBackend(ScriptedBackend):
    """A backend that judges by a rule; of everything else it is asked it says "no JSON"."""

    def __init__(self, rule: Rule, **more: Any) -> None:
        super().__init__(["no JSON"], **more)
        self._rule = rule

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        if "verdicts" not in (request.schema or {}).get("properties", {}):
            yield from super().complete(request, cancel)
            return
        self.requests.append(request)
        yield Raw(verdicts(request.messages[-1].text, self._rule))


def judges(rule: Rule) -> Behaviour:
    """A server's model that judges by a rule."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        handler.piece(verdicts(body["messages"][-1]["content"], rule))
        handler.end_stream()

    return behave
