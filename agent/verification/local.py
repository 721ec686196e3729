"""A verifier that needs no model: the claim's words against the sentences of the cited passages.

A claim that stands in its passage word for word is supported. Any other is compared with the
sentence that shares most of its words; numbers, negation and direction that differ overrule the
overlap. It knows nothing of synonyms or inference, so it errs towards UNSUPPORTED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.answer import Check, Claim, Label, Quote, Verdict
from agent.verification.checks import compare
from agent.wording import stems
from retrieval.passage import Evidence
from retrieval.split import sentences

_SUPPORTS = 0.8
_SUPPORTS_PARTLY = 0.5
_DENIES = {"negation", "direction"}


class LocalVerifier:
    """Words, numbers, negation and direction."""

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        by_key = {each.passage.id: each for each in evidence}
        return [_verdict(claim, by_key) for claim in claims]


def _verdict(claim: Claim, by_key: dict[str, Evidence]) -> Verdict:
    if not claim.keys:
        return Verdict(claim, Label.UNSUPPORTED, checks=(Check("citation", "cites nothing"),))
    unknown = [key for key in claim.keys if key not in by_key]
    if unknown:
        finding = f"cites what is not in the evidence: {', '.join(unknown)}"
        return Verdict(claim, Label.UNSUPPORTED, checks=(Check("citation", finding),))
    cited = [by_key[key] for key in claim.keys]
    for each in cited:
        if quote := _verbatim(claim.text, each):
            return Verdict(claim, Label.SUPPORTED, (quote,), 1.0)
    return _nearest(claim, cited)


def _verbatim(text: str, evidence: Evidence) -> Quote | None:
    passage = evidence.passage
    at = passage.text.find(text.strip())
    if at < 0 or not text.strip():
        return None
    start = passage.start + at
    return Quote(passage.id, start, start + len(text.strip()), text.strip())


def _nearest(claim: Claim, cited: Sequence[Evidence]) -> Verdict:
    words = stems(claim.text)
    best: tuple[float, Quote] | None = None
    for quote in _quotes(cited):
        share = len(words & stems(quote.text)) / len(words) if words else 0.0
        if best is None or share > best[0]:
            best = (share, quote)
    if best is None or best[0] == 0.0:
        finding = "shares no word with what it cites"
        return Verdict(claim, Label.UNSUPPORTED, score=0.0, checks=(Check("wording", finding),))
    share, quote = best
    fired = compare(claim.text, quote.text)
    return Verdict(claim, _label(share, fired), (quote,), round(share, 3), fired)


def _label(share: float, fired: tuple[Check, ...]) -> Label:
    if share < _SUPPORTS_PARTLY:
        return Label.UNSUPPORTED
    if any(check.name in _DENIES for check in fired):
        return Label.CONTRADICTED
    if fired:
        return Label.UNSUPPORTED
    return Label.SUPPORTED if share >= _SUPPORTS else Label.PARTIALLY_SUPPORTED


def _quotes(cited: Sequence[Evidence]) -> Iterator[Quote]:
    for each in cited:
        passage = each.passage
        for span in sentences(passage.text):
            text = passage.text[span.start : span.end]
            yield Quote(passage.id, passage.start + span.start, passage.start + span.end, text)
