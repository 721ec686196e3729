"""A planner on a language model: it names a question's parts and searches by their synonyms.

Dates and study designs stay the rules' to read (`agent.planning.rule_based`): they become filters,
which hide papers, and a rule that reads "since 2020" is never wrong about the year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from agent import prompts
from agent.models.base import JsonSchema, LanguageModel, Message, Request, Role
from agent.models.structured import ask_json
from agent.plan import Plan
from agent.planning.rule_based import LocalPlanner
from retrieval.filters import Filters
from retrieval.passage import Retriever, SearchQuery

_FEWEST, _MOST = 2, 4
_LONGEST_SEARCH, _LONGEST_PART = 120, 200
_MOST_TOKENS = 512
# A search of the model's own counts as the rules' other searches do: the question as put leads.
_WEIGHT = 0.3
_PARTS = ("population", "intervention", "comparison", "outcome")


class _Searches(BaseModel):
    population: str = ""
    intervention: str = ""
    comparison: str = ""
    outcome: str = ""
    searches: list[str]


_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        **{part: {"type": "string", "maxLength": _LONGEST_PART} for part in _PARTS},
        "searches": {
            "type": "array",
            "items": {"type": "string", "minLength": 3, "maxLength": _LONGEST_SEARCH},
            "minItems": _FEWEST,
            "maxItems": _MOST,
        },
    },
    "required": [*_PARTS, "searches"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class ModelPlanner:
    """The rules' queries, and the model's beside them: what a model adds can only be found more."""

    model: LanguageModel
    rules: LocalPlanner = field(default_factory=LocalPlanner)

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        return self.rules.draft(question, filters, retriever)

    def plan(self, question: str, draft: Plan, retriever: Retriever) -> Plan:
        """Raises:
        ModelError: the model failed; see `corpora.errors`.
        """
        task = prompts.PLAN.format(question=question, least=_FEWEST, most=_MOST)
        asked = self._ask(task)
        queries = (*draft.latest, *_new(asked.searches, draft))
        notes = (*draft.notes, *_parts(asked))
        return replace(draft, rounds=(queries,), notes=notes)

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        """Raises:
        ModelError: the model failed; see `corpora.errors`.
        """
        tried = "\n".join(f"- {query.text}" for query in plan.queries)
        task = prompts.WIDEN.format(question=question, tried=tried, least=_FEWEST, most=_MOST)
        queries = _new(self._ask(task).searches, plan)
        if not queries:
            return self.rules.widen(question, plan, retriever)
        named = "; ".join(query.text for query in queries)
        note = f"nothing clear was found, so the model proposed other searches: {named}"
        return replace(plan, rounds=(*plan.rounds, queries), notes=(*plan.notes, note))

    def _ask(self, task: str) -> _Searches:
        messages = (Message(Role.SYSTEM, prompts.PLAN_SYSTEM), Message(Role.USER, task))
        request = Request(messages, max_tokens=_MOST_TOKENS, schema=_SCHEMA)
        return ask_json(self.model, request, _Searches)


def _new(searches: Sequence[str], plan: Plan) -> tuple[SearchQuery, ...]:
    """The searches that were not made yet, each once."""
    tried = {query.text.casefold() for query in plan.queries}
    texts = [" ".join(search.split()) for search in searches]
    fresh = {
        t.casefold(): t
        for t in texts
        if t.casefold() not in tried and any(map(str.isalnum, t)) and not prompts.repeats_prompt(t)
    }
    return tuple(SearchQuery(text, plan.filters, _WEIGHT) for text in fresh.values())


def _parts(asked: _Searches) -> list[str]:
    named = [(part, getattr(asked, part).strip()) for part in _PARTS]
    said = "; ".join(
        f"{part}: {value}"
        for part, value in named
        if any(map(str.isalnum, value)) and not prompts.repeats_prompt(value)
    )
    return [f"the model read the question as {said}"] if said else []
