"""Check claims against plain text that is not in the index, such as a pasted paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.answer import Claim, Verdict
from agent.verification.local_verifier import LocalVerifier
from corpora.article import Article, Section
from retrieval.passage import Evidence, Passage

# Claims per batch: enough to group texts of similar length, few enough to show progress.
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class PlainClaim:
    """A claim with the texts that should support it."""

    id: str
    claim: str
    texts: tuple[str, ...]


def verify_plain(verifier: LocalVerifier, claims: Sequence[PlainClaim]) -> Iterator[Verdict]:
    """Yield one verdict per claim, in order, computed in batches.

    Quote offsets count from the start of their text. A quote's key is "claim:text", the places of
    the claim and of its text, both from 0.
    """
    for start in range(0, len(claims), _AT_ONCE):
        part = claims[start : start + _AT_ONCE]
        # Ids may repeat in a user's file; places cannot.
        evidence = [
            as_evidence(f"{at}:{n}", text)
            for at, item in enumerate(part)
            for n, text in enumerate(item.texts)
        ]
        batch = [
            Claim(item.claim, tuple(f"{at}:{n}" for n in range(len(item.texts))))
            for at, item in enumerate(part)
        ]
        yield from verifier.verify_cited(batch, evidence)


def as_evidence(key: str, text: str) -> Evidence:
    """Wrap a text as evidence whose passage has this key."""
    # The article has no title, so its text begins with the line break that would follow one.
    article = Article(key, "", (Section("", text),))
    return Evidence(Passage(key, key, "", 1, 1 + len(text), text), article, 1, 1.0)
