"""Render a draft while it is written and checked: each sentence with its verdict."""

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
# An incomplete escape at the end of truncated text, including half of a surrogate pair.
_HALF_ESCAPE = re.compile(r"(?:\\u[dD][89abAB]\w\w)?(?:\\u\w{0,3})?$")
_UNCHECKED = "not checked yet"
# Terminal colours of the labels' tones; the label's sign is always shown too.
TONE_COLOURS = {
    "quoted": "cyan",
    "good": "green",
    "fair": "yellow",
    "bad": "red",
    "unknown": "magenta",
}


@dataclass(frozen=True, slots=True)
class DraftedSentence:
    """A sentence of a draft; `label` is None until its verdict is available."""

    text: str
    label: Label | None = None

    @property
    def sign(self) -> str:
        return self.label.sign if self.label else "·"

    @property
    def word(self) -> str:
        return self.label.word if self.label else _UNCHECKED


def sentences_in(text: str) -> list[str]:
    """Extract the sentences of a language model's partial output: JSON truncated anywhere."""
    sentences = []
    for match in _TEXT.finditer(text):
        try:
            sentences.append(str(orjson.loads(f'"{_HALF_ESCAPE.sub("", match[1])}"')))
        except ValueError:  # invalid JSON is reported once the draft is complete
            continue
    return sentences


def draft_of(steps: Sequence[Step], watch: Watch) -> list[DraftedSentence]:
    """Return the current draft, from completed steps and the model's output in progress.

    Empty if the draft was discarded in favour of quotations.
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
    """Render the draft for a page; style.css defines the colours of the tones."""
    lines = "".join(
        f'<li class="{sentence.label.tone if sentence.label else "unknown"}">'
        f'<span class="sign" role="img" aria-label="{sentence.word}">{sentence.sign}</span>'
        f" {inline_html(sentence.text)}</li>"
        for sentence in sentences
    )
    heading = escape(_heading(sentences))
    return f'<div class="draft"><p class="muted">{heading}</p><ul>{lines}</ul></div>'


def draft_console(sentences: Sequence[DraftedSentence]) -> list[Text]:
    """Render the draft for the terminal, one line per sentence."""
    from rich.text import Text

    if not sentences:
        return []
    return [
        Text(_heading(sentences), style="dim"),
        *(
            Text.assemble(
                (
                    f" {sentence.sign} ",
                    TONE_COLOURS[sentence.label.tone] if sentence.label else "dim",
                ),
                sentence.text,
            )
            for sentence in sentences
        ),
    ]


def _heading(sentences: Sequence[DraftedSentence]) -> str:
    checked = sum(sentence.label is not None for sentence in sentences)
    return f"Draft, {checked} of {len(sentences)} checked" if checked else "Draft, not yet checked"
