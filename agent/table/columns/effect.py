"""Effect: estimates with their interval and p, and compared rates, as they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from agent.table.abstract import Abstract, Part, Piece, Role, Span

_SPACE = r"[ \u2009\u202f\u00a0]"
_NUM = rf"[-−–+]?{_SPACE}?\d*[.·]?\d+(?:,\d{{3}})*(?:[.·]\d+)?"
_NAME = (
    r"(?:(?:adjusted|unadjusted|multivariable[- ]adjusted|multivariate|pooled|summary|crude|overall) )?"
    r"(?:(?:sub-?distribution |cause-specific )?hazards? ratios?|odds ratios?|risk ratios?|relative risks?|(?:incidence |prevalence )?rate ratios?|prevalence ratios?|(?:absolute )?risk (?:difference|reduction)s?|(?:standardi[sz]ed |weighted |adjusted |estimated |between-group )*mean differences?"
    r"|[Ss]tandardi[sz]ed mean differences?|effect sizes?|beta(?: coefficient)?|regression coefficient|area under (?:the )?(?:\w+ )*curve)"
    r"|(?:a|m|p|s)?(?:OR|HR|RR|PR|IRR)s?|aRR|SMDs?|W?MDs?|MWDs?|RD|ARR|ES|AUC|AUROC|sHR|SHR|β|(?:Cohen['’]?s )?d|(?:Hedges['’]? )?g"
)
_VALUE = rf"(?P<value>\b(?:{_NAME})(?: ?[\[(][A-Za-z]{{1,6}}[\])])?(?: for [\w -]{{1,30}})?{_SPACE}?(?:,|:|=|;|of|was|were|is|~|≈|\[|\()*{_SPACE}?(?:[=:] ?)?(?P<number>{_NUM})(?![\d.·]|{_SPACE}?[-–]{_SPACE}?\.?\d|{_SPACE}to{_SPACE}\.?\d)(?: ?%)?(?: [a-zA-Z/]{{1,6}}(?=[,;\[( ]+(?:9[059] ?%|CI)))?)"
_LEVEL = rf"(?:(?:with )?(?:an? )?9[059](?:\.\d)? ?%?{_SPACE}?(?:confidence intervals?|credible intervals?|C\.?I\.?|Cr[Il]|UI)s?(?: ?[\[(]CIs?[\])])?)"
_INTERVAL = rf"(?P<interval>(?:{_LEVEL}[,:=]?|CI[:,]?) ?(?:of |was |from )?[\[({{]?{_SPACE}?{_NUM} ?%?{_SPACE}?(?:to|[-–—−~]|,|;|and)+{_SPACE}?{_NUM} ?%?[\])}}]?)"
_P = rf"(?P<p>\b[Pp](?:[- ]?values?)?{_SPACE}?(?:for trend|-trend)?{_SPACE}?[=<>≤≥]{_SPACE}?[0]?[.·]?\d+(?:[.·]\d+)?(?:{_SPACE}?[×x]{_SPACE}?10[-−–]?\d+)?)"
_JOIN = rf"[,;:]?{_SPACE}?[\[(]?{_SPACE}?"
_AFTER = rf"[\])]?[,;]?{_SPACE}?(?:and )?[\[(]?"
_ESTIMATE = re.compile(rf"{_VALUE}(?:{_JOIN}{_INTERVAL})?(?:{_AFTER}{_P})?")
_RATE = rf"\d+(?:[.·]\d+)?{_SPACE}?%?(?:{_SPACE}?±{_SPACE}?\d+(?:\.\d+)?)?(?:{_SPACE}\(\d+/\d+\)|{_SPACE}\[\d+/\d+\])?"
_RATES = re.compile(
    rf"(?P<value>(?<![\w.–-]){_RATE}(?: [a-zA-Z/]{{1,8}})?,? (?:vs\.?|versus|compared (?:with|to)) {_RATE})(?:[^.;()]{{0,30}}?[;,(]? ?{_P})?"
)
_BROKEN = re.compile(r"\bI ?[²2]\b")


def find(abstract: Abstract) -> list[Span]:
    """Every estimate, in order of place."""
    pieces = abstract.of(Role.RESULTS) if abstract.labelled else abstract.of(Role.UNKNOWN)
    return [span for piece in pieces for span in _of(piece)]


def _of(piece: Piece) -> Iterator[Span]:
    taken: list[tuple[int, int]] = []
    for pattern in (_ESTIMATE, _RATES):
        for found in pattern.finditer(piece.text):
            if any(start < found.end() and found.start() < end for start, end in taken):
                continue
            if pattern is _RATES and found["p"] is None:
                continue
            if pattern is _ESTIMATE and not _estimate(found):
                continue
            taken.append(found.span())
            yield _span(piece, found)


def _estimate(found: re.Match[str]) -> bool:
    """Whether a name and a number are an estimate: it has an interval, a p, or a decimal."""
    if found["interval"] or found["p"]:
        return True
    return bool(re.search(r"[.·]", found["number"])) and len(found["value"]) > 3


def _span(piece: Piece, found: re.Match[str]) -> Span:
    parts = []
    for name in ("value", "interval", "p"):
        if name in found.re.groupindex and found[name]:
            words = _balanced(found[name])
            start = piece.start + found.start(name)
            parts.append(Part(name, start, start + len(words), words))
    start = found.start("value")
    end = max(part.end for part in parts) - piece.start
    return replace(piece.span(start, end), parts=tuple(parts))


def _balanced(words: str) -> str:
    """Without a closing bracket at the end that was opened before."""
    words = words.rstrip()
    for opening, closing in ("()", "[]"):
        if words.endswith(closing) and words.count(opening) < words.count(closing):
            words = words[:-1].rstrip()
    return words
