"""A verifier on a language model, held to what it quotes and to the hard checks.

All claims of an answer go into one constrained call over the same evidence prefix that the writer
read, so that a server has it in its cache. For each claim the model names a passage, quotes it, and
says how the passage stands to the claim. The quote is looked for in the passage, character by
character but for white space; a quote that is not there counts for nothing.

The rule by which the two verdicts become one, claim by claim:

1. What stands in its passage word for word is QUOTED; the model is not asked.
2. SUPPORTED needs both: the model says so with a quote that is there, from a passage that the claim
   cites, against which no hard check fires; and the local verifier finds at least its main part.
   Where only one of the two supports it, it is PARTIALLY_SUPPORTED.
3. CONTRADICTED needs one, as long as the other does not support it: the local verifier, or the
   model with a quote that is there.
4. Anything else is UNSUPPORTED.

A model that fails, or whose quote is nowhere, leaves the local verdict as it is, with a check that
says so: small models often quote the claim instead of the passage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import structlog
from pydantic import BaseModel, ValidationError

from agent.answer import Check, Claim, Label, Quote, Verdict
from agent.models.base import JsonSchema, LanguageModel, Message, Request
from agent.prompts import VERIFY
from agent.verification.checks import differences
from agent.verification.local import LocalVerifier
from corpora.errors import BadModelOutput, ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()

_LONGEST_QUOTE = 600
_TOKENS_A_CLAIM = 220
# A quote of fewer words decides nothing.
_FEWEST_WORDS = 3


class EvidencePrompts(Protocol):
    """How evidence becomes a prompt; `agent.prompts` is one."""

    def fitting(self, model: LanguageModel, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The evidence that the model's window has room for."""
        ...

    def over_evidence(self, evidence: Sequence[Evidence], task: str) -> tuple[Message, ...]:
        """A prompt of the evidence, then the task."""
        ...


class Stance(StrEnum):
    """How a passage stands to a claim, in the words that the model is given."""

    SUPPORTS = "supports"
    PARTLY = "supports in part"
    CONTRADICTS = "contradicts"
    SILENT = "does not say"


class _Judged(BaseModel):
    claim: int
    source: int
    quote: str
    stance: Stance


class _Judgement(BaseModel):
    verdicts: list[_Judged]


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the model said of one claim; `quote` is None where it is not in the passage."""

    stance: Stance
    quote: Quote | None


class ModelVerifier:
    """Asks a model about what the local verifier has not settled word for word."""

    def __init__(
        self, model: LanguageModel, prompts: EvidencePrompts, local: LocalVerifier | None = None
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._local = local or LocalVerifier()

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        verdicts = self._local.verify(claims, evidence)
        open_ = [i for i, verdict in enumerate(verdicts) if _unsettled(verdict)]
        if not open_:
            return verdicts
        try:
            opinions = self._ask([claims[i] for i in open_], evidence)
        except ModelError as error:
            log.warning("the model could not verify", error=str(error))
            told = Check("model", f"was not asked: {error.message}")
            return [
                replace(verdict, checks=(*verdict.checks, told)) if i in open_ else verdict
                for i, verdict in enumerate(verdicts)
            ]
        for i, opinion in zip(open_, opinions, strict=True):
            verdicts[i] = combined(verdicts[i], opinion)
        return verdicts

    def _ask(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[_Opinion | None]:
        read = self._prompts.fitting(self._model, evidence)
        numbers = {each.passage.id: number for number, each in enumerate(read, start=1)}
        listed = "\n".join(
            f"{number}. {claim.text} {[numbers[key] for key in claim.keys if key in numbers]}"
            for number, claim in enumerate(claims, start=1)
        )
        request = Request(
            self._prompts.over_evidence(read, VERIFY.format(claims=listed)),
            max_tokens=_TOKENS_A_CLAIM * len(claims),
            schema=_schema(len(claims), len(read)),
        )
        judged = {each.claim: each for each in self._generate(request).verdicts}
        found: list[_Opinion | None] = []
        for number in range(1, len(claims) + 1):
            one = judged.get(number)
            found.append(None if one is None else _opinion(one, read))
        return found

    def _generate(self, request: Request) -> _Judgement:
        text = self._model.generate(request).text
        try:
            return _Judgement.model_validate_json(text)
        except ValidationError as error:
            raise BadModelOutput(
                f"{self._model.name} gave verdicts that are not the JSON asked for.",
                "Ask again, or use a larger model.",
            ) from error


def _schema(claims: int, passages: int) -> JsonSchema:
    verdict = {
        "type": "object",
        "properties": {
            "claim": {"enum": list(range(1, claims + 1))},
            "source": {"enum": list(range(1, passages + 1))},
            "quote": {"type": "string", "maxLength": _LONGEST_QUOTE},
            "stance": {"enum": [stance.value for stance in Stance]},
        },
        "required": ["claim", "source", "quote", "stance"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "verdicts": {
                "type": "array", "items": verdict, "minItems": claims, "maxItems": claims,
            }
        },
        "required": ["verdicts"],
        "additionalProperties": False,
    }  # fmt: skip


def _unsettled(verdict: Verdict) -> bool:
    """Whether there is something to ask: not for literal quotes, missing citations, or no claim."""
    told = {check.name for check in verdict.checks}
    return verdict.label is not Label.QUOTED and not told & {"citation", "no claim"}


def _opinion(judged: _Judged, read: Sequence[Evidence]) -> _Opinion:
    if not 1 <= judged.source <= len(read):
        return _Opinion(judged.stance, None)
    return _Opinion(judged.stance, find_quote(judged.quote, read[judged.source - 1]))


def find_quote(words: str, evidence: Evidence) -> Quote | None:
    """Where these words stand in a passage, white space apart; None where they do not."""
    pieces = words.strip().strip("\"“”'").split()
    if len(pieces) < _FEWEST_WORDS:
        return None
    found = re.search(r"\s+".join(map(re.escape, pieces)), evidence.passage.text)
    if found is None:
        return None
    start = evidence.passage.start + found.start()
    return Quote(evidence.passage.id, start, start + len(found[0]), found[0])


def combined(local: Verdict, opinion: _Opinion | None) -> Verdict:
    """The local verdict and the model's as one, by the rule at the top of this file."""
    if opinion is None:
        return _unheard(local, "gave no verdict")
    quote = opinion.quote
    if opinion.stance is Stance.SILENT:
        return _downgraded(local, "finds nothing of it in its passages")
    if quote is None:
        return _unheard(local, "quoted what no passage says")
    if quote.key not in local.claim.keys:
        return _downgraded(local, "quoted a passage that is not cited")
    if opinion.stance is Stance.CONTRADICTS:
        label = Label.PARTIALLY_SUPPORTED if local.label.carries_part else Label.CONTRADICTED
        told = Check("model", "finds it contradicted")
        return replace(local, label=label, quotes=(quote,), checks=(*local.checks, told))
    against = differences(local.claim.text, [quote.text])
    if local.label is Label.CONTRADICTED or against:
        checks = dict.fromkeys((*local.checks, *against))
        return replace(local, label=_capped(local.label), checks=tuple(checks))
    carried = opinion.stance is Stance.SUPPORTS and local.label.carries_part
    label = Label.SUPPORTED if carried else Label.PARTIALLY_SUPPORTED
    kept = () if label is Label.SUPPORTED else local.checks
    return replace(local, label=label, quotes=(quote,), checks=kept)


def _capped(label: Label) -> Label:
    return Label.PARTIALLY_SUPPORTED if label is Label.SUPPORTED else label


def _unheard(local: Verdict, finding: str) -> Verdict:
    """The local verdict as it is: a word that cannot be checked is none."""
    return replace(local, checks=(*local.checks, Check("model", finding)))


def _downgraded(local: Verdict, finding: str) -> Verdict:
    """Supported by the local verifier alone is supported in part."""
    if local.label is not Label.SUPPORTED:
        return local
    checks = (*local.checks, Check("model", finding))
    return replace(local, label=Label.PARTIALLY_SUPPORTED, checks=checks)
