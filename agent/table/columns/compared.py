"""What titles and aims say of a comparison: "effect of A versus B on C in D"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.table.abstract import Abstract, Piece, Role, Span
from agent.table.phrases import trimmed

_LEAD = r"(?:effects?|efficacy|effectiveness|impact|influence|safety|benefits?|role|value|usefulness|feasibility|tolerability|cost-effectiveness|outcomes?)"
_STOP = r"(?= (?:on|in|for|among|versus|vs\.?|compared|to|with|as|after|during|when|following|at|by|through|via|and (?:its|their))\b|[:;,.?–—]| - |$)"
_EFFECT = re.compile(
    rf"\b(?:the )?(?:[\w-]+ )?{_LEAD}(?:,? (?:and|&) (?:[\w-]+ )?{_LEAD})* of (?:the |an? )?(?P<a>[^:;.?]{{3,90}}?){_STOP}(?P<rest>.*)$",
    re.I,
)
_VERSUS = re.compile(
    rf"(?:^(?!.*\b(?:of|compar\w+|between)\b.* (?:versus|vs))|[:.] |\b{_LEAD}(?:,? (?:and|&) (?:[\w-]+ )?{_LEAD})* of (?:the )?|\bcomparison of (?:the )?|\b(?:compare|comparing|between) (?:the )?)(?P<a>[^:;.?,]{3, 80}?) (?:versus|vs\.?|compared (?:with|to)) (?P<b>[^:;.?,]{3, 80}?)(?= (?:in|for|on|among|after|during|as|with|to|at|when|following)\b|[:;.?,]|$)",
    re.I,
)
_ON = re.compile(
    r"^ on (?:the )?(?P<c>[^:;.?]{3,100}?)(?= (?:in|among|for|of patients|after|during|following|versus)\b|[:;.?]| - |$)",
    re.I,
)
_AGAINST = re.compile(
    r"\b(?:versus|vs\.?|compared (?:with|to)) (?P<b>[^:;.?,]{3,80}?)(?= (?:in|for|on|among|after|during|as|at)\b|[:;.?,]|$)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was given, against what, to what end; None where the words do not say."""

    given: Span | None = None
    against: Span | None = None
    outcome: Span | None = None


def comparison(abstract: Abstract) -> Comparison:
    """The title's, else that of the first sentence of the aim that has one."""
    aims = [
        p
        for p in abstract.of(Role.AIM, Role.UNKNOWN)
        if re.search(
            r"\b(?:aim|objective|purpose|sought|investigate|assess|evaluate|compare|determine|examine)",
            p.text,
            re.I,
        )
    ]
    for piece in (abstract.title, *aims[:2]):
        if found := _VERSUS.search(piece.text):
            return Comparison(_span(piece, found, "a"), _span(piece, found, "b"))
        if found := _EFFECT.search(piece.text):
            rest = found.start("rest")
            on = _ON.search(piece.text[rest:])
            against = _AGAINST.search(piece.text[rest:])
            return Comparison(
                _span(piece, found, "a"),
                _span(piece, against, "b", rest) if against else None,
                _span(piece, on, "c", rest) if on else None,
            )
    return Comparison()


def _span(piece: Piece, found: re.Match[str], name: str, offset: int = 0) -> Span:
    start = offset + found.start(name)
    return piece.span(start, trimmed(piece.text, start, offset + found.end(name)))
