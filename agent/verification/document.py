"""Any text with citations as claims: whoever wrote it, whatever names its sources.

Read are [12345678], [PMID: 123, 456], (PMID 12345678), and [1] or [1, 3] where the text ends in a
list that says which PMID each number is, as Medcite's own Markdown does.
"""

from __future__ import annotations

import re

from agent.answer import Claim
from agent.verification.claims import without_citations
from retrieval.split import sentences

_BRACKETED = re.compile(
    r"\[(?P<inside>(?:PMIDs?:?\s*)?\d{1,9}(?:\s*[,;–-]\s*(?:PMID:?\s*)?\d{1,9})*)\]"
)
_PARENTHESISED = re.compile(
    r"\((?P<inside>PMIDs?:?\s*\d{1,9}(?:\s*[,;]\s*(?:PMID:?\s*)?\d{1,9})*)\)", re.I
)
_LISTED = re.compile(
    r"^\s*(?:\[(?P<a>\d{1,3})\]|(?P<b>\d{1,3})[.)])\s.*?\bPMID:?\s*(?P<pmid>\d{1,9})", re.I
)
_MARKUP = re.compile(r"^\s*(?:(?:[-*+•]|\d{1,3}[.)]|>)\s+(?:[✓✗◐?]\s+)?|[✓✗◐]\s+)")
_EMPHASIS = re.compile(r"(\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.])[*_](?!\w))")
# A sentence that Medcite marks as quoted: “…” [1].
_QUOTATION = re.compile(r"^“([^“”]*(?:“[^“”]*”[^“”]*)*)”((?:\s*\[[^\[\]]+\])*)$")
_SKIPPED = re.compile(r"^\s*(?:#|```|\||---|!\[|<)")
# The longest number in brackets that is a place in a list and not a PMID.
_PLACE_DIGITS = 3


def claims_of(text: str) -> list[Claim]:
    """The sentences of a text with the PMIDs that each cites, in order.

    Headings, tables, code and the list of references are left out. A number in brackets that the
    list does not have stays as it is, and so cites nothing that exists.
    """
    places = _places(text)
    claims: list[Claim] = []
    for paragraph in _paragraphs(text, places):
        for sentence in _with_trailing_citations(paragraph):
            keys = tuple(dict.fromkeys(places.get(n, n) for n in _cited(sentence)))
            plain = without_citations(sentence)
            plain = re.sub(r"\s+([.,;])", r"\1", plain)
            if any(c.isalpha() for c in plain):
                claims.append(Claim(plain, keys))
    return claims


def _places(text: str) -> dict[str, str]:
    """Number in the list of references → PMID."""
    found = {}
    for line in text.splitlines():
        if match := _LISTED.match(line):
            found[match["a"] or match["b"]] = match["pmid"]
    return found


def _paragraphs(text: str, places: dict[str, str]) -> list[str]:
    """Lines that belong together, joined; every bullet is one of its own."""
    found: list[str] = []
    open_ = False
    fenced = False
    for line in text.splitlines():
        if line.strip().startswith("```"):
            fenced = not fenced
        listed = _LISTED.match(line)
        if fenced or not line.strip() or _SKIPPED.match(line) or (listed and places):
            open_ = False
            continue
        bare = _EMPHASIS.sub("", _MARKUP.sub("", line)).strip()
        # What Markdown writes with a backslash is the character itself.
        bare = re.sub(r"\\([\\`*_{}\[\]()#+!|$~:.-])", r"\1", bare)
        if _MARKUP.match(line):
            bare = _QUOTATION.sub(r"\1\2", bare)
        if open_ and not _MARKUP.match(line):
            found[-1] += " " + bare
        else:
            found.append(bare)
        open_ = True
    return found


def _with_trailing_citations(paragraph: str) -> list[str]:
    """Sentences, each with the citations that stand after its full stop."""
    found: list[str] = []
    for span in sentences(paragraph):
        piece = paragraph[span.start : span.end]
        rest = piece
        while match := re.match(r"\s*(?:\[[^\[\]]+\]|\(PMIDs?:?[^()]+\))[.,;]?", rest):
            rest = rest[match.end() :]
        moved = piece[: len(piece) - len(rest)]
        if moved and found and _cited(moved):
            found[-1] += " " + moved.strip()
            piece = rest.strip()
        if piece.strip():
            found.append(piece)
    return found


def _cited(sentence: str) -> list[str]:
    numbers: list[str] = []
    for pattern in (_BRACKETED, _PARENTHESISED):
        for match in pattern.finditer(sentence):
            for first, last in re.findall(r"(\d{1,9})(?:\s*[–-]\s*(\d{1,9}))?", match["inside"]):
                numbers += _range(first, last)
    return numbers


def _range(first: str, last: str) -> list[str]:
    """[1-3] is three places; a range of PMIDs is read as its two ends."""
    if (
        last
        and len(first) <= _PLACE_DIGITS
        and len(last) <= _PLACE_DIGITS
        and int(first) < int(last)
    ):
        return [str(n) for n in range(int(first), int(last) + 1)]
    return [first, last] if last else [first]
