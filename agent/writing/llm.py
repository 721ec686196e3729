"""The writer with a language model: it combines and rewords findings, and cites their sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agent import prompts
from agent.addresses import Addresses
from agent.answer import Claim, Verdict
from agent.language.claims import claims_nothing
from agent.language.question_words import ASKS_WHETHER
from agent.models.base import JsonSchema, LanguageModel, Message, Request, Sampling
from agent.models.structured import ask_json, parse
from agent.reading.reader import Reading
from agent.writing.protocol import Draft
from retrieval.passage import Evidence

_LONGEST_SENTENCE = 600
_LONGEST_SHORT = 60
_MOST_SOURCES = 3
_CHOICE = re.compile(r"\bor\b|\bversus\b|\bvs\b", re.IGNORECASE)
# Drafts for the vote are sampled at this temperature, as in the paper that proposed it (Wang et
# al., Self-Consistency Improves Chain of Thought Reasoning, 2022).
_VARIED = Sampling(temperature=0.7, top_p=0.95)


class _Sentence(BaseModel):
    sources: list[str]
    text: str


class _Revised(_Sentence):
    claim: int


class _Draft(BaseModel):
    claims: list[_Sentence]
    answerable: bool
    short: str = ""


class _Revision(BaseModel):
    claims: list[_Revised]


Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ModelWriter:
    """Write under a schema, so that each sentence comes with the addresses of its sources.

    Args:
        most: the maximum number of sentences in a draft.
        thinking: tokens that the model may think before it answers; 0: none.
        samples: drafts for a question with few possible answers; the most frequent answer wins.
    """

    model: LanguageModel
    most: int = 5
    thinking: int = 0
    samples: int = 1

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        """Raises:
        ModelError: the model failed; see `corpora.errors`.
        """
        read = prompts.fitting(self.model, evidence)
        addresses = Addresses.of(read)
        task = prompts.WRITE.format(question=question, most=self.most, sources=_MOST_SOURCES)
        votes = self.samples > 1 and has_few_answers(question)
        request = self._request(
            read, task + (prompts.SHORT if votes else ""), self._schema(addresses, short=votes)
        )
        if votes and (vote := self._voted(request)):
            draft, note = vote
        else:
            draft, note = ask_json(self.model, request, _Draft), ""
        if not draft.answerable:
            return Draft(note=note)
        claims = (claim for sentence in draft.claims if (claim := _claim(sentence, addresses)))
        return Draft(tuple({claim.text: claim for claim in claims}.values()), note)

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        """Keep the claims that passed; reword or drop the flagged ones, in the same order.

        Raises:
            ModelError: the model failed; see `corpora.errors`.
        """
        flagged = [verdict for verdict in verdicts if verdict.label.flagged]
        if not flagged:
            return [verdict.claim for verdict in verdicts]
        read = prompts.fitting(self.model, evidence)
        addresses = Addresses.of(read)
        draft = "\n".join(
            _drafted(number, verdict, addresses) for number, verdict in enumerate(flagged, start=1)
        )
        task = prompts.REVISE.format(question=question, draft=draft)
        request = self._request(read, task, _revision_schema(addresses, len(flagged)))
        revision = ask_json(self.model, request, _Revision)
        revised = {sentence.claim: sentence for sentence in revision.claims}
        claims: list[Claim] = []
        number = 0
        for verdict in verdicts:
            claim: Claim | None = verdict.claim
            if verdict.label.flagged:
                number += 1
                claim = _claim(revised[number], addresses) if number in revised else None
            if claim:
                claims.append(claim)
        return list({claim.text: claim for claim in claims}.values())

    def _request(self, read: Sequence[Evidence], task: str, schema: JsonSchema) -> Request:
        messages: tuple[Message, ...] = prompts.over_evidence(read, task)
        return Request(
            messages,
            max_tokens=prompts.MOST_ANSWER_TOKENS,
            schema=schema,
            thinking=self.thinking > 0,
            thinking_tokens=self.thinking,
        )

    def _voted(self, request: Request) -> tuple[_Draft, str] | None:
        """The first draft that gives the most frequent answer; None where none can be parsed."""
        requests = [replace(request, sampling=_VARIED, seed=seed) for seed in range(self.samples)]
        drafts = list(_parsed(generation.text for generation in self.model.generate_many(requests)))
        if not drafts:
            return None
        answers = [_short(draft) for draft in drafts]
        answer, count = Counter(answers).most_common(1)[0]
        note = f"{count} of {len(drafts)} drafts of the language model say “{answer}”"
        return drafts[answers.index(answer)], note

    def _schema(self, addresses: Addresses, *, short: bool) -> JsonSchema:
        sentence = _object(_sentence_properties(addresses))
        properties: dict[str, JsonSchema] = {
            "claims": {"type": "array", "items": sentence, "maxItems": self.most},
            "answerable": {"type": "boolean"},
        }
        if short:
            properties["short"] = {"type": "string", "maxLength": _LONGEST_SHORT}
        return _object(properties)


def has_few_answers(question: str) -> bool:
    """Whether the question asks for yes or no, or for a choice between what it names."""
    return bool(ASKS_WHETHER.match(question) or _CHOICE.search(question))


def _parsed(texts: Iterator[str]) -> Iterator[_Draft]:
    for text in texts:
        try:
            yield parse(text, _Draft)
        except ValidationError:
            continue


def _short(draft: _Draft) -> str:
    if not draft.answerable:
        return "no answer"
    return " ".join(draft.short.casefold().strip(" .").split()) or "unclear"


def _sentence_properties(addresses: Addresses) -> dict[str, JsonSchema]:
    sources = {
        "type": "array",
        "items": {"enum": list(addresses.lines)},
        "minItems": 1,
        "maxItems": _MOST_SOURCES,
    }
    text = {"type": "string", "minLength": 1, "maxLength": _LONGEST_SENTENCE}
    return {"sources": sources, "text": text}


def _revision_schema(addresses: Addresses, flagged: int) -> JsonSchema:
    number = {"enum": list(range(1, flagged + 1))}
    sentence = _object({"claim": number, **_sentence_properties(addresses)})
    return _object({"claims": {"type": "array", "items": sentence, "maxItems": flagged}})


def _object(properties: dict[str, JsonSchema]) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _claim(sentence: _Sentence, addresses: Addresses) -> Claim | None:
    """The sentence as a claim, None if it claims nothing. Sources that do not exist are ignored."""
    text = " ".join(sentence.text.split())
    for line in (addresses.lines.get(source) for source in sentence.sources):
        # Models copy the section's label along with the sentence.
        text = text.removeprefix(f"{line.section}: ") if line and line.section else text
    if claims_nothing(text) or text == prompts.NO_ANSWER or prompts.repeats_prompt(text):
        return None
    quotes = addresses.quotes(sentence.sources)
    return Claim(text, tuple(dict.fromkeys(quote.key for quote in quotes)), quotes)


def _drafted(number: int, verdict: Verdict, addresses: Addresses) -> str:
    findings = "; ".join(check.finding for check in verdict.checks)
    claim = verdict.claim
    return prompts.DRAFTED.format(
        number=number,
        text=claim.text,
        sources=", ".join(addresses.cited(claim.sentences, claim.keys)) or "none",
        label=verdict.label.word,
        findings=f" ({findings})" if findings else "",
    )
