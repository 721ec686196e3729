"""Claims that are surer than their source: "may" told as "does", an association as a cause."""

from __future__ import annotations

import re

from agent.answer import Check
from agent.verification.words import words

_HEDGE = re.compile(
    r"\b(?:may|might|could|can potentially|possib(?:le|ly)|potential(?:ly)?|perhaps|probabl[ey]|likely|unlikely|presumably"
    r"|appear(?:s|ed)?|seem(?:s|ed)?|suggest(?:s|ed|ing|ive)?|indicat(?:es?|ed|ing|ive of)|tend(?:s|ed)? to|trend(?:s|ed)?|putative(?:ly)?|hypothes\w+"
    r"|speculat\w*|promising|preliminary|in theory|theoretically|assume[ds]?|thought to|believed to|considered to|unclear|uncertain|unknown"
    r"|inconclusive|limited evidence|low[- ]certainty|very low certainty|questionable|candidate|expected to|estimated to|would)\b",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"\b(?:may|might|could|possib(?:le|ly)|potential(?:ly)?|perhaps|probabl[ey]|likely|presumably|appear(?:s|ed)?|seem(?:s|ed)?|tend(?:s|ed)? to"
    r"|putative(?:ly)?|thought to|believed to|unclear|uncertain|inconclusive|promising|suggest(?:s|ed|ing)?|expected to)\b",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"\b(?:prove[sdn]?|proof|proven|definite(?:ly)?|certain(?:ly)?|undoubtedly|clearly|conclusive(?:ly)?|always|never|all patients|every|invariably"
    r"|guarantee[sd]?|establish(?:es|ed)?|confirm(?:s|ed)?|unequivocal(?:ly)?|must|necessarily|indisputabl[ey]|undeniabl[ey])\b",
    re.IGNORECASE,
)
_ASSOCIATED = re.compile(
    r"\b(?:associat(?:ed|ion|ions)|correlat(?:ed|ion|ions|es)|link(?:ed|s)?|relat(?:ed|ionship|ionships)|predict(?:s|ed|or|ors|ive)?|risk factors?)\b",
    re.IGNORECASE,
)
_CAUSES = re.compile(
    r"\b(?:caus(?:e|es|ed|ing|al)|led to|leads? to|leading to|result(?:s|ed|ing)? in|due to|because of|owing to|responsible for|produc(?:e|es|ed)"
    r"|trigger(?:s|ed)?|gives? rise to|brings? about|driv(?:es|en)|induc(?:e|es|ed)|prevent(?:s|ed)?|determin(?:es|ed))\b",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\b(?:(?:reduce|increase|improve|decrease|lower|worsen|raise|cut|protect|shorten|prolong|promote|inhibit)(?:s|d|ed)?)\b",
    re.IGNORECASE,
)
_CLAIMS_LINK = re.compile(
    r"\b(?:associat|correlat|link|relat|predict|risk factor|marker)", re.IGNORECASE
)
_HEDGES = frozenset(
    [
        "may",
        "might",
        "could",
        "can",
        "possible",
        "possibly",
        "potential",
        "potentially",
        "perhaps",
        "probable",
        "probably",
        "likely",
        "presumably",
        "appear",
        "appears",
        "appeared",
        "seem",
        "seems",
        "seemed",
        "suggest",
        "suggests",
        "suggested",
        "suggesting",
        "indicate",
        "indicates",
        "indicated",
        "indicating",
        "tended",
        "tends",
        "putative",
        "putatively",
        "promising",
        "presumed",
        "hypothetical",
        "tentative",
        "tentatively",
        "preliminary",
        "associated",
        "association",
        "correlated",
        "correlates",
        "correlation",
        "linked",
        "related",
    ]
)
_SURES = frozenset(
    [
        "prove",
        "proves",
        "proved",
        "proven",
        "proving",
        "proof",
        "definite",
        "definitely",
        "certain",
        "certainly",
        "undoubtedly",
        "clearly",
        "conclusive",
        "conclusively",
        "always",
        "never",
        "invariably",
        "guarantee",
        "guarantees",
        "guaranteed",
        "confirm",
        "confirms",
        "confirmed",
        "unequivocally",
        "must",
        "necessarily",
        "undeniably",
        "indisputably",
        "every",
        "causes",
        "caused",
        "causing",
        "cause",
    ]
)


def is_hedge(folded: str) -> bool:
    """Whether a word leaves open what it is said of, or speaks of an association."""
    return folded in _HEDGES


def is_sure(folded: str) -> bool:
    """Whether a word makes sure what it is said of, or speaks of a cause."""
    return folded in _SURES


def check(claim: str, source: str) -> Check | None:
    """What the claim makes surer than its source."""
    return _cause(claim, source) or _sure(claim, source) or _hedge(claim, source)


_ALL = re.compile(
    r"\b(?:all|every|each|always|(?<!not )only|best|most effective|safest|first-line|gold standard|ideal|universally|any|entirely|completely|cures?|cured|eliminat\w+)\b",
    re.IGNORECASE,
)


def check_all(claim: str, article: str) -> Check | None:
    """“All”, “best” and the like, which the article does not use."""
    for match in _ALL.finditer(claim):
        if not re.search(rf"\b{match[0]}", article, re.IGNORECASE):
            return Check("certainty", f"“{match[0]}” is the claim's own")
    return None


def _cause(claim: str, source: str) -> Check | None:
    linked = _ASSOCIATED.search(source)
    if not linked or _CLAIMS_LINK.search(claim):
        return None
    caused = _CAUSES.search(claim) or _acts(claim)
    if not caused or _CAUSES.search(source):
        return None
    if caused.re is _ACTS and _acts(source):
        return None
    return Check("certainty", f"the source says “{linked[0]}”, the claim “{caused[0]}”")


def _acts(text: str) -> re.Match[str] | None:
    """A verb of effect; "a reduced risk" is none."""
    for match in _ACTS.finditer(text):
        before = text[: match.start()].rstrip().lower()
        if not before.endswith(
            (" a", " an", " the", "with", " of", " in", " and", "was", "were", "is", "are", "to")
        ):
            return match
    return None


def _sure(claim: str, source: str) -> Check | None:
    for match in _SURE.finditer(claim):
        word = match[0].lower()
        if not re.search(rf"\b{word[:6]}", source, re.IGNORECASE) and (
            _MODAL.search(source) or _ASSOCIATED.search(source)
        ):
            return Check("certainty", f"“{match[0]}” is the claim's own")
    return None


def _hedge(claim: str, source: str) -> Check | None:
    """A hedge of the source over what the claim says, of which the claim has none."""
    if _HEDGE.search(claim):
        return None
    claimed = {w.stem for w in words(claim) if w.carries}
    its = words(source)
    for match in _MODAL.finditer(source):
        at = next((i for i, w in enumerate(its) if w.end > match.start()), None)
        if at is None:
            continue
        scope = [
            w.stem for w in its[at + 1 : at + 12] if w.carries and w.clause - its[at].clause <= 1
        ][:5]
        if scope and sum(1 for each in scope if each in claimed) >= max(2, len(scope) * 0.6):
            return Check("certainty", f"the source says “{match[0]}”, the claim does not")
    return None
