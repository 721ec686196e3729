"""What the literature says for and against one claim, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Claim, Label, Quote, Verdict
from agent.verification.size import Size, study_size
from agent.verification.verifier import Verifier
from corpora.article import Article
from retrieval.passage import Evidence

_FOR = (Label.SUPPORTED, Label.PARTIALLY_SUPPORTED)


@dataclass(frozen=True, slots=True)
class Position:
    """Where one article stands: the sentence that says so, its design, and how many it studied."""

    article: Article
    label: Label
    quote: Quote
    design: str
    size: Size | None
    score: float


@dataclass(frozen=True, slots=True)
class Sides:
    """Supporting and opposing articles, the strongest design and then the largest study first."""

    claim: str
    supporting: tuple[Position, ...]
    opposing: tuple[Position, ...]

    @property
    def disagree(self) -> bool:
        return bool(self.supporting and self.opposing)


def sides(claim: str, evidence: Sequence[Evidence], verifier: Verifier) -> Sides:
    """Each position on a claim, without retracted articles and those that say nothing of it."""
    asked = [each for each in evidence if not each.article.retracted]
    verdicts = verifier.verify([Claim(claim, (each.passage.id,)) for each in asked], asked)
    best: dict[str, Position] = {}
    for each, verdict in zip(asked, verdicts, strict=True):
        position = _position(each.article, verdict)
        known = best.get(each.article.pmid)
        if position and (known is None or position.score > known.score):
            best[each.article.pmid] = position
    ordered = sorted(best.values(), key=_strength)
    return Sides(
        claim,
        tuple(each for each in ordered if each.label in _FOR),
        tuple(each for each in ordered if each.label is Label.CONTRADICTED),
    )


def _position(article: Article, verdict: Verdict) -> Position | None:
    if verdict.label not in (*_FOR, Label.CONTRADICTED) or not verdict.quotes:
        return None
    score = verdict.score or 0.0
    if verdict.label is Label.CONTRADICTED:
        score = 1.0 - score
    return Position(
        article,
        verdict.label,
        verdict.quotes[0],
        article.design.level.label,
        study_size(article),
        score,
    )


def _strength(position: Position) -> tuple[int, int, int]:
    size = position.size.count if position.size else 0
    return (int(position.article.evidence_level), -size, -position.article.year)
