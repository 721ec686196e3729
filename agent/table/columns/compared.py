"""Parse comparisons in titles and aims: "effect of A versus B on C in D"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.table.abstract import Abstract, SentenceRole, TextPiece, TextSpan
from agent.table.phrases import trimmed
from corpora.evidence_level import EvidenceLevel

_LEAD = r"(?:effects?|efficacy|effectiveness|impact|influence|safety|benefits?|feasibility|tolerability|cost-effectiveness)"
_STOP = r"(?= (?:on|in|for|among|versus|vs\.?|compared|to|with|as|after|during|when|following|at|by|through|via|and (?:its|their))\b|[:;,.?–—]| - |$)"
_EFFECT = re.compile(
    rf"(?<!and )\b(?:the )?(?:[\w-]+ )?{_LEAD}(?:,? (?:and|&) (?:[\w-]+ )?{_LEAD})* of (?:the |an? )?(?P<a>[^:;.?]{{3,90}}?){_STOP}(?P<rest>.*)$",
    re.I,
)
_VERSUS = re.compile(
    rf"(?:^(?!.*\b(?:of|compar\w+|between)\b.* (?:versus|vs))|[:.] |\b{_LEAD}(?:,? (?:and|&) (?:[\w-]+ )?{_LEAD})* of (?:the )?|\bcomparison of (?:the )?|\b(?:compare|comparing|between) (?:the )?)(?P<a>[^:;.?,]{3, 80}?) (?:versus|vs\.?|compared (?:with|to)) (?P<b>[^:;.?,]{3, 80}?)(?= (?:in|for|on|among|after|during|as|with|to|at|when|following)\b|[:;.?,]|$)",
    re.I,
)
_ON = re.compile(
    r"^ on (?:the )?(?P<c>[^:;.?,]{3,100}?)(?= (?:compared|in|among|for|of patients|after|during|following|versus)\b|[:;.?]| - |$)",
    re.I,
)
_AGAINST = re.compile(
    r"\b(?:versus|vs\.?|compared (?:with|to)) (?P<b>[^:;.?,]{3,80}?)(?= (?:in|for|on|among|after|during|as|at)\b|[:;.?,]|$)",
    re.I,
)


_ASSOCIATED = re.compile(
    r"\b(?:associations?|relationships?|correlations?|links?) (?:of|between) (?:the )?(?P<a>[^:;.?]{3,90}?) (?:and|with|to) (?:the )?(?P<c>[^:;.?]{3,90}?)(?= (?:in|among|for|after|during|of patients)\b|[:;.?]| - |$)",
    re.I,
)
_FOR = re.compile(
    r"^(?:the |an? )?(?P<a>[^:;.?,]{3,90}?) (?:for|in) (?:the )?(?:treatment|prevention|management|prophylaxis|preventing|treating|reducing|improving)\b",
    re.I,
)
_AIM = re.compile(
    r"\b(?:aim|objective|purpose|sought|investigate|assess|evaluate|compare|determine|examine)",
    re.I,
)
# Phrases that refer back to earlier words.
_REFERRING = re.compile(r"(?:this|these|those|such|both|each|different|our|its|their)\b", re.I)
_NOT_GIVEN = re.compile(
    r"\b(?:is|are|was|were|does|study|trial|comparison|review|effects?|efficacy|evaluation|role|use|factors?|risks?|outcomes?|impact|prevalence)\b",
    re.I,
)
_GIVING = frozenset(
    {EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL, EvidenceLevel.SYSTEMATIC_REVIEW}
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The intervention, the comparator and the outcome; None where the words name none."""

    given: TextSpan | None = None
    against: TextSpan | None = None
    outcome: TextSpan | None = None


def comparison(abstract: Abstract) -> Comparison:
    """The comparison in the title, otherwise in the first sentence of the aim that has one."""
    aims = abstract.of(SentenceRole.AIM) if abstract.level in _GIVING else ()
    for piece in (abstract.title, *(aim for aim in aims if _AIM.search(aim.text))):
        if match := _VERSUS.search(piece.text):
            return Comparison(_span(piece, match, "a"), _span(piece, match, "b"))
        if match := _EFFECT.search(piece.text):
            rest = match.start("rest")
            on = _ON.search(piece.text[rest:])
            against = _AGAINST.search(piece.text[rest:])
            return Comparison(
                _span(piece, match, "a"),
                _span(piece, against, "b", rest) if against else None,
                _span(piece, on, "c", rest) if on else None,
            )
        if match := _ASSOCIATED.search(piece.text):
            return Comparison(_span(piece, match, "a"), outcome=_span(piece, match, "c"))
        if (
            abstract.level in _GIVING
            and (match := _FOR.search(piece.text))
            and not _NOT_GIVEN.search(match["a"])
        ):
            return Comparison(_span(piece, match, "a"))
    return Comparison()


def _span(piece: TextPiece, match: re.Match[str], name: str, offset: int = 0) -> TextSpan | None:
    start = offset + match.start(name)
    end = trimmed(piece.text, start, offset + match.end(name))
    return None if _REFERRING.match(piece.text, start) else piece.span(start, end)
