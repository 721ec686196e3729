"""The verifier that needs no language model: words, hard checks and the shipped cross-encoder.

A claim that stands in its passage as whole sentences, word for word, is QUOTED; nothing else is
computed for it. Any other needs both: the cross-encoder finds it supported, and no hard check
fires. No score outweighs a hard check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.answer import Check, Claim, Finding, Label, Quote, Verdict
from agent.verification.checks import Comparison, compare
from agent.verification.claims import claims_nothing, parts, without_citations
from agent.verification.combine import of_parts, of_sentence
from agent.verification.cross_encoder import (
    REFUTES,
    SUPPORTS,
    Probabilities,
    Scorer,
    ShippedCrossEncoder,
)
from agent.verification.extract import bearing, extract
from agent.wording import stems
from retrieval.passage import Evidence
from retrieval.split import sentences

# Passages beside the cited ones that a claim is looked up in: those that share most of its words.
_LOOKED_UP = 3
_QUOTED = 2
_NO_WORD = Check("wording", "shares no word with what it cites")


@dataclass(frozen=True, slots=True)
class _Source:
    """One passage as sentences with their offsets in the article, its title first."""

    key: str
    quotes: tuple[Quote, ...]
    passage: str
    start: int
    article: str

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(quote.text for quote in self.quotes)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A part of a claim against one source, or against several taken together."""

    part: str
    sources: tuple[_Source, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for source in self.sources for text in source.texts)

    @property
    def pair(self) -> tuple[str, str]:
        return self.part, extract(self.part, self.texts)


class LocalVerifier:
    """Verdicts from words, hard checks and a scorer.

    Args:
        scorer: how a text stands to a claim; the shipped cross-encoder unless another is given.
        checks: False leaves the hard checks out, to measure what they add.
    """

    def __init__(self, scorer: Scorer | None = None, *, checks: bool = True) -> None:
        self._scorer = scorer or ShippedCrossEncoder()
        self._checks = checks

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        sources = {each.passage.id: _source(each) for each in evidence}
        first = self._verdicts(claims, sources)
        return [self._repaired(verdict, sources) for verdict in first]

    def verify_cited(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        """As `verify`, without looking up elsewhere what the citations do not carry."""
        return self._verdicts(claims, {each.passage.id: _source(each) for each in evidence})

    def _verdicts(self, claims: Sequence[Claim], sources: dict[str, _Source]) -> list[Verdict]:
        """Verdicts on the claims' own citations; all pairs are scored in one go."""
        asked = [_ask(claim, sources) for claim in claims]
        found = iter(self._findings([each for group in asked for each in group]))
        verdicts = []
        for claim, group in zip(claims, asked, strict=True):
            findings = [next(found) for _ in group]
            verdicts.append(_verdict(claim, findings, sources))
        return verdicts

    def _findings(self, asked: Sequence[_Asked]) -> list[Finding]:
        literal = [_verbatim(each) for each in asked]
        open_ = [i for i, found in enumerate(literal) if found is None]
        scores: Probabilities = np.zeros((0, 3))
        if open_:
            scores = self._scorer.relations([asked[i].pair for i in open_])
        judged = {
            i: self._judge(asked[i], (float(p[SUPPORTS]), float(p[REFUTES])))
            for i, p in zip(open_, scores, strict=True)
        }
        return [found or judged[i] for i, found in enumerate(literal)]

    def _judge(self, asked: _Asked, score: tuple[float, float]) -> Finding:
        texts = asked.texts
        near = bearing(asked.part, texts)
        quotes = [quote for source in asked.sources for quote in source.quotes]
        shown = tuple(quotes[i] for i in near[:_QUOTED])
        key = shown[0].key if shown else asked.sources[0].key
        article = " ".join(dict.fromkeys(source.article for source in asked.sources))
        found = compare(asked.part, [texts[i] for i in near], article)
        if not near:
            found = replace(found, loose=(_NO_WORD, *found.loose))
        if not self._checks:
            found = replace(found, firm=(), loose=())
        label = self._label(found, *score)
        return Finding(asked.part, key, label, shown, round(score[0], 3), found.checks)

    def _label(self, found: Comparison, supports: float, refutes: float) -> Label:
        limits = self._scorer.thresholds
        if found.denies:
            return Label.CONTRADICTED
        silent = 1 - supports - refutes
        # Of a claim in other words nothing is certain; there the likeliest of the three is told.
        if refutes > max(supports, silent, limits.contradicted if found.close else 0.0):
            return Label.CONTRADICTED
        if found.firm:
            return Label.UNSUPPORTED
        least = limits.close if found.restates else limits.reworded
        if supports >= least and not found.loose:
            return Label.SUPPORTED
        if supports >= max(refutes, silent):
            return Label.PARTIALLY_SUPPORTED
        return Label.UNSUPPORTED

    def _repaired(self, verdict: Verdict, sources: dict[str, _Source]) -> Verdict:
        """With the passage that carries the claim, where its own citations do not."""
        if verdict.label.carries or verdict.label is Label.UNVERIFIED:
            return verdict
        claim = verdict.claim
        held = stems(claim.text)
        others = [s for key, s in sources.items() if key not in claim.keys]
        others.sort(key=lambda s: -len(held & stems(" ".join(s.texts))))
        for source in others[:_LOOKED_UP]:
            (found,) = self._verdicts([replace(claim, keys=(source.key,))], sources)
            if found.label.carries:
                return replace(verdict, repair=source.key, repair_quotes=found.quotes)
        return verdict


def _source(evidence: Evidence) -> _Source:
    passage, article = evidence.passage, evidence.article
    quotes = []
    if article.title and passage.start > 0:
        quotes.append(Quote(passage.id, 0, len(article.title), article.title))
    for span in sentences(passage.text):
        start, end = passage.start + span.start, passage.start + span.end
        quotes.append(Quote(passage.id, start, end, passage.text[span.start : span.end]))
    return _Source(passage.id, tuple(quotes), passage.text, passage.start, article.text)


def _ask(claim: Claim, sources: dict[str, _Source]) -> list[_Asked]:
    """What has to be found out for a claim: each of its parts against each of its citations."""
    cited = [sources[key] for key in claim.keys if key in sources]
    if not cited or claims_nothing(claim.text):
        return []
    plain = without_citations(claim.text)
    # As it stands first: what looks like a citation may be the paper's own words.
    for text in dict.fromkeys((claim.text, plain)):
        whole = [_Asked(text, (source,)) for source in cited]
        if any(_verbatim(each) for each in whole):
            return whole
    asked = []
    for part in parts(plain):
        if not claims_nothing(part.text):
            asked += [_Asked(part.text, (source,)) for source in cited]
            if len(cited) > 1:
                asked.append(_Asked(part.text, tuple(cited)))
    return asked


def _verbatim(asked: _Asked) -> Finding | None:
    """The finding for a claim that is one or more whole sentences of its passage."""
    text = asked.part.strip()
    for source in asked.sources:
        at = source.passage.find(text)
        while text and at >= 0:
            start, end = source.start + at, source.start + at + len(text)
            begins = any(quote.start == start for quote in source.quotes)
            ends = any(quote.end == end for quote in source.quotes)
            if (begins or _opens(source.passage, at)) and (
                ends or _closes(source.passage, at + len(text))
            ):
                quote = Quote(source.key, start, end, text)
                return Finding(asked.part, source.key, Label.QUOTED, (quote,), 1.0)
            at = source.passage.find(text, at + 1)
    return None


def _opens(passage: str, at: int) -> bool:
    """Whether a sentence may begin here, however the splitter cuts."""
    before = passage[:at].rstrip(" ")
    return not before or before[-1] in ".!?\n"


def _closes(passage: str, end: int) -> bool:
    return passage[end - 1] in ".!?" or passage[end : end + 1] in ("", "\n")


def _verdict(claim: Claim, findings: list[Finding], sources: dict[str, _Source]) -> Verdict:
    if claims_nothing(claim.text):
        check = Check("no claim", "says nothing of its own that could be checked")
        return Verdict(claim, Label.UNVERIFIED, checks=(check,))
    if not claim.keys:
        return Verdict(claim, Label.UNSUPPORTED, checks=(Check("citation", "cites nothing"),))
    combined = of_sentence(claim, of_parts(findings))
    unknown = [key for key in claim.keys if key not in sources]
    if unknown:
        told = f"cites what is not in the evidence: {', '.join(unknown)}"
        checks = (Check("citation", told), *combined.checks)
        return replace(combined, label=Label.UNSUPPORTED, checks=checks)
    return combined
