"""A verifier on a language model, held to what it quotes and to the hard checks.

All open claims of an answer go into one constrained call over the same evidence prefix that the
writer read, so that a server has it in its cache. For each claim the model names the sentence that
decides by its address, says how it stands to the claim, and which words of the claim are not said.

The rule by which the two verdicts become one, claim by claim:

1. What stands in its passage word for word is QUOTED; the model is not asked.
2. SUPPORTED needs both: the model says so of a sentence of an article that the claim cites, against
   which no hard check fires; and the local verifier finds at least its main part, in that sentence
   and those cited alone: a model that obeys orders in an article finds everything supported, by
   whatever stands beside them. Where only one of the two supports it, or only in part, it is
   PARTIALLY_SUPPORTED.
3. Where the local verifier finds no more than its main part and the model nothing of it, or the
   contrary, it is UNSUPPORTED.
4. CONTRADICTED needs one, as long as the other does not support it.
5. Anything else is UNSUPPORTED.

A model that fails, or names no sentence of what is cited, leaves the local verdict as it is, with a
check that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog
from pydantic import BaseModel
from pydantic_core import from_json

from agent import prompts
from agent.addresses import Addresses
from agent.answer import Check, Claim, Label, Quote, Verdict
from agent.models.base import JsonSchema, LanguageModel, Request
from agent.models.structured import ask_json
from agent.verification.checks import differences
from agent.verification.trained import LocalVerifier
from corpora.errors import ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()

_LONGEST_DIFFERENCE = 160
_TOKENS_A_CLAIM = 120


class Stance(StrEnum):
    """How a passage stands to a claim, in the words that the model is given."""

    SUPPORTS = "supports"
    PARTLY = "supports in part"
    CONTRADICTS = "contradicts"
    SILENT = "does not say"


class _Judged(BaseModel):
    claim: int
    sentence: str
    stance: Stance
    differs: str = ""


class _Judgement(BaseModel):
    verdicts: list[_Judged]


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the model said of one claim; `quote` is None where it named no sentence there is."""

    stance: Stance
    quote: Quote | None
    differs: str = ""


class ModelVerifier:
    """Asks a model about what the local verifier has not settled word for word.

    Args:
        thinking: tokens that the model may think before it judges; 0: none.
        judged: is given each verdict as soon as it is known, while the model judges the next.
    """

    def __init__(
        self,
        model: LanguageModel,
        local: LocalVerifier | None = None,
        *,
        thinking: int = 0,
        judged: Callable[[Verdict], None] | None = None,
    ) -> None:
        self._model = model
        self._local = local or LocalVerifier()
        self._thinking = thinking
        self._judged = judged

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        verdicts = self._local.verify(claims, evidence)
        open_ = [i for i, verdict in enumerate(verdicts) if _unsettled(verdict)]
        if self._judged:
            for i, verdict in enumerate(verdicts):
                if i not in open_:
                    self._judged(verdict)
        if not open_:
            return verdicts
        try:
            opinions = self._ask(verdicts, open_, evidence)
        except ModelError as error:
            log.warning("the model could not verify", error=str(error))
            told = Check("model", f"was not asked: {error.message}")
            return [
                replace(verdict, checks=(*verdict.checks, told)) if i in open_ else verdict
                for i, verdict in enumerate(verdicts)
            ]
        for i, opinion in zip(open_, opinions, strict=True):
            verdicts[i] = self._combined(verdicts[i], opinion)
        return verdicts

    def _combined(self, local: Verdict, opinion: _Opinion | None) -> Verdict:
        verdict = combined(local, opinion)
        raised = verdict.label is Label.SUPPORTED and local.label is not Label.SUPPORTED
        cited = [quote for quote in local.claim.sentences if quote.key in local.claim.keys]
        read = [quote.text for quote in dict.fromkeys((*cited, *verdict.quotes))]
        if raised and not self._local.carries_part(local.claim.text, read):
            told = Check("local check", "does not find it in the sentences that are cited")
            return replace(verdict, label=Label.PARTIALLY_SUPPORTED, checks=(told,))
        return verdict

    def _ask(
        self,
        local: Sequence[Verdict],
        open_: Sequence[int],
        evidence: Sequence[Evidence],
    ) -> list[_Opinion | None]:
        """One opinion an open claim; whoever listens hears each while the next is written."""
        claims = [local[i].claim for i in open_]
        read = prompts.fitting(self._model, evidence)
        addresses = Addresses.of(read)
        listed = "\n".join(
            prompts.LISTED.format(
                number=number,
                text=claim.text,
                sources=", ".join(addresses.cited(claim.sentences, claim.keys)),
            )
            for number, claim in enumerate(claims, start=1)
        )
        request = Request(
            prompts.over_evidence(read, prompts.VERIFY.format(claims=listed)),
            max_tokens=_TOKENS_A_CLAIM * len(claims),
            schema=_schema(len(claims), list(addresses.lines)),
            thinking=self._thinking > 0,
            thinking_tokens=self._thinking,
        )
        heard: set[int] = set()

        def written(text: str) -> None:
            for each in _whole_so_far(text):
                if each.claim in heard or not 1 <= each.claim <= len(open_):
                    continue
                heard.add(each.claim)
                verdict = local[open_[each.claim - 1]]
                if self._judged:
                    self._judged(self._combined(verdict, _opinion(each, verdict.claim, addresses)))

        listening = written if self._judged else None
        judgement = ask_json(self._model, request, _Judgement, written=listening)
        judged = {each.claim: each for each in judgement.verdicts}
        return [
            _opinion(judged[number], claim, addresses) if number in judged else None
            for number, claim in enumerate(claims, start=1)
        ]


def _whole_so_far(text: str) -> list[_Judged]:
    """The judgements that are whole in a document that is still being written."""
    try:
        told = from_json(text, allow_partial=True)
        return _Judgement.model_validate({"verdicts": told["verdicts"][:-1]}).verdicts
    except (ValueError, KeyError, TypeError):  # not begun, or not what was asked for
        return []


def _schema(claims: int, addresses: Sequence[str]) -> JsonSchema:
    verdict = {
        "type": "object",
        "properties": {
            "claim": {"enum": list(range(1, claims + 1))},
            "sentence": {"enum": list(addresses)},
            "stance": {"enum": [stance.value for stance in Stance]},
            "differs": {"type": "string", "maxLength": _LONGEST_DIFFERENCE},
        },
        "required": ["claim", "sentence", "stance", "differs"],
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


def _opinion(judged: _Judged, claim: Claim, addresses: Addresses) -> _Opinion:
    quotes = addresses.quotes([judged.sentence])
    words = " ".join(judged.differs.split())
    # Only words of the claim: a model's own comment is no finding.
    differs = words if words.casefold() in claim.text.casefold() else ""
    return _Opinion(judged.stance, quotes[0] if quotes else None, differs)


def combined(local: Verdict, opinion: _Opinion | None) -> Verdict:
    """The local verdict and the model's as one, by the rule at the top of this file."""
    if opinion is None:
        return _unheard(local, "gave no verdict")
    quote = opinion.quote
    differs = f" “{opinion.differs}”" if opinion.differs else " it"
    if opinion.stance is Stance.SILENT:
        return _doubted(local, f"does not find{differs} in its sources")
    if quote is None:
        return _unheard(local, "named no sentence of its sources")
    if opinion.stance is Stance.CONTRADICTS:
        told = Check("model", f"finds{differs} contradicted")
        if local.label.carries_part:
            return replace(_doubted(local, told.finding), quotes=(quote,))
        return replace(
            local, label=Label.CONTRADICTED, quotes=(quote,), checks=(*local.checks, told)
        )
    if quote.key not in local.claim.keys:
        return _doubted(local, "finds it in an article that is not cited")
    read = dict.fromkeys(each.text for each in (*local.claim.sentences, quote))
    if against := differences(local.claim.text, list(read)):
        checks = dict.fromkeys((*local.checks, *against))
        return replace(local, label=_capped(local.label), checks=tuple(checks))
    carried = opinion.stance is Stance.SUPPORTS and local.label.carries_part
    if carried:
        return replace(local, label=Label.SUPPORTED, quotes=(quote,), checks=())
    shown = local.checks
    if opinion.stance is Stance.SUPPORTS:
        # The words that the local verifier misses are no finding where the model finds them.
        shown = (Check("local check", "is not sure of it, though the language model finds it"),)
    elif opinion.differs:
        shown = (Check("model", f"does not find{differs} in its sources"),)
    return replace(local, label=Label.PARTIALLY_SUPPORTED, quotes=(quote,), checks=shown)


def _capped(label: Label) -> Label:
    return Label.PARTIALLY_SUPPORTED if label is Label.SUPPORTED else label


def _unheard(local: Verdict, finding: str) -> Verdict:
    """The local verdict as it is: a word that cannot be checked is none."""
    return replace(local, checks=(*local.checks, Check("model", finding)))


def _doubted(local: Verdict, finding: str) -> Verdict:
    """What the model does not find: one step down from what the local verifier found."""
    return replace(local, label=local.label.weaker, checks=(*local.checks, Check("model", finding)))
