"""The local verifier, without a language model: verbatim match, the judge, and the hard checks.

A claim that consists of whole sentences of its passage, word for word, is QUOTED; nothing else is
computed for it. Any other claim is judged by the sentences it cites and their neighbours, or, where
it cites whole passages, by all their sentences. It is SUPPORTED where the judge's probability of
support is high enough and no check finds a difference, CONTRADICTED where that of refutation is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.answer import Check, Claim, Label, Quote, Verdict
from agent.language.claims import claims_nothing, without_citations
from agent.language.orders import blanked, without_orders
from agent.language.stems import stems
from agent.verification.checks import CHECKS, HardCheck, differences
from agent.verification.classifier import Judge, Opinion, ShippedJudge
from agent.verification.extract import MOST_WORDS, bearing, chosen
from retrieval.passage import Evidence

# An unsupported claim is looked up in this many other passages: those that share most of its words,
# and at least half. No passage that shares less was found to support a claim.
_LOOKED_UP, _SHARED = 3, 0.5
_QUOTED = 2
_NOT_CARRIED, _AGAINST, _NEAREST = "not carried", "contradicted", "nearest sentence"
# Checks named by the network's findings; all others are hard.
NETWORK_CHECKS = frozenset({_NOT_CARRIED, _AGAINST, _NEAREST})


@dataclass(frozen=True, slots=True)
class _Source:
    """One passage as sentences with their offsets in the article, its title first. Sentences that
    give orders are never evidence: they are in neither `quotes` nor `passage`.
    """

    key: str
    quotes: tuple[Quote, ...]
    passage: str
    start: int


@dataclass(frozen=True, slots=True)
class _Unjudged:
    """A claim without its citations, and the sentences it is judged by; `cited` are those of them
    that it cites one by one.
    """

    text: str
    quotes: tuple[Quote, ...]
    cited: tuple[Quote, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(quote.text for quote in self.quotes)


class LocalVerifier:
    """Verify claims with a judge and hard checks.

    Args:
        judge: estimates how likely sentences support a claim; the shipped one by default.
        checks: the hard checks; pass fewer to measure what one adds.
    """

    def __init__(self, judge: Judge | None = None, *, checks: Sequence[HardCheck] = CHECKS) -> None:
        self._judge = judge or ShippedJudge()
        self._checks = checks

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        sources = {piece.passage.id: _source(piece) for piece in evidence}
        return self._repaired(self._widened(self._verdicts(claims, sources), sources), sources)

    @property
    def least_part(self) -> float:
        """The lowest score at which a claim's main part counts as found."""
        return self._judge.thresholds.partly

    def carries_part(self, text: str, read: Sequence[str]) -> bool:
        """Whether these sentences alone support a claim or its main part."""
        (opinion,) = self._judge.opinions([(without_citations(text), tuple(read))])
        return opinion.carried >= self._judge.thresholds.partly

    def verify_cited(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        """As `verify`, without looking up unsupported claims in other passages."""
        return self._verdicts(claims, {piece.passage.id: _source(piece) for piece in evidence})

    def _verdicts(self, claims: Sequence[Claim], sources: dict[str, _Source]) -> list[Verdict]:
        """Verdicts by the claims' own citations, all judged in one batch."""
        results = [_settled(claim, sources) for claim in claims]
        open_ = [i for i, result in enumerate(results) if isinstance(result, _Unjudged)]
        cases = [result for result in results if isinstance(result, _Unjudged)]
        # Quotations need no network, which takes seconds to load.
        opinions = (
            self._judge.opinions([(case.text, case.sentences) for case in cases]) if cases else []
        )
        for i, case, opinion in zip(open_, cases, opinions, strict=True):
            results[i] = self._judged(claims[i], case, opinion)
        return [result for result in results if isinstance(result, Verdict)]

    def _judged(self, claim: Claim, case: _Unjudged, opinion: Opinion) -> Verdict:
        differ = differences(case.text, case.sentences, self._checks)
        limits = self._judge.thresholds
        checks: tuple[Check, ...] = ()
        quotes = _quotes(case)
        if opinion.carried >= limits.carried and not differ:
            label = Label.SUPPORTED
        elif opinion.refuted >= limits.refuted:
            label, checks = Label.CONTRADICTED, (*differ, _refuted(opinion))
        # Without a sentence that bears on the claim, no part of it is supported.
        elif opinion.carried >= limits.partly and quotes:
            label, checks = Label.PARTIALLY_SUPPORTED, differ or (_not_carried(opinion),)
        else:
            label, checks = Label.UNSUPPORTED, (*differ, _not_carried(opinion))
        if label is Label.UNSUPPORTED and quotes:
            checks = (*checks, Check(_NEAREST, f"“{quotes[0].text}”"))
        return Verdict(claim, label, quotes, round(opinion.carried, 3), checks)

    def _widened(self, verdicts: Sequence[Verdict], sources: dict[str, _Source]) -> list[Verdict]:
        """Judge claims that their cited sentences do not support by the whole of the same passages:
        an address may be off by one, and readers are shown the article.
        """
        widened = list(verdicts)
        unsupported = [
            i for i, v in enumerate(widened) if v.label is Label.UNSUPPORTED and v.claim.sentences
        ]
        verdicts_on_passages = self._verdicts(
            [replace(widened[i].claim, sentences=()) for i in unsupported], sources
        )
        for i, other in zip(unsupported, verdicts_on_passages, strict=True):
            if other.label.carries_part:
                widened[i] = replace(other, claim=widened[i].claim)
        return widened

    def _repaired(self, verdicts: Sequence[Verdict], sources: dict[str, _Source]) -> list[Verdict]:
        """Add the passage that supports a claim where its own citations do not."""
        tried: list[tuple[int, Claim]] = []
        for i, verdict in enumerate(verdicts):
            if not verdict.label.carries and verdict.label is not Label.UNVERIFIED:
                terms = stems(verdict.claim.text)
                shared = {
                    key: len(terms & stems(source.passage))
                    for key, source in sources.items()
                    if key not in verdict.claim.keys
                }
                near = [key for key, count in shared.items() if count >= _SHARED * len(terms)]
                near.sort(key=lambda key: -shared[key])
                tried += [
                    (i, replace(verdict.claim, keys=(key,), sentences=()))
                    for key in near[:_LOOKED_UP]
                ]
        alternatives = self._verdicts([claim for _, claim in tried], sources)
        repaired = list(verdicts)
        for (i, claim), other in zip(tried, alternatives, strict=True):
            if other.label.carries and not repaired[i].repair:
                repaired[i] = replace(repaired[i], repair=claim.keys[0], repair_quotes=other.quotes)
        return repaired


def _source(evidence: Evidence) -> _Source:
    passage, article = evidence.passage, evidence.article
    quotes = []
    title = blanked(article.title).strip()
    if title == article.title.strip() and title and passage.start > 0:
        quotes.append(Quote(passage.id, 0, len(article.title), article.title))
    for span in without_orders(passage.text):
        start, end = passage.start + span.start, passage.start + span.end
        quotes.append(Quote(passage.id, start, end, passage.text[span.start : span.end]))
    return _Source(passage.id, tuple(quotes), blanked(passage.text), passage.start)


def _settled(claim: Claim, sources: dict[str, _Source]) -> Verdict | _Unjudged:
    """The verdict where no judge is needed, otherwise the case to be judged."""
    if claims_nothing(claim.text):
        check = Check("no claim", "says nothing of its own that could be checked")
        return Verdict(claim, Label.UNVERIFIED, checks=(check,))
    if not claim.keys:
        return Verdict(claim, Label.UNSUPPORTED, checks=(Check("citation", "cites nothing"),))
    unknown = [key for key in claim.keys if key not in sources]
    if unknown:
        finding = f"cites what is not in the evidence: {', '.join(unknown)}"
        return Verdict(claim, Label.UNSUPPORTED, checks=(Check("citation", finding),))
    cited = [sources[key] for key in claim.keys]
    plain = without_citations(claim.text)
    # First with citations left in: they may be the paper's own words.
    for text in dict.fromkeys((claim.text, plain)):
        for source in cited:
            if quote := _verbatim(text.strip(), source):
                return Verdict(claim, Label.QUOTED, (quote,), 1.0)
    if any(quote.key in claim.keys for quote in claim.sentences):
        return _Unjudged(plain, *_in_context(plain, claim, sources))
    quotes = tuple(dict.fromkeys(quote for source in cited for quote in source.quotes))
    kept = chosen(plain, tuple(quote.text for quote in quotes))
    return _Unjudged(plain, tuple(quotes[i] for i in kept))


def _in_context(
    text: str, claim: Claim, sources: dict[str, _Source]
) -> tuple[tuple[Quote, ...], tuple[Quote, ...]]:
    """(the cited sentences and their neighbours in reading order, the cited sentences).

    Neighbours supply what a sentence omits: who, when, compared with what. If there are too many,
    those that bear on the claim are kept.
    """
    cited = tuple(quote for quote in claim.sentences if quote.key in claim.keys)
    around: dict[Quote, None] = {}
    for key in claim.keys:
        own = sources[key].quotes
        near = {
            place
            for i, quote in enumerate(own)
            if any(quote.key == c.key and quote.start == c.start for c in cited)
            for place in (i - 1, i, i + 1)
        }
        around |= dict.fromkeys(own[i] for i in sorted(near) if 0 <= i < len(own))
    quotes = tuple(around)
    if sum(len(quote.text.split()) for quote in quotes) > MOST_WORDS:
        best = {quotes[i] for i in bearing(text, tuple(quote.text for quote in quotes))}
        quotes = tuple(quote for quote in quotes if quote in best or quote in cited)
    return quotes, cited


def _verbatim(text: str, source: _Source) -> Quote | None:
    """Locate a text that is one or more whole sentences of a passage."""
    at = source.passage.find(text)
    while text and at >= 0:
        start, end = source.start + at, source.start + at + len(text)
        begins = any(quote.start == start for quote in source.quotes)
        ends = any(quote.end == end for quote in source.quotes)
        if (begins or _opens(source.passage, at)) and (
            ends or _closes(source.passage, at + len(text))
        ):
            return Quote(source.key, start, end, text)
        at = source.passage.find(text, at + 1)
    return None


def _opens(passage: str, at: int) -> bool:
    """Whether a sentence may begin here, regardless of the sentence splitter."""
    before = passage[:at].rstrip(" ")
    return not before or before[-1] in ".!?\n"


def _closes(passage: str, end: int) -> bool:
    return passage[end - 1] in ".!?" or passage[end : end + 1] in ("", "\n")


def _quotes(case: _Unjudged) -> tuple[Quote, ...]:
    """The deciding sentences: those that cover most of the claim's words, among the cited ones if
    there are any, otherwise among all.
    """
    candidates = case.cited or case.quotes
    bearing_on = bearing(case.text, tuple(quote.text for quote in candidates))
    return tuple(candidates[i] for i in bearing_on[:_QUOTED]) or case.cited[:1]


def _not_carried(opinion: Opinion) -> Check:
    named = ", ".join(f"“{words}”" for words in opinion.doubted)
    return Check(_NOT_CARRIED, f"the source does not say {named or 'this'}")


def _refuted(opinion: Opinion) -> Check:
    claimed = f"the claim says “{opinion.doubted[0]}”" if opinion.doubted else "it says otherwise"
    source = f", the source “{opinion.deciding[0]}”" if opinion.deciding else ""
    return Check(_AGAINST, claimed + source)
