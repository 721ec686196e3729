"""What a language model is asked of claims, and what it says.

All claims go into one constrained call over the same evidence prefix that the writer read, so that
a server has it in its cache. For each claim the model names the sentence that decides by its
address, says how it stands to the claim, and which words of the claim are not said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel
from pydantic_core import from_json

from agent import prompts
from agent.addresses import Addresses
from agent.answer import Claim, Quote
from agent.models.base import JsonSchema, LanguageModel, Message, Request
from agent.models.structured import ask_json
from retrieval.passage import Evidence

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
class ModelOpinion:
    """What the model said of one claim; `quote` is None where it named no sentence there is."""

    stance: Stance
    quote: Quote | None
    differs: str = ""


def messages(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> tuple[Message, ...]:
    """The prompt that asks what the evidence says of the claims."""
    addresses = Addresses.of(evidence)
    listed = "\n".join(
        prompts.LISTED.format(
            number=number,
            text=claim.text,
            sources=", ".join(addresses.cited(claim.sentences, claim.keys)),
        )
        for number, claim in enumerate(claims, start=1)
    )
    return prompts.over_evidence(evidence, prompts.VERIFY.format(claims=listed))


def ask_opinions(
    model: LanguageModel,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
    *,
    thinking: int = 0,
    heard: Callable[[int, ModelOpinion], None] | None = None,
) -> list[ModelOpinion | None]:
    """One opinion a claim, None of one that the model passes over.

    Args:
        thinking: tokens that the model may think before it judges; 0: none.
        heard: is given each claim's place and opinion while the model writes the next.

    Raises:
        ModelError: it fails, or does not give what was asked for.
    """
    read = prompts.fitting(model, evidence)
    addresses = Addresses.of(read)
    request = Request(
        messages(claims, read),
        max_tokens=_TOKENS_A_CLAIM * len(claims),
        schema=_schema(len(claims), list(addresses.lines)),
        thinking=thinking > 0,
        thinking_tokens=thinking,
    )
    given: set[int] = set()

    def written(text: str) -> None:
        for each in _whole_so_far(text):
            if heard and each.claim not in given and 1 <= each.claim <= len(claims):
                given.add(each.claim)
                heard(each.claim - 1, _opinion(each, claims[each.claim - 1], addresses))

    listening = written if heard else None
    judgement = ask_json(model, request, _Judgement, written=listening)
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


def _opinion(judged: _Judged, claim: Claim, addresses: Addresses) -> ModelOpinion:
    quotes = addresses.quotes([judged.sentence])
    words = " ".join(judged.differs.split())
    # Only words of the claim: a model's own comment is no finding.
    differs = words if words.casefold() in claim.text.casefold() else ""
    return ModelOpinion(judged.stance, quotes[0] if quotes else None, differs)
