"""Whether a finding says yes or no to a question: for studies that disagree, which both are shown.

It knows questions that ask for a direction ("lower", "better", "prevent") or for an association,
and findings that name the outcome beside such a word or deny a difference in it. What it cannot
place has no stance; a sentence that says both has none either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Claim
from agent.planning.pico import read_pico
from agent.planning.question_words import ASKS_WHETHER, key_words
from agent.verification.checks.polarity import Pole, poles
from agent.wording import stems

_LINKED = re.compile(r"\b(?:associat|link|relat|correlat)(?:ed|ion|ionship)\b", re.IGNORECASE)
_AXES = frozenset(["amount", "worth", "effect", "safety"])
# A difference or an effect that was looked for and not found, and what it was looked for in.
_DENIED = re.compile(
    r"\b(?:no (?:\w+ ){0,3}?(?:differences?|effects?|changes?|association|correlation|relationship|link|benefit|improvement|reduction|increase|impact)"
    r"|(?:did|does|do|was|were|is|are|has|have|had) not (?:\w+ ){0,2}?(?:differ|affect|alter|change|improve|reduce|lower|increase|raise|prevent|associated|linked|related|correlated)\w*"
    r"|(?:was|were|is|are) (?:not|non-?)(?: \w+)? ?(?:significant\w*|different|effective|superior|better)|(?:was|were|is|are|remained) (?:similar|comparable|unchanged)|failed to|not (?:\w+ )?associated|not found to(?: be)?|does not support|neither)\b",
    re.IGNORECASE,
)
# A difference is named, and then said not to have been found.
_REFUTED = re.compile(
    r"\b(?:was|were|is|are|could|has been|have been) not (?:\w+ ){0,2}?"
    r"(?:confirmed|observed|demonstrated|shown|seen|found|detected|established|supported)\b",
    re.IGNORECASE,
)
# Words for one outcome.
_DEATH = frozenset(["death", "die", "fatal", "lethal", "mortal"])
# A supposition is no finding.
_SUPPOSED = re.compile(
    r"\b(?:may|might|could|whether|hypothesi\w+|aimed?|unclear|expected)\b", re.IGNORECASE
)
_NEAR_WORDS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """A direction that a question asks for, or a link (no `pole`); of what outcome, given what."""

    pole: Pole | None
    outcome: frozenset[str]
    given: frozenset[str]

    @classmethod
    def read(cls, question: str) -> Asked | None:
        """None where the question asks for neither."""
        if not ASKS_WHETHER.match(question):
            return None
        pico = read_pico(question)
        outcome = _alike(stems(" ".join(key_words(pico.outcome))))
        pole = next((p for p in poles(question) if p.axis in _AXES), None)
        if not outcome or (pole is None and not _LINKED.search(question)):
            return None
        return cls(pole, outcome, stems(" ".join(key_words(pico.intervention))))

    def answer(self, finding: str) -> bool | None:
        """Whether the finding says yes; None where it says neither, or both, or only supposes.

        A finding that names no more than half of the intervention has no say: a D-dimer is no
        vitamin D.
        """
        named = len(self.given & stems(finding))
        if _SUPPOSED.search(finding) or (self.given and 2 * named <= len(self.given)):
            return None
        if self._refuted(finding):
            return False
        said = set(self._denials(finding))
        if self.pole is None:
            if not said and _LINKED.search(finding) and self.outcome <= _alike(stems(finding)):
                said.add(True)
        else:
            said.update(self._directions(finding, self.pole))
        return said.pop() if len(said) == 1 else None

    def _denials(self, finding: str) -> list[bool]:
        for match in _DENIED.finditer(finding):
            before = finding[: match.start()].split()[-_NEAR_WORDS:]
            after = finding[match.end() :].split()[:_NEAR_WORDS]
            if self.outcome & _alike(stems(" ".join((*before, match[0], *after)))):
                return [False]
        return []

    def _refuted(self, finding: str) -> bool:
        match = _REFUTED.search(finding)
        before = finding[: match.start()].split()[-_NEAR_WORDS:] if match else []
        return bool(self.outcome & _alike(stems(" ".join(before))))

    def _directions(self, finding: str, pole: Pole) -> list[bool]:
        return [
            (each.positive != each.denied) == (pole.positive != pole.denied)
            for each in poles(finding)
            if each.axis == pole.axis and _alike(each.near) & self.outcome
        ]


def _alike(words: frozenset[str]) -> frozenset[str]:
    """Stems with one of them for death."""
    return words - _DEATH | {"mortal"} if words & _DEATH else words


def disagreement(
    question: str, claims: Sequence[tuple[Claim, str]]
) -> tuple[list[Claim], list[Claim]] | None:
    """(claims that say yes, claims that say no) where different articles say both.

    Args:
        claims: each with the PMID of its article.
    """
    asked = Asked.read(question)
    if asked is None:
        return None
    answers = [(claim, pmid, asked.answer(claim.text)) for claim, pmid in claims]
    yes = {pmid for _, pmid, said in answers if said is True}
    no = {pmid for _, pmid, said in answers if said is False}
    if not yes - no or not no - yes:
        return None
    return (
        [claim for claim, pmid, said in answers if said is True],
        [claim for claim, pmid, said in answers if said is False],
    )
