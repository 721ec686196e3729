"""Ablation of the hard checks: each alone and left out, with and without the judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.answer import Label
from agent.intervals import Rate, rate
from agent.verification.checks import CHECKS, HardCheck
from agent.verification.classifier import Judge, Opinion, ShippedJudge, Thresholds
from agent.verification.extract import ClaimWithSentences
from agent.verification.local_verifier import LocalVerifier
from evaluation.report import Figure, Report
from evaluation.verification.blind import (
    BlindClaim,
    near_miss_and_draft_claims,
    verdicts_on,
    written_claims,
)
from evaluation.verification.report import AllCarried


class _CachingJudge:
    """A judge that caches its opinions, so that each claim is judged only once."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._cache: dict[ClaimWithSentences, Opinion] = {}

    @property
    def thresholds(self) -> Thresholds:
        return self._judge.thresholds

    def opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        new = [claim for claim in dict.fromkeys(pairs) if claim not in self._cache]
        self._cache.update(zip(new, self._judge.opinions(new), strict=True))
        return [self._cache[claim] for claim in pairs]


def checks(home: Path, data: Path | None) -> Report:
    """Green marks on right and wrong claims under each set of checks.

    The claims are those of the written claims' test articles and, with `data`, near misses and
    drafts.
    """
    sets = {"written": written_claims(home)}
    if data:
        sets |= near_miss_and_draft_claims(data)
    names = {check: check.__module__.rpartition(".")[2] for check in CHECKS}
    ways: dict[str, tuple[HardCheck, ...]] = {"none": (), "all": CHECKS}
    for check, name in names.items():
        ways[f"{name} alone"] = (check,)
        ways[f"without {name}"] = tuple(other for other in CHECKS if other is not check)
    figures: list[Figure] = []
    judges: dict[str, Judge] = {"judge": _CachingJudge(ShippedJudge()), "no judge": AllCarried()}
    for name, claims in sets.items():
        for way, subset in ways.items():
            figures += [
                Figure.of(
                    f"{'right' if right else 'wrong'} green, {words}",
                    _green(claims, LocalVerifier(judge, checks=subset), right=right),
                    group=f"{name}; checks: {way}",
                )
                for words, judge in judges.items()
                for right in (True, False)
            ]
    return Report("verification checks", figures)


def _green(claims: Sequence[BlindClaim], verifier: LocalVerifier, *, right: bool) -> Rate:
    """The share of right or of wrong claims that are SUPPORTED, without quotations."""
    labels = [
        verdict.label
        for claim, verdict in zip(claims, verdicts_on(verifier, claims), strict=True)
        if claim.right is right and verdict.label is not Label.QUOTED
    ]
    return rate(sum(label.carries for label in labels), len(labels))
