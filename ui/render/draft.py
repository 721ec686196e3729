"""A draft as it is written and checked, for whoever looks on: each sentence with its verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import orjson

from agent.answer import Label
from ui.render.inline import inline_html

if TYPE_CHECKING:
    from rich.text import Text

    from agent.assistant import Step
    from agent.run_monitor import Watch

_TEXT = re.compile(r'"text"\s*:\s*"((?:[^"\\]|\\.)*)')
# An escape, or the first of two that make one character, at which a text breaks off.
_HALF_ESCAPE = re.compile(r"(?:\\u[dD][89abAB]\w\w)?(?:\\u\w{0,3})?$")
_UNCHECKED = "not checked yet"
# Of a label's tone in the terminal; the label's sign always stands beside it.
TONE_COLOURS = {
    "quoted": "cyan",
    "good": "green",
    "fair": "yellow",
    "bad": "red",
    "unknown": "magenta",
}


@dataclass(frozen=True, slots=True)
class DraftedSentence:
    """A sentence of a draft; `label` is None until its verdict is there."""

    text: str
    label: Label | None = None

    @property
    def sign(self) -> str:
        return self.label.sign if self.label else "·"

    @property
    def word(self) -> str:
        return self.label.word if self.label else _UNCHECKED


def sentences_in(text: str) -> list[str]:
    """The sentences in a draft as a language model writes it: JSON that breaks off anywhere."""
    sentences = []
    for found in _TEXT.finditer(text):
        try:
            sentences.append(str(orjson.loads(f'"{_HALF_ESCAPE.sub("", found[1])}"')))
        except ValueError:  # no JSON; the draft says so itself when it is whole
            continue
    return sentences


def draft_of(steps: Sequence[Step], watch: Watch) -> list[DraftedSentence]:
    """What is drafted at this moment, by the steps that ended and what the model writes now.

    Nothing of a draft that was given up for quotations.
    """
    labels = {verdict.claim.text: verdict.label for verdict in watch.verdicts}
    texts: list[str] = []
    for step in steps:
        if step.update.get("quoted"):
            return []
        if "claims" in step.update:
            texts = [claim.text for claim in step.update["claims"]]
        labels |= {verdict.claim.text: verdict.label for verdict in step.update.get("verdicts", ())}
    texts = list(dict.fromkeys([*texts, *sentences_in(watch.text)]))
    return [DraftedSentence(text, labels.get(text)) for text in texts]


def draft_html(sentences: Sequence[DraftedSentence]) -> str:
    """The draft for a page; style.css has a colour for each tone, in both themes."""
    lines = "".join(
        f'<li class="{each.label.tone if each.label else "unknown"}">'
        f'<span class="sign" role="img" aria-label="{each.word}">{each.sign}</span>'
        f" {inline_html(each.text)}</li>"
        for each in sentences
    )
    heading = escape(_heading(sentences))
    return f'<div class="draft"><p class="muted">{heading}</p><ul>{lines}</ul></div>'


def draft_console(sentences: Sequence[DraftedSentence]) -> list[Text]:
    """The draft for the terminal, a line each."""
    from rich.text import Text

    if not sentences:
        return []
    return [
        Text(_heading(sentences), style="dim"),
        *(
            Text.assemble(
                (f" {each.sign} ", TONE_COLOURS[each.label.tone] if each.label else "dim"),
                each.text,
            )
            for each in sentences
        ),
    ]


def _heading(sentences: Sequence[DraftedSentence]) -> str:
    checked = sum(each.label is not None for each in sentences)
    return f"Draft, {checked} of {len(sentences)} checked" if checked else "Draft, not yet checked"
