"""Effect: estimates with their interval and p, and compared rates, as printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from agent.table.abstract import Abstract, Part, SentenceRole, TextPiece, TextSpan

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
# After a named measure, two numbers in brackets are its interval.
_UNNAMED = (
    rf"[\[(]{_SPACE}?(?P<unnamed>{_NUM} ?%?{_SPACE}?(?:to|[-–—−]|,){_SPACE}?{_NUM} ?%?)(?=[\]);,])"
)
_ESTIMATE = re.compile(rf"{_VALUE}(?:{_JOIN}{_INTERVAL}|{_SPACE}?{_UNNAMED})?(?:{_AFTER}{_P})?")
_RATE = rf"\d+(?:[.·]\d+)?{_SPACE}?%?(?:{_SPACE}?±{_SPACE}?\d+(?:\.\d+)?)?(?:{_SPACE}\(\d+/\d+\)|{_SPACE}\[\d+/\d+\])?"
_RATES = re.compile(
    rf"(?P<value>(?<![\w.–-]){_RATE}(?: [a-zA-Z/]{{1,8}})?,? (?:vs\.?|versus|compared (?:with|to)) {_RATE})(?:[^.;()]{{0,30}}?[;,(]? ?{_P})?"
)
_COMPARED = re.compile(r" ?%?(?: [a-zA-Z/]{1,8})? (?:vs|versus|compared)\b")
# An estimate whose measure was named earlier, or a share of people.
_BARE = re.compile(
    rf"(?P<value>(?<![\w.–-])\d+(?:[.·]\d+)?{_SPACE}?%?)(?:[^.;:()\[\]\d]{{0,40}}?)?{_SPACE}?[\[(,;]{_SPACE}?{_INTERVAL}(?:{_AFTER}{_P})?"
)
_CORRELATION = re.compile(
    rf"(?P<value>\b(?:r|ρ|rho){_SPACE}?={_SPACE}?[-−–]?0?[.·]\d+)(?![\d.·]|{_SPACE}?[-–]\d)(?:[,;] {_P})?"
)
_P_ALONE = re.compile(_P)
_NOT_OF_A_RESULT = re.compile(
    r"I ?[²2] ?=|heterogeneity|publication bias|Egger|Begg|baseline|considered|significance level|set at|threshold|defined as",
    re.I,
)


def find(abstract: Abstract) -> list[TextSpan]:
    """Every estimate and other result with a p, in order of appearance."""
    pieces = (
        abstract.of(SentenceRole.RESULTS)
        if abstract.labelled
        else abstract.of(SentenceRole.UNKNOWN)
    )
    spans = [span for piece in pieces for span in _of(piece)]
    return sorted(spans, key=lambda span: span.start)


def _of(piece: TextPiece) -> Iterator[TextSpan]:
    taken: list[tuple[int, int]] = []
    for pattern in (_ESTIMATE, _RATES, _BARE, _CORRELATION):
        for match in pattern.finditer(piece.text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            if pattern is _RATES and not _rates(match):
                continue
            if pattern is _ESTIMATE and not _estimate(match):
                continue
            taken.append(match.span())
            yield _span(piece, match)
    for match in _P_ALONE.finditer(piece.text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            yield from _p_alone(piece, match)


def _rates(match: re.Match[str]) -> bool:
    """Whether two compared numbers are results: they have a p, or are shares or means."""
    return bool(match["p"]) or match["value"].count("%") > 1 or match["value"].count("±") > 1


def _p_alone(piece: TextPiece, match: re.Match[str]) -> Iterator[TextSpan]:
    """A result that has only a p, with the words before it."""
    before = max(
        piece.text.rfind(mark, 0, match.start()) for mark in ("; ", ". ", ": ", ", ", " and ")
    )
    start = before + len(" ") if before >= 0 else 0
    words = piece.text[start : match.start()]
    start += len(words) - len(words.lstrip(" ,;:.")) if words.strip(" ,;:.(") else len(words)
    if piece.text.startswith("and ", start):
        start += len("and ")
    if _NOT_OF_A_RESULT.search(piece.text[max(0, start - 40) : match.start()]):
        return
    at = piece.start + match.start()
    part = Part("p", at, at + len(match["p"]), match["p"])
    yield replace(piece.span(start, match.start() + len(match["p"])), parts=(part,))


def _estimate(match: re.Match[str]) -> bool:
    """Whether a name and a number are an estimate: they have an interval, a p or a decimal."""
    if match["interval"] or match["unnamed"] or match["p"]:
        return True
    if (
        _COMPARED.match(match.string, match.end())
        or _balanced(match["value"] + ")") != match["value"]
    ):
        return False
    return bool(re.search(r"[.·]", match["number"])) and len(match["value"]) > 3


def _span(piece: TextPiece, match: re.Match[str]) -> TextSpan:
    parts = []
    for group in ("value", "interval", "unnamed", "p"):
        if group in match.re.groupindex and match[group]:
            words = _balanced(match[group])
            start = piece.start + match.start(group)
            name = "interval" if group == "unnamed" else group
            parts.append(Part(name, start, start + len(words), words))
    start = match.start("value")
    end = max(part.end for part in parts) - piece.start
    return replace(piece.span(start, end), parts=tuple(parts))


def _balanced(words: str) -> str:
    """The words without a final closing bracket whose opening bracket is outside them."""
    words = words.rstrip()
    for opening, closing in ("()", "[]"):
        if words.endswith(closing) and words.count(opening) < words.count(closing):
            words = words[:-1].rstrip()
    return words
