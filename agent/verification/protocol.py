"""The verifier protocol, and the fallback when a verifier fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from agent.answer import Check, Claim, Label, Verdict
from corpora.errors import Stopped
from retrieval.passage import Evidence

log = structlog.get_logger()


class Verifier(Protocol):
    """Decides for each claim whether the passages it cites support it."""

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        """One verdict per claim, in order."""
        ...


def verdicts_of(
    verifier: Verifier, claims: Sequence[Claim], evidence: Sequence[Evidence]
) -> list[Verdict]:
    """The verifier's verdicts; if it raises, UNVERIFIED (neither pass nor fail) for all claims."""
    try:
        return verifier.verify(claims, evidence)
    except Stopped:
        raise
    except Exception as error:
        log.exception("verification failed")
        check = Check("verification failed", f"{type(error).__name__}: {error}")
        return [Verdict(claim, Label.UNVERIFIED, checks=(check,)) for claim in claims]
