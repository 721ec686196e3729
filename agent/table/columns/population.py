"""Population: who was studied, and with what condition."""

from __future__ import annotations

import re

from agent.language.stems import STOP_WORDS
from agent.table.abstract import Abstract, Piece, Role, Span
from agent.table.phrases import trimmed, until_clause
from corpora.counts import WORDS
from corpora.sample_size import WHO, sample_size

_PEOPLE = re.compile(rf"\b{WHO}\b", re.I)
_COUNT = re.compile(r"(?:\d[\d,]* )?(?:identifying |detecting |predicting )?")
_AIM = re.compile(
    r"\b(?:aim(?:s|ed)?|objectives?|purpose|sought|to (?:evaluate|assess|investigate|compare|determine|examine|analy[sz]e|describe|identify|explore))\b",
    re.I,
)
# In an aim, the words after these describe the study, not the people.
_BESIDE = re.compile(r"\b(?:after|before|using|concerning|regarding|about|on)\b", re.I)
# Relatives and carers of the people named.
_OTHERS = re.compile(
    r"\b(?:siblings|parents|mothers|fathers|caregivers|carers|families|partners|relatives|offspring)"
    r" (?:of|for|with) $",
    re.I,
)
# A longer phrase has run into the rest of its sentence.
_MOST_WORDS = 14
_IN = re.compile(r"\b(?:in|among|for|of|with)\s+", re.I)
_NEXT = re.compile(
    r"\s+(?:with|without|undergoing|receiving|hospitali[sz]ed|admitted|aged|treated|living|suffering|at|on|using|requiring|in|of|after|presenting|affected)\b",
    re.I,
)


def find(abstract: Abstract) -> list[Span]:
    """The people named in the title, otherwise next to the sample size, otherwise in the aim."""
    return _named(abstract.title) or _counted(abstract) or _aimed_at(abstract)


def _named(piece: Piece) -> list[Span]:
    for match in _PEOPLE.finditer(piece.text):
        before = [
            m
            for m in _IN.finditer(piece.text, 0, match.start())
            if _one_phrase(piece.text[m.end() : match.start()])
        ]
        if not before or _OTHERS.search(piece.text[: before[-1].end()]):
            continue
        end = until_clause(piece.text, match.end())
        if (
            len(piece.text[match.end() : end].split()) > _MOST_WORDS
            or before[-1].end() + len(match[0]) >= end
        ):
            continue
        start = before[-1].end()
        start += len(_COUNT.match(piece.text[start:end])[0])  # type: ignore[index]
        return [piece.span(start, end)]
    return []


def _aimed_at(abstract: Abstract) -> list[Span]:
    """The people and their condition in the last sentence that states the aim."""
    for piece in reversed(abstract.of(Role.AIM)):
        if _AIM.search(piece.text):
            for span in _named(piece):
                cut = _BESIDE.search(span.text)
                start = span.start - piece.start
                end = start + (cut.start() if cut else len(span.text))
                end = trimmed(piece.text, start, end)
                short = piece.span(start, end)
                return [short] if _NEXT.search(short.text) else []
    return []


def _one_phrase(text: str) -> bool:
    """Whether words before a noun belong to it."""
    return not re.search(r"[,:;.()?]", text) and not any(
        word.casefold() in STOP_WORDS - {"and", "or"} for word in text.split()
    )


def _counted(abstract: Abstract) -> list[Span]:
    size = sample_size(abstract.article)
    if size is None:
        return []
    for piece in abstract.of(Role.METHODS, Role.RESULTS, Role.UNKNOWN, Role.AIM):
        if not piece.start <= size.start < piece.end:
            continue
        at = size.start - piece.start
        for match in _PEOPLE.finditer(piece.text, at, min(len(piece.text), size.end - piece.start)):
            end = until_clause(piece.text, match.end())
            if not _NEXT.match(piece.text, match.end()):
                continue
            numbers = list(
                re.finditer(
                    rf"\d[\d,]*\s+|\b(?:\w+-)?(?:{WORDS})\s+",
                    piece.text[at : match.start()],
                    re.I,
                )
            )
            start = at + numbers[-1].end() if numbers else match.start()
            return [piece.span(start, end)]
    return []
