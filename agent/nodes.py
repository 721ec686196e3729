"""The graph's nodes: each a function from state to an update, testable alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from langgraph.runtime import Runtime

from agent.answer import Answer, Label, Status, Verdict
from agent.assessment import assess as assess_evidence
from agent.assessment import unsaid as not_told
from agent.planning.conditions import relax
from agent.planning.plan import Plan, Scope
from agent.state import Dependencies, Fallback, State, Update
from agent.triage.scope import emergency, turn_away
from agent.verification.verifier import verdicts_of
from agent.writing.stance import disagreement
from corpora.errors import ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()

T = TypeVar("T")

MOST_ROUNDS = 3
MOST_KEPT = 20
# Shown beside an abstention: the closest there is.
_CLOSEST = 5
_FLAGGED = (Label.CONTRADICTED, Label.UNSUPPORTED)


def plan(state: State, runtime: Runtime[Dependencies]) -> Update:
    """The first round of queries, or one more after `assess` asked for it.

    One more round gives up a condition that was read out of the question, or else has other words.
    """
    tools = runtime.context
    if "plan" not in state:
        return _first_plan(state, tools)
    known = state["plan"]
    if relaxed := relax(known, state["filters"]):
        return Update(plan=relaxed)
    wider, failed = _or_fallback(
        state, tools, lambda form: form.planner.widen(_subject(state), known, tools.retriever)
    )
    if wider is None:
        return Update(exhausted=True, fallbacks=failed)
    return Update(plan=wider, fallbacks=failed)


def _first_plan(state: State, tools: Dependencies) -> Update:
    asked = state["question"]
    question = tools.rewriter.rewrite(asked, state.get("history", ()), tools.retriever.meaning)
    original = asked if question != asked else ""
    notes = (f"“{asked}” was read as “{question}”",) if original else ()
    away = emergency(question)
    draft = Plan()
    if not away:
        draft = tools.planner.draft(question, state["filters"], tools.retriever)
        # The question first: its vector says what it is about, and is not made again to search.
        away = turn_away(question, tools.retriever.meaning([query.text for query in draft.open]))
    if away:
        made = Plan(filters=state["filters"], notes=notes, asked=original, scope=away.scope)
        return Update(question=question, plan=made, turned_away=away.reason)
    made, failed = _or_fallback(
        state, tools, lambda form: form.planner.plan(question, draft, tools.retriever)
    )
    made = replace(made, notes=(*notes, *made.notes), asked=original)
    return Update(question=question, plan=made, fallbacks=failed)


def retrieve(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Evidence for the plan's queries: those of its latest round first, then the earlier ones.

    All are encoded in one batch, which is why they are not sent out one by one.
    """
    tools, known = runtime.context, state["plan"]
    found = tools.retriever.gather(list(known.open), MOST_KEPT)
    before = state.get("seen", frozenset())
    seen = before | {each.article.pmid for each in found}
    known = replace(known, gains=(*known.gains, len(seen) - len(before)))
    return Update(plan=known, evidence=found, seen=seen)


def assess(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Which of the articles found can answer."""
    tools = runtime.context
    judged = assess_evidence(
        _subject(state), state["evidence"], tools.retriever, state["plan"].pico
    )
    return Update(assessment=judged)


def write(state: State, runtime: Runtime[Dependencies]) -> Update:
    """A draft from the relevant articles, all passages of each beside the one that was found."""
    tools = runtime.context
    relevant = set(state["assessment"].relevant[: tools.articles])
    pool = [
        passage
        for each in state["evidence"]
        if each.article.pmid in relevant
        for passage in (each, *tools.retriever.companions(each))
    ]
    claims, failed = _or_fallback(
        state, tools, lambda form: form.writer.write(_subject(state), pool)
    )
    return Update(claims=claims, evidence=pool, fallbacks=failed)


def verify(state: State, runtime: Runtime[Dependencies]) -> Update:
    """A verdict for each claim."""
    verdicts = verdicts_of(runtime.context.verifier, state["claims"], state["evidence"])
    return Update(verdicts=verdicts)


def revise(state: State, runtime: Runtime[Dependencies]) -> Update:
    """The writer's one chance to mend or drop what its evidence does not carry."""
    claims, failed = _or_fallback(
        state,
        runtime.context,
        lambda form: form.writer.revise(state["question"], state["evidence"], state["verdicts"]),
    )
    return Update(claims=claims, revised=True, fallbacks=failed)


def finish(state: State, runtime: Runtime[Dependencies]) -> Update:
    """The answer."""
    verdicts = state["verdicts"]
    if runtime.context.drop_flagged:
        verdicts = [v for v in verdicts if v.label not in _FLAGGED]
    missing = state["assessment"].missing
    said = []
    if missing:
        said.append("no article used speaks of " + ", ".join(f"“{word}”" for word in missing))
    cited = {key for verdict in verdicts for key in verdict.claim.keys}
    titles = [each.article.title for each in state["evidence"] if each.passage.id in cited]
    texts = [*(verdict.claim.text for verdict in verdicts), *titles]
    unsaid = not_told(_subject(state), texts, runtime.context.retriever)
    # A lay word that was searched under another name has a note of its own.
    if unsaid and not any(unsaid in each for each in (*missing, *state["plan"].notes)):
        said.append(f"no sentence of this answer speaks of “{unsaid}”")
    owner = {each.passage.id: each.article.pmid for each in state["evidence"]}
    stated = [(v.claim, owner.get(next(iter(v.claim.keys), ""), "")) for v in verdicts]
    if disagreement(_subject(state), stated):
        said.append("the articles cited seem to disagree; read both sides")
    known = state["plan"]
    answer = Answer(
        state["question"],
        Status.ANSWERED,
        replace(known, notes=(*known.notes, *said)),
        tuple(verdicts),
        tuple(_shown(state["evidence"], verdicts)),
        len(state["seen"]),
    )
    return Update(answer=answer)


def abstain(state: State) -> Update:
    """No answer: why, and the closest articles."""
    if state["plan"].scope is not Scope.LITERATURE:
        question, reason = state["question"], state["turned_away"]
        return Update(answer=Answer(question, Status.ABSTAINED, state["plan"], reason=reason))
    judged = state["assessment"]
    reason = judged.reason or "the articles found hold no sentence that answers it"
    if state.get("verdicts"):
        reason = "nothing that was drafted is supported by its evidence"
    closest = {e.article.pmid: e for e in reversed(state["evidence"])}
    shown = sorted(closest.values(), key=lambda e: e.rank)[:_CLOSEST]
    answer = Answer(
        state["question"],
        Status.ABSTAINED,
        state["plan"],
        evidence=tuple(shown),
        articles_seen=len(state["seen"]),
        reason=reason,
    )
    return Update(answer=answer)


def _or_fallback(
    state: State, tools: Dependencies, step: Callable[[Dependencies | Fallback], T]
) -> tuple[T, tuple[str, ...]]:
    """A step on the language model; where that fails and it is allowed, on the local form.

    After one failure the model is not asked again for this question. The tuple says what failed.
    """
    said = state.get("fallbacks", ())
    if tools.fallback is None:
        return step(tools), said
    if said:
        return step(tools.fallback), said
    try:
        return step(tools), said
    except ModelError as error:
        log.warning("the language model failed", error=str(error))
        return step(tools.fallback), (error.message,)


# Where the graph goes next


def after_assess(state: State) -> str:
    """Write, search once more with other queries, or give up."""
    if state["assessment"].enough:
        return "write"
    return "plan" if len(state["plan"].rounds) < MOST_ROUNDS else "abstain"


def after_plan(state: State) -> str:
    """Retrieve, unless the question is not one for the literature or no other query is left."""
    away = state["plan"].scope is not Scope.LITERATURE
    return "abstain" if away or state.get("exhausted") else "retrieve"


def after_write(state: State) -> str:
    """Verify a draft; an empty one is no answer."""
    return "verify" if state["claims"] else "abstain"


def after_verify(state: State) -> str:
    """Revise once what is flagged; abstain where nothing is left."""
    verdicts = state["verdicts"]
    if not state.get("revised") and any(v.label in _FLAGGED for v in verdicts):
        return "revise"
    return "finish" if any(v.label not in _FLAGGED for v in verdicts) else "abstain"


def _subject(state: State) -> str:
    """The question without the conditions that became filters."""
    return state["plan"].subject or state["question"]


def _shown(evidence: list[Evidence], verdicts: Sequence[Verdict]) -> list[Evidence]:
    """The passages that are cited or offered as a repair, and each other article's best passage."""
    keys = {key for verdict in verdicts for key in (*verdict.claim.keys, verdict.repair)}
    best: dict[str, Evidence] = defaultdict()
    for each in evidence:
        best.setdefault(each.article.pmid, each)
    cited = {e.article.pmid for e in evidence if e.passage.id in keys}
    return [
        e
        for e in evidence
        if e.passage.id in keys or (e.article.pmid not in cited and best[e.article.pmid] is e)
    ]
