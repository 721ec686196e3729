"""Claims about plain text: evidence that is no article of the index, such as a pasted paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.answer import Claim, Verdict
from agent.verification.trained import LocalVerifier
from corpora.article import Article, Section
from retrieval.passage import Evidence, Passage

# Claims worked on together: enough that batches are of like length, few enough to show progress.
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class PlainClaim:
    """A claim with the texts that it is said to rest on."""

    id: str
    claim: str
    texts: tuple[str, ...]


def verify_plain(verifier: LocalVerifier, claims: Sequence[PlainClaim]) -> Iterator[Verdict]:
    """One verdict a claim, in order, some hundred at a time.

    Quotes count from the start of their text; their key is "ID:n", n being the text's place from 0.
    """
    for start in range(0, len(claims), _AT_ONCE):
        part = claims[start : start + _AT_ONCE]
        # Ids may repeat in a user's file; places do not.
        evidence = [
            as_evidence(f"{at}:{n}", text)
            for at, one in enumerate(part)
            for n, text in enumerate(one.texts)
        ]
        asked = [
            Claim(one.claim, tuple(f"{at}:{n}" for n in range(len(one.texts))))
            for at, one in enumerate(part)
        ]
        yield from verifier.verify_cited(asked, evidence)


def as_evidence(key: str, text: str) -> Evidence:
    """A text as evidence whose passage has this key."""
    # An article without a title: its text begins with the line break after it.
    article = Article(key, "", (Section("", text),))
    return Evidence(Passage(key, key, "", 1, 1 + len(text), text), article, 1, 1.0)
