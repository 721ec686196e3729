"""A writer on a language model: it joins findings and words them anew, and cites what it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from agent import prompts
from agent.answer import Claim, Verdict
from agent.models.base import JsonSchema, LanguageModel, Message, Request
from agent.models.structured import ask_json
from agent.reading.reader import Reading
from agent.verification.claims import claims_nothing
from retrieval.passage import Evidence

_LONGEST_SENTENCE = 600
_MOST_SOURCES = 4


class _Sentence(BaseModel):
    text: str
    sources: list[int]


class _Draft(BaseModel):
    answerable: bool
    claims: list[_Sentence]


@dataclass(frozen=True, slots=True)
class ModelWriter:
    """Writes under a schema, so that each sentence comes with the numbers of its passages."""

    model: LanguageModel
    most: int = 6

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> list[Claim]:
        """Raises:
        ModelError: the model failed; see `corpora.errors`.
        """
        read = prompts.fitting(self.model, evidence)
        task = prompts.WRITE.format(question=question, most=self.most)
        return self._ask(prompts.over_evidence(read, task), read)

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        """Raises:
        ModelError: the model failed; see `corpora.errors`.
        """
        read = prompts.fitting(self.model, evidence)
        numbers = {each.passage.id: number for number, each in enumerate(read, start=1)}
        draft = "\n".join(_drafted(verdict, numbers) for verdict in verdicts)
        task = prompts.REVISE.format(question=question, draft=draft)
        return self._ask(prompts.over_evidence(read, task), read)

    def _ask(self, messages: tuple[Message, ...], read: Sequence[Evidence]) -> list[Claim]:
        request = Request(
            messages, max_tokens=prompts.MOST_ANSWER_TOKENS, schema=self._schema(len(read))
        )
        draft = ask_json(self.model, request, _Draft)
        if not draft.answerable:
            return []
        claims = [
            Claim(_one_line(sentence.text), _keys(sentence.sources, read))
            for sentence in draft.claims
            if _says_something(sentence.text)
        ]
        return list({claim.text: claim for claim in claims}.values())

    def _schema(self, passages: int) -> JsonSchema:
        sentence = {
            "type": "object",
            "properties": {
                "text": {"type": "string", "minLength": 1, "maxLength": _LONGEST_SENTENCE},
                "sources": {
                    "type": "array",
                    "items": {"enum": list(range(1, passages + 1))},
                    "minItems": 1,
                    "maxItems": _MOST_SOURCES,
                },
            },
            "required": ["text", "sources"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": {
                "answerable": {"type": "boolean"},
                "claims": {"type": "array", "items": sentence, "maxItems": self.most},
            },
            "required": ["answerable", "claims"],
            "additionalProperties": False,
        }


def _says_something(text: str) -> bool:
    return not claims_nothing(text) and _one_line(text) != prompts.NO_ANSWER


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _keys(sources: Sequence[int], read: Sequence[Evidence]) -> tuple[str, ...]:
    """Passage ids for the numbers of a prompt, each once; a number that was not in it is none."""
    inside = [number for number in dict.fromkeys(sources) if 1 <= number <= len(read)]
    return tuple(read[number - 1].passage.id for number in inside)


def _drafted(verdict: Verdict, numbers: dict[str, int]) -> str:
    sources = [str(numbers[key]) for key in verdict.claim.keys if key in numbers]
    findings = "; ".join(f"{check.name}, {check.finding}" for check in verdict.checks)
    return prompts.DRAFTED.format(
        text=verdict.claim.text,
        sources=", ".join(sources),
        label=verdict.label.value.lower().replace("_", " "),
        findings=f" ({findings})" if findings else "",
    )
