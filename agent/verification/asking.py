"""Ask a language model for its opinions on claims, and parse them.

All claims go into one constrained call over the same evidence prefix that the writer read, so that
a server finds it in its cache. For each claim the model names the deciding sentence by its address,
its stance towards the claim, and the words of the claim that the evidence does not say.
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
    """The stance of a passage towards a claim, in the words used in the prompt."""

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
    """The model's opinion on one claim; `quote` is None where it named no existing sentence."""

    stance: Stance
    quote: Quote | None
    differs: str = ""


def messages(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> tuple[Message, ...]:
    """The prompt that asks for an opinion on each claim."""
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
    on_opinion: Callable[[int, ModelOpinion], None] | None = None,
) -> list[ModelOpinion | None]:
    """One opinion per claim, None for a claim that the model skips.

    Args:
        thinking: tokens that the model may think before it judges; 0: none.
        on_opinion: called with each claim's place and opinion while the model writes the next.

    Raises:
        ModelError: the model fails, or its reply does not follow the schema.
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
    reported: set[int] = set()

    def read_partial(text: str) -> None:
        for verdict in _whole_so_far(text):
            if on_opinion and verdict.claim not in reported and 1 <= verdict.claim <= len(claims):
                reported.add(verdict.claim)
                on_opinion(
                    verdict.claim - 1, _opinion(verdict, claims[verdict.claim - 1], addresses)
                )

    on_text = read_partial if on_opinion else None
    judgement = ask_json(model, request, _Judgement, on_text=on_text)
    judged = {verdict.claim: verdict for verdict in judgement.verdicts}
    return [
        _opinion(judged[number], claim, addresses) if number in judged else None
        for number, claim in enumerate(claims, start=1)
    ]


def _whole_so_far(text: str) -> list[_Judged]:
    """The judgements that are complete in a document that is still being written."""
    try:
        partial = from_json(text, allow_partial=True)
        return _Judgement.model_validate({"verdicts": partial["verdicts"][:-1]}).verdicts
    except (ValueError, KeyError, TypeError):  # not begun, or off schema
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
    difference = " ".join(judged.differs.split())
    # Only words of the claim count, not the model's own comments.
    differs = difference if difference.casefold() in claim.text.casefold() else ""
    return ModelOpinion(judged.stance, quotes[0] if quotes else None, differs)
