"""Articles for and against one claim, side by side.

A claim worded unlike the literature gets weak verdicts (docs/verification.md), and a study
put on the wrong side is worse than one left out. So an article takes a position only where a quoted
sentence names the claim's subject, the outcome said to rise or fall and two thirds of its
terms, is not a statement of aims, and says the same or the opposite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Claim, Label, Quote, Verdict
from agent.language.polarity import is_negator, pole_of
from agent.language.stems import stems
from agent.language.word_forms import any_missing
from agent.language.words import Word, words
from agent.verification.extract import asks
from agent.verification.protocol import Verifier
from corpora.article import Article
from corpora.sample_size import SampleSize, sample_size
from retrieval.passage import Evidence

# Opposites on these axes give the direction of a result.
_AXES = ("amount", "effect", "worth")


@dataclass(frozen=True, slots=True)
class Position:
    """One article's position: the deciding sentence, its study design and sample size."""

    article: Article
    label: Label
    quote: Quote
    design: str
    size: SampleSize | None
    score: float


@dataclass(frozen=True, slots=True)
class Sides:
    """Supporting and opposing articles, sorted by strength of design, then by sample size."""

    claim: str
    supporting: tuple[Position, ...]
    opposing: tuple[Position, ...]

    @property
    def disagree(self) -> bool:
        return bool(self.supporting and self.opposing)


def sides(claim: str, evidence: Sequence[Evidence], verifier: Verifier) -> Sides:
    """The positions on a claim, without retracted articles and those that do not address it."""
    valid = [piece for piece in evidence if not piece.article.retracted]
    verdicts = verifier.verify([Claim(claim, (piece.passage.id,)) for piece in valid], valid)
    best: dict[str, Position] = {}
    for piece, verdict in zip(valid, verdicts, strict=True):
        position = _position(piece.article, claim, verdict)
        previous = best.get(piece.article.pmid)
        if position and (previous is None or position.score > previous.score):
            best[piece.article.pmid] = position
    ordered = sorted(best.values(), key=_strength)
    return Sides(
        claim,
        tuple(position for position in ordered if position.label.carries_part),
        tuple(position for position in ordered if position.label is Label.CONTRADICTED),
    )


def _position(article: Article, claim: str, verdict: Verdict) -> Position | None:
    opposed = verdict.label is Label.CONTRADICTED
    if not opposed and not verdict.label.carries_part:
        return None
    quote = next(
        (
            candidate
            for candidate in verdict.quotes
            if _speaks_of(candidate.text, claim) and _takes_side(candidate.text, claim, opposed)
        ),
        None,
    )
    if quote is None:
        return None
    score = verdict.score or 0.0
    if opposed:
        score = 1.0 - score
    return Position(
        article,
        verdict.label,
        quote,
        article.design.level.label,
        sample_size(article),
        score,
    )


def _speaks_of(sentence: str, claim: str) -> bool:
    """Whether a sentence names what the claim names, and states a result instead of an aim.

    It must contain the claim's first term and what the claim says to rise, fall or improve.
    """
    if any_missing(claim, sentence, _outcome(claim)):
        return False
    named, covered = stems(claim), stems(sentence)
    subject = next((word.stem for word in words(claim) if word.stem in named), None)
    if asks(sentence) or (subject is not None and subject not in covered):
        return False
    return 3 * len(named & covered) >= 2 * len(named)


def _outcome(claim: str) -> list[Word]:
    """The content word after the one that gives a direction; empty where none does."""
    all_words = words(claim)
    for at, word in enumerate(all_words):
        pole = pole_of(word.folded)
        if pole and pole[0] in _AXES:
            return [w for w in all_words[at + 1 :] if w.carries][:1]
    return []


def _takes_side(sentence: str, claim: str, opposed: bool) -> bool:
    """Whether a sentence has a word that allows it to take that side."""
    ways, claimed = _ways(sentence), _ways(claim)
    if opposed:
        denied = any(is_negator(word.folded) for word in words(sentence))
        return denied or bool(ways - claimed)
    return not claimed or bool(ways & claimed)


def _ways(text: str) -> set[bool]:
    """The directions that a text names: up, down, both or neither."""
    poles = [pole_of(word.folded) for word in words(text)]
    return {pole[1] for pole in poles if pole and pole[0] in _AXES}


def _strength(position: Position) -> tuple[int, int, int]:
    size = position.size.participants if position.size else 0
    return (int(position.article.evidence_level), -size, -position.article.year)
