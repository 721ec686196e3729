"""Separate thinking from the answer in a model's streamed text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.models.base import Piece

_THINKING_MARKS = (("<unused94>", "<unused95>"), ("<think>", "</think>"))
# The label before the thoughts, left over where a decoder removed the opening mark.
_LABEL = "thought\n"
# Without either mark, thoughts run into the answer without a space: "…accuracy.Bacterial…".
_SEAM = re.compile(r"(?<=[a-z0-9)\"”*][.!?:])(?=(?:\*\*|#+ )?[A-Z])|(?<=[.!?])\n*(?=#+ )")


class ThinkingSplitter:
    """Split a stream of text into thinking and answer; marks may be split across pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"
        self._closing: tuple[str, ...] = ()
        self._bare = False

    @property
    def bare(self) -> bool:
        """Whether thinking began without an opening mark and has not ended."""
        return self._bare and self._state == "thinking"

    def feed(self, text: str) -> Iterator[Piece]:
        self._held += text
        if self._state == "start" and not self._begin():
            return
        if self._state == "thinking":
            yield from self._think()
        if self._state == "answer" and self._held:
            yield Piece(self._held)
            self._held = ""

    def end(self) -> Iterator[Piece]:
        """Yield the text still held back at the end of the stream."""
        openings = tuple(opening for opening, _ in _THINKING_MARKS)
        if self._held and not (self._state == "start" and self._held.lstrip().startswith(openings)):
            yield Piece(self._held, thinking=self._state == "thinking")
        self._held = ""

    def _begin(self) -> bool:
        """Leave the state "start" once the first characters decide; False if they do not yet."""
        lead = self._held.lstrip()
        openings = [opening for opening, _ in _THINKING_MARKS]
        for opening, closing_mark in _THINKING_MARKS:
            if lead.startswith(opening):
                rest = lead.removeprefix(opening)
                if _LABEL.startswith(rest) and rest != _LABEL:
                    return False
                self._held = rest.removeprefix(_LABEL)
                self._state, self._closing = "thinking", (closing_mark,)
                return True
        if lead.startswith(_LABEL):
            self._held = lead.removeprefix(_LABEL)
            self._state, self._bare = "thinking", True
            self._closing = tuple(closing_mark for _, closing_mark in _THINKING_MARKS)
            return True
        if any(opening.startswith(lead) for opening in (*openings, _LABEL)):
            return False
        self._state = "answer"
        return True

    def _think(self) -> Iterator[Piece]:
        for mark in self._closing:
            at = self._held.find(mark)
            if at >= 0:
                if at:
                    yield Piece(self._held[:at], thinking=True)
                self._held = self._held[at + len(mark) :].lstrip()
                self._state = "answer"
                return
        overlap_length = max(overlap(self._held, mark) for mark in self._closing)
        safe = self._held[: len(self._held) - overlap_length]
        self._held = self._held[len(safe) :]
        if safe:
            yield Piece(safe, thinking=True)


def split_swallowed(thoughts: str) -> tuple[str, str]:
    """(thinking, answer) of a text from which both marks were removed.

    It is split only if exactly one place can be the seam; otherwise all of it counts as thinking,
    since thoughts shown as an answer are worse than no answer.
    """
    seams = [match.start() for match in _SEAM.finditer(thoughts)]
    if len(seams) != 1:
        return thoughts, ""
    return thoughts[: seams[0]], thoughts[seams[0] :].strip()


def overlap(text: str, mark: str) -> int:
    """The length of the longest end of `text` that could be the beginning of `mark`."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return size
    return 0
