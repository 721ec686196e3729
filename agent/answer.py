"""The records of an answer: Claim, Verdict, Answer. Their JSON form is docs/answer.schema.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from agent.judging import Judging
from agent.plan import Plan
from corpora.article import Article
from retrieval.passage import Evidence
from retrieval.records import article_dict

SCHEMA_VERSION = 3

# The id of a piece of evidence's passage, which is stable across answers.
EvidenceKey = str


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim words of an article. `start` and `end` are offsets in `Article.text`."""

    key: EvidenceKey
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a draft, with the evidence it cites.

    `sentences` are the individual sentences it cites; empty where it cites whole passages, as a
    quotation does.
    """

    text: str
    keys: tuple[EvidenceKey, ...]
    sentences: tuple[Quote, ...] = ()


class Label(StrEnum):
    """What a claim's evidence says about it, in the order in which labels are listed.

    QUOTED: the claim is one or more whole sentences of its passage, word for word; it was not
    judged. UNVERIFIED: the check itself failed, or there was nothing to check.
    """

    QUOTED = "QUOTED"
    SUPPORTED = "SUPPORTED"
    PARTIALLY_SUPPORTED = "PARTIALLY_SUPPORTED"
    CONTRADICTED = "CONTRADICTED"
    UNSUPPORTED = "UNSUPPORTED"
    UNVERIFIED = "UNVERIFIED"

    @property
    def carries(self) -> bool:
        """Whether the evidence supports the whole claim."""
        return self in (Label.QUOTED, Label.SUPPORTED)

    @property
    def carries_part(self) -> bool:
        """Whether the evidence supports the claim or its main part."""
        return self.carries or self is Label.PARTIALLY_SUPPORTED

    @property
    def flagged(self) -> bool:
        """Whether the claim should be revised, replaced or dropped."""
        return self in (Label.CONTRADICTED, Label.UNSUPPORTED)

    @property
    def order(self) -> int:
        """The label's position from 0, the best first."""
        return list(Label).index(self)

    @property
    def word(self) -> str:
        """The label shown to readers."""
        return _SHOWN[self][0]

    @property
    def sign(self) -> str:
        """A character for the label, always shown together with a word or colour."""
        return _SHOWN[self][1]

    @property
    def tone(self) -> str:
        """The category that determines the colour: quoted, good, fair, bad or unknown."""
        return _SHOWN[self][2]

    @property
    def weaker(self) -> Label:
        """The label one step down from SUPPORTED or PARTIALLY_SUPPORTED; others are unchanged."""
        return _WEAKER.get(self, self)

    @property
    def three_way(self) -> str:
        """SUPPORTS, REFUTES or NEUTRAL, as in data sets with three labels.

        A partly supported claim counts as SUPPORTS, one that could not be checked as NEUTRAL.
        """
        if self.carries_part:
            return "SUPPORTS"
        return "REFUTES" if self is Label.CONTRADICTED else "NEUTRAL"


# Word, sign, tone.
_SHOWN = {
    Label.QUOTED: ("quoted", "“", "quoted"),
    Label.SUPPORTED: ("supported", "✓", "good"),
    Label.PARTIALLY_SUPPORTED: ("partly supported", "◐", "fair"),
    Label.CONTRADICTED: ("contradicted", "✗", "bad"),
    Label.UNSUPPORTED: ("not supported", "✗", "bad"),
    Label.UNVERIFIED: ("could not be checked", "?", "unknown"),
}
_WEAKER = {
    Label.SUPPORTED: Label.PARTIALLY_SUPPORTED,
    Label.PARTIALLY_SUPPORTED: Label.UNSUPPORTED,
}


@dataclass(frozen=True, slots=True)
class Check:
    """A check that fired, and its finding."""

    name: str
    finding: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for one checkable part of a claim; `key` is the citation that decided it."""

    text: str
    key: EvidenceKey
    label: Label
    quotes: tuple[Quote, ...] = ()
    score: float | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim's evidence supports it.

    `score` is the verifier's score of support, between 0 and 1, None where there is none. `quotes`
    are the words that decided. `findings` are the results of its parts where a sentence makes
    several claims. `repair` is other evidence that supports the whole claim where its citations do
    not, "" where none was found. `replaces` is the sentence that failed its check and was replaced
    by this quotation, "" where none was.
    """

    claim: Claim
    label: Label
    quotes: tuple[Quote, ...] = ()
    score: float | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    repair: EvidenceKey = ""
    repair_quotes: tuple[Quote, ...] = ()
    replaces: str = ""


class Flagged(StrEnum):
    """What happens to a drafted sentence that fails its check after the revision.

    SHOW: it is shown, marked, with the reason. QUOTE: it is replaced by the sentence it cites.
    DROP: it is left out.
    """

    SHOW = "show"
    QUOTE = "quote"
    DROP = "drop"


class Confidence(StrEnum):
    """How likely an answer is to answer its question, in three calibrated steps.

    NEAREST: probably nothing that was found does; the nearest sentences are shown.
    """

    LIKELY = "likely"
    POSSIBLE = "possible"
    NEAREST = "nearest"

    @property
    def heading(self) -> str:
        """The heading above such an answer."""
        return _HEADINGS[self]


_HEADINGS = {
    Confidence.LIKELY: "Likely answers the question",
    Confidence.POSSIBLE: "May answer the question",
    Confidence.NEAREST: "Probably no answer here: the nearest that was found",
}


class Status(StrEnum):
    """The outcome of a question."""

    ANSWERED = "ANSWERED"
    ABSTAINED = "ABSTAINED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The versions and models behind an answer. `timings` are seconds per step; `fallbacks` tell
    where the language model failed and the local planner or writer took over; `judge` is the size
    of the local verifier, "small" or "large"; `judging` is the language model's result in the
    self-test of its judging, None without a model.
    """

    index_version: str = ""
    snapshot: str = ""
    encoder: str = ""
    model: str = "none"
    prompts: str = ""
    judge: str = "small"
    judging: Judging | None = None
    created: str = ""
    fallbacks: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """An article that an answer cites or shows, with the number by which it is cited."""

    number: int
    article: Article
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question. `reason` tells why it was not answered, "" where it was.

    `confidence` is None where there is no answer, or no judgement of it. `draft` is a language
    model's rejected draft where quotations replace it; it is not part of the answer.
    """

    question: str
    status: Status
    plan: Plan
    verdicts: tuple[Verdict, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    articles_seen: int = 0
    reason: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    id: str = ""
    confidence: Confidence | None = None
    draft: tuple[Verdict, ...] = ()

    @property
    def text(self) -> str:
        """The sentences, each with the numbers of its sources."""
        numbers = self.numbers
        return " ".join(
            v.claim.text + "".join(f" [{n}]" for n in cited_numbers(v.claim, numbers))
            for v in self.verdicts
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """The articles of the evidence; cited ones first, in order of citation."""
        by_key = {e.passage.id: e for e in self.evidence}
        cited = [by_key[k].article.pmid for v in self.verdicts for k in v.claim.keys if k in by_key]
        order = dict.fromkeys([*cited, *(e.article.pmid for e in self.evidence)])
        grouped: dict[str, list[Evidence]] = {pmid: [] for pmid in order}
        for piece in self.evidence:
            grouped[piece.article.pmid].append(piece)
        return tuple(
            Source(number, pieces[0].article, tuple(pieces))
            for number, pieces in enumerate(grouped.values(), start=1)
        )

    @property
    def numbers(self) -> dict[EvidenceKey, int]:
        """Evidence key → the number of its source."""
        return {e.passage.id: s.number for s in self.sources for e in s.evidence}

    @property
    def cited(self) -> tuple[Source, ...]:
        """The sources that a sentence of the answer cites."""
        keys = {key for verdict in self.verdicts for key in verdict.claim.keys}
        return tuple(
            source
            for source in self.sources
            if any(evidence.passage.id in keys for evidence in source.evidence)
        )

    def count(self, label: Label) -> int:
        return sum(1 for verdict in self.verdicts if verdict.label is label)

    def to_json(self) -> bytes:
        """The answer as one line of JSON, according to docs/answer.schema.json."""
        return orjson.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        numbers = self.numbers
        return {
            "schema_version": SCHEMA_VERSION,
            "id": self.id,
            "question": self.question,
            "status": self.status.value,
            "reason": self.reason,
            "confidence": self.confidence.value if self.confidence else None,
            "text": self.text,
            "verdicts": [verdict_dict(verdict, numbers) for verdict in self.verdicts],
            "draft": [verdict_dict(verdict, numbers) for verdict in self.draft],
            "evidence": [_evidence(piece, numbers) for piece in self.evidence],
            "articles_seen": self.articles_seen,
            "plan": self.plan.to_dict(),
            "provenance": {
                "index_version": self.provenance.index_version,
                "snapshot": self.provenance.snapshot,
                "encoder": self.provenance.encoder,
                "model": self.provenance.model,
                "prompts": self.provenance.prompts,
                "judge": self.provenance.judge,
                "judging": self.provenance.judging.value if self.provenance.judging else None,
                "created": self.provenance.created,
                "fallbacks": list(self.provenance.fallbacks),
                "timings": self.provenance.timings,
            },
        }


def cited_numbers(claim: Claim, numbers: dict[EvidenceKey, int]) -> list[int]:
    """The distinct source numbers of a claim, ascending."""
    return sorted({numbers[key] for key in claim.keys if key in numbers})


def verdict_dict(verdict: Verdict, numbers: dict[EvidenceKey, int]) -> dict[str, Any]:
    """A verdict as a JSON object, according to docs/answer.schema.json."""
    return {
        "claim": verdict.claim.text,
        "citations": cited_numbers(verdict.claim, numbers),
        "keys": list(verdict.claim.keys),
        "cited": _quotes(verdict.claim.sentences),
        "label": verdict.label.value,
        "score": verdict.score,
        "quotes": _quotes(verdict.quotes),
        "checks": _checks(verdict.checks),
        "findings": [
            {
                "claim": finding.text,
                "key": finding.key,
                "label": finding.label.value,
                "score": finding.score,
                "quotes": _quotes(finding.quotes),
                "checks": _checks(finding.checks),
            }
            for finding in verdict.findings
        ],
        "repair": {
            "key": verdict.repair,
            "number": numbers.get(verdict.repair),
            "quotes": _quotes(verdict.repair_quotes),
        }
        if verdict.repair
        else None,
        "replaces": verdict.replaces,
    }


def _quotes(quotes: tuple[Quote, ...]) -> list[dict[str, Any]]:
    return [{"key": q.key, "start": q.start, "end": q.end, "text": q.text} for q in quotes]


def _checks(checks: tuple[Check, ...]) -> list[dict[str, str]]:
    return [{"name": check.name, "finding": check.finding} for check in checks]


def _evidence(evidence: Evidence, numbers: dict[EvidenceKey, int]) -> dict[str, Any]:
    article, passage = evidence.article, evidence.passage
    return {
        "key": passage.id,
        "number": numbers[passage.id],
        **article_dict(article),
        "section": passage.section,
        **({"page": page} if (page := article.page_at(passage.start)) else {}),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "rank": evidence.rank,
        "score": evidence.score,
        "dense_rank": evidence.dense_rank,
        "dense_score": evidence.dense_score,
        "lexical_rank": evidence.lexical_rank,
        "lexical_score": evidence.lexical_score,
    }
