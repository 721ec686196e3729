"""Questions with their scope: generated from templates, and written lists."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from agent.plan import Scope

_HERE = Path(__file__).parent
TRAINING, HELD_OUT = _HERE / "training.txt", _HERE / "held_out.tsv"
WRITTEN = _HERE / "written.txt"
# Typed by stand-ins for clinicians and lay people, in each other's words; the second to measure on.
TYPED, BLIND = _HERE / "typed.tsv", _HERE / "blind.tsv"
_SLOT = re.compile(r"\{(\w+)\}")

Labelled = tuple[str, Scope]


def listed(path: Path = HELD_OUT) -> list[Labelled]:
    """The questions of a file whose lines have a scope, a tab and a question."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t", 1) for line in lines if line.strip()]
    return [(question, Scope(scope)) for scope, question in pairs]


def written(path: Path = WRITTEN) -> list[str]:
    """Questions for the literature as people type them."""
    return list(_lines(path))


def graded(part: str = "train") -> list[str]:
    """The graded questions of a part, all for the literature (evaluation/reading/data)."""
    path = Path(str(files("evaluation.reading").joinpath("data/questions.jsonl.gz")))
    return [str(line["question"]) for line in json_lines(path) if line["part"] == part]


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a JSON Lines file, which may be gzipped."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rb") as lines:
        yield from map(orjson.loads, lines)


def generated(draws: int, seed: int = 0, path: Path = TRAINING) -> list[tuple[str, Scope, str]]:
    """(question, scope, template), up to `draws` different questions per template.

    Questions that happen to be on the evaluation list are dropped.
    """
    rng = random.Random(seed)
    templates, slots = _read(path)
    kept_apart = {_bare(question) for question, _ in listed()}
    generated = []
    for scope, template in templates:
        questions = {_filled(template, slots, rng) for _ in range(draws)}
        questions = {question for question in questions if _bare(question) not in kept_apart}
        generated += [(question, scope, template) for question in sorted(questions)]
    return generated


def _bare(question: str) -> str:
    return question.casefold().rstrip("?.! ")


def _read(path: Path) -> tuple[list[tuple[Scope, str]], dict[str, list[str]]]:
    templates: list[tuple[Scope, str]] = []
    slots: dict[str, list[str]] = {}
    heading = ""
    for line in _lines(path):
        if match := re.fullmatch(r"\[(\w+)\]", line):
            heading = match[1]
        elif heading == "slots":
            name, values = line.split(": ", 1)
            slots[name] = values.split("|")
        else:
            templates.append((Scope(heading), line))
    return templates, slots


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _filled(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """A template with randomly filled slots; sometimes in lower case or with a typing error."""
    text = _SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), template)
    style = rng.random()
    if style < 0.25:
        return text.lower().rstrip("?.!")
    if style < 0.35:
        return _mistyped(text, rng)
    return text


def _mistyped(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :] if rng.random() < 0.5 else text[:at] + text[at - 1 :]
