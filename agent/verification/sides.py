"""What the literature says for and against one claim, side by side.

A claim in other words than the literature's gets weak verdicts (docs/verification.md), and a study
put on the wrong side is worse than one left out. So an article has a position only where a sentence
that it quotes names what the claim begins with, what it says to go up or down and two thirds of all
that it names, is no statement of what was asked, and says the same or the contrary.
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
from agent.verification.verifier import Verifier
from corpora.article import Article
from corpora.sample_size import SampleSize, sample_size
from retrieval.passage import Evidence

# Words of these say which way something went.
_AXES = ("amount", "effect", "worth")


@dataclass(frozen=True, slots=True)
class Position:
    """Where one article stands: the sentence that says so, its design, and how many it studied."""

    article: Article
    label: Label
    quote: Quote
    design: str
    size: SampleSize | None
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
        position = _position(each.article, claim, verdict)
        known = best.get(each.article.pmid)
        if position and (known is None or position.score > known.score):
            best[each.article.pmid] = position
    ordered = sorted(best.values(), key=_strength)
    return Sides(
        claim,
        tuple(each for each in ordered if each.label.carries_part),
        tuple(each for each in ordered if each.label is Label.CONTRADICTED),
    )


def _position(article: Article, claim: str, verdict: Verdict) -> Position | None:
    opposed = verdict.label is Label.CONTRADICTED
    if not opposed and not verdict.label.carries_part:
        return None
    quote = next(
        (
            each
            for each in verdict.quotes
            if _speaks_of(each.text, claim) and _takes_side(each.text, claim, opposed)
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
    """Whether a sentence names what the claim names, and says what was found, not asked.

    What the claim begins with, and what it says to rise, fall or improve, must both be there.
    """
    if any_missing(claim, sentence, _outcome(claim)):
        return False
    named, held = stems(claim), stems(sentence)
    subject = next((word.stem for word in words(claim) if word.stem in named), None)
    if asks(sentence) or (subject is not None and subject not in held):
        return False
    return 3 * len(named & held) >= 2 * len(named)


def _outcome(claim: str) -> list[Word]:
    """What follows the word that says which way it went; nothing where no word does."""
    all_words = words(claim)
    for at, word in enumerate(all_words):
        pole = pole_of(word.folded)
        if pole and pole[0] in _AXES:
            return [w for w in all_words[at + 1 :] if w.carries][:1]
    return []


def _takes_side(sentence: str, claim: str, opposed: bool) -> bool:
    """Whether a sentence has a word that could put it on that side."""
    ways, claimed = _ways(sentence), _ways(claim)
    if opposed:
        denied = any(is_negator(word.folded) for word in words(sentence))
        return denied or bool(ways - claimed)
    return not claimed or bool(ways & claimed)


def _ways(text: str) -> set[bool]:
    """Up, down, both or neither, as the words of a text have it."""
    poles = [pole_of(word.folded) for word in words(text)]
    return {pole[1] for pole in poles if pole and pole[0] in _AXES}


def _strength(position: Position) -> tuple[int, int, int]:
    size = position.size.participants if position.size else 0
    return (int(position.article.evidence_level), -size, -position.article.year)
