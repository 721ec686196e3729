"""The graph's nodes: each a function from state to an update, testable alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from langgraph.runtime import Runtime

from agent import notes
from agent.answer import Answer, Confidence, Label, Status, Verdict
from agent.plan import Plan
from agent.planning.conditions import relax as relaxed
from agent.planning.followup import depends
from agent.planning.rule_based import LocalPlanner
from agent.reading.sentences import evidential, whole
from agent.reading.unknown import in_known_names, unknown_names
from agent.state import Dependencies, Fallback, State, Update
from agent.triage.identifying import NOTE, identifying
from agent.triage.scope import caution, turn_away
from agent.verification.flagged import settled
from agent.verification.protocol import verdicts_of
from corpora.errors import BadModelOutput, ModelError
from retrieval.passage import Evidence

log = structlog.get_logger()

T = TypeVar("T")

MOST_ROUNDS = 3
MOST_KEPT = 20
# Shown beside an abstention: the closest there is.
_CLOSEST = 5


def rewrite(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Make a follow-up self-contained.

    What would be turned away by itself, such as an emergency, stays as it is, unless it is surely a
    follow-up: in the words of the question before it would no longer be recognised.
    """
    tools, asked = runtime.context, state["question"]
    question = asked
    if history := state.get("history", ()):
        meaning = tools.retriever.meaning([asked])
        if depends(asked, meaning) or not turn_away(asked, meaning):
            question = tools.rewriter.rewrite(asked, history, tools.retriever.meaning)
    return Update(question=question, asked=asked if question != asked else "")


def triage(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Decide whether the question is in scope, from its wording and the vector of its subject.

    That is the first query of the rules' plan. The others are encoded in the same batch.
    """
    tools, question = runtime.context, state["question"]
    warned = (NOTE,) if identifying(state["asked"] or question) else ()
    draft = tools.planner.draft(question, state["filters"], tools.retriever)
    texts = [query.text for query in draft.open]
    meaning = tools.retriever.meaning(texts)
    away = turn_away(question, meaning)
    if not away:
        outline = replace(
            draft,
            asked=state["asked"],
            notes=(*warned, *draft.notes),
            caution=caution(question, meaning),
        )
        vectors = dict(zip(texts, meaning.vectors.tolist(), strict=True))
        return Update(outline=outline, vectors=vectors)
    refused = Plan(filters=state["filters"], asked=state["asked"], scope=away.scope, notes=warned)
    return Update(plan=refused, turned_away=away.reason)


def plan(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Complete the first round of queries."""
    tools = runtime.context
    planned, failed = _or_fallback(
        state,
        tools,
        lambda form: form.planner.plan(state["question"], state["outline"], tools.retriever),
    )
    return Update(plan=planned, fallbacks=failed)


def retrieve(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Retrieve articles for all queries of the plan, as one fused list.

    Queries without a vector are encoded in one batch. Retracted articles are looked for too, so
    that it can be said that one was left out.
    """
    tools, known = runtime.context, state["plan"]
    vectors = state.get("vectors", {})
    if new := [query.text for query in known.open if query.text not in vectors]:
        vectors = vectors | dict(
            zip(new, tools.retriever.meaning(new).vectors.tolist(), strict=True)
        )
    filters = replace(known.filters, include_retracted=True)
    queries = [replace(query, filters=filters, vector=vectors[query.text]) for query in known.open]
    every = tools.retriever.gather(queries, MOST_KEPT)
    kept = [e for e in every if known.filters.include_retracted or not e.article.retracted]
    withdrawn = tuple(e.article for e in every[: tools.articles] if e not in kept)
    before = state.get("seen", frozenset())
    seen = before | {each.article.pmid for each in kept}
    known = replace(known, gains=(*known.gains, len(seen) - len(before)))
    return Update(plan=known, vectors=vectors, evidence=kept, seen=seen, withdrawn=withdrawn)


def read(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Score the sentences of the best articles; estimate how likely one of them answers."""
    tools, question = runtime.context, _subject(state)
    chosen = evidential(question, state["evidence"])[: tools.articles]
    best = [replace(each, rank=rank) for rank, each in enumerate(chosen, start=1)]
    reading = tools.reader.read(in_known_names(question, tools.retriever), best, tools.retriever)
    unknown = unknown_names(question, tools.retriever)
    before = state.get("reading")
    if before and before.sentences and not reading.sentences:
        # Other searches found nothing near: what was nearest before stays, with its pool.
        return Update(reading=before, unknown=unknown)
    place = {pmid: number for number, pmid in enumerate(reading.articles)}
    ordered = sorted(best, key=lambda e: place.get(e.article.pmid, len(place)))
    pool = [
        part
        for rank, each in enumerate(ordered, start=1)
        for part in whole(replace(each, rank=rank))
    ]
    return Update(reading=reading, unknown=unknown, pool=pool)


def relax(state: State) -> Update:
    """Repeat the first queries without one of the filters derived from the question."""
    loose = relaxed(state["plan"], state["filters"])
    return Update(plan=loose or state["plan"])


def widen(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Add a round of queries with different wording."""
    tools, known = runtime.context, state["plan"]
    wider, failed = _or_fallback(
        state, tools, lambda form: form.planner.widen(state["question"], known, tools.retriever)
    )
    if wider is None:
        return Update(exhausted=True, fallbacks=failed)
    return Update(plan=wider, fallbacks=failed)


def write(state: State, runtime: Runtime[Dependencies]) -> Update:
    """A draft from whole abstracts, in the reader's order."""
    draft, failed = _or_fallback(
        state,
        runtime.context,
        lambda form: form.writer.write(state["question"], _read_on(state), state["reading"]),
    )
    said = (draft.note,) if draft.note else ()
    return Update(claims=list(draft.claims), drafted=len(draft.claims), said=said, fallbacks=failed)


def verify(state: State, runtime: Runtime[Dependencies]) -> Update:
    """A verdict for each claim; one that has a verdict from before the revision keeps it."""
    known = {verdict.claim: verdict for verdict in state.get("verdicts", ())}
    new = [claim for claim in state["claims"] if claim not in known]
    if new:
        verdicts = verdicts_of(runtime.context.verifier, new, _read_on(state))
        known |= {verdict.claim: verdict for verdict in verdicts}
    return Update(verdicts=[known[claim] for claim in state["claims"]])


def revise(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Let the writer, once, correct or drop claims that its evidence does not support."""
    claims, failed = _or_fallback(
        state,
        runtime.context,
        lambda form: form.writer.revise(state["question"], _read_on(state), state["verdicts"]),
    )
    return Update(claims=claims, revised=True, fallbacks=failed)


def quote(state: State, runtime: Runtime[Dependencies]) -> Update:
    """Replace a draft that failed verification, or that has no answer, by quotations."""
    draft = runtime.context.quoting.write(_subject(state), _read_on(state), state["reading"])
    return Update(claims=list(draft.claims), draft=state.get("verdicts", []), quoted=True)


def finish(state: State, runtime: Runtime[Dependencies]) -> Update:
    """The answer."""
    verdicts = settled(state["verdicts"], runtime.context.flagged)
    draft = tuple(state.get("draft", ()))
    known, confidence = state["plan"], _confidence(state)
    others = notes.about_others(state, verdicts)
    if others and confidence is Confidence.LIKELY:
        confidence = Confidence.POSSIBLE
    answer = Answer(
        state["question"],
        Status.ANSWERED,
        replace(
            known,
            notes=(
                *others,
                *known.notes,
                *notes.withdrawn(state),
                *notes.fenced(state),
                *notes.written(state),
            ),
        ),
        tuple(verdicts),
        tuple(_shown(state["pool"], [*verdicts, *draft])),
        len(state["seen"]),
        confidence=confidence,
        draft=draft,
    )
    return Update(answer=answer)


def abstain(state: State) -> Update:
    """Give no answer, with the reason and the closest articles."""
    known = state["plan"]
    if reason := state.get("turned_away"):
        answer = Answer(state["question"], Status.ABSTAINED, known, reason=reason)
        return Update(answer=answer)
    answer = Answer(
        state["question"],
        Status.ABSTAINED,
        replace(known, notes=(*known.notes, *notes.withdrawn(state), *notes.fenced(state))),
        evidence=tuple(state["evidence"][:_CLOSEST]),
        articles_seen=len(state["seen"]),
        reason=notes.reason(state),
    )
    return Update(answer=answer)


def _or_fallback(
    state: State, tools: Dependencies, step: Callable[[Dependencies | Fallback], T]
) -> tuple[T, tuple[str, ...]]:
    """A step on the language model; where that fails and it is allowed, on the local form.

    What a model says that cannot be read is always made up for: an answer with a model is never
    less than the one without. Where a fallback is allowed, the model is not asked again for this
    question after one failure. The tuple says what failed.
    """
    said = state.get("fallbacks", ())
    if said and tools.fallback:
        return step(tools.fallback), said
    try:
        return step(tools), said
    except ModelError as error:
        if tools.fallback is None and not isinstance(error, BadModelOutput):
            raise
        log.warning("the language model failed", error=str(error))
        local = tools.fallback or Fallback(LocalPlanner(), tools.quoting)
        return step(local), (*said, error.message)


# Where the graph goes next


def after_triage(state: State) -> str:
    """Plan, unless the question is not one for the literature."""
    return "abstain" if state.get("turned_away") else "plan"


def after_read(state: State) -> str:
    """Write, unless nothing is near: then search with fewer conditions, or in other words."""
    if state["reading"].confidence is not Confidence.NEAREST and not state["unknown"]:
        return "write"
    if len(state["plan"].rounds) < MOST_ROUNDS and not state.get("exhausted"):
        return "relax" if relaxed(state["plan"], state["filters"]) else "widen"
    return _as_near_as_it_gets(state)


def after_widen(state: State) -> str:
    """Go to `retrieve` if `widen` produced new queries."""
    return _as_near_as_it_gets(state) if state.get("exhausted") else "retrieve"


def _as_near_as_it_gets(state: State) -> str:
    """The nearest sentences are shown, unless the index knows nothing of what is asked."""
    return "abstain" if state["unknown"] or not state["reading"].sentences else "write"


def after_write(state: State) -> str:
    """Verify a draft; quote where there is none."""
    return "verify" if state["claims"] else "quote"


def after_verify(state: State) -> str:
    """Revise flagged claims once; quote if fewer than half of the drafted claims passed."""
    if state.get("quoted"):
        return "finish"
    verdicts = state["verdicts"]
    if not state.get("revised") and any(verdict.label.flagged for verdict in verdicts):
        return "revise"
    # What another article of the evidence says stands, with that article beside it.
    standing = sum(not verdict.label.flagged or bool(verdict.repair) for verdict in verdicts)
    return "finish" if 2 * standing >= state["drafted"] else "quote"


def after_quote(state: State) -> str:
    """Quotations are verified like any claim; where nothing can be quoted there is no answer."""
    return "verify" if state["claims"] else "abstain"


def _confidence(state: State) -> Confidence:
    """The reader's, and the writer's: one that found no answer is believed, and one that wrote
    what its evidence carries makes of the nearest a possible answer.

    Of 23 recorded refusals by a strong writer all were right, five of them called likely by the
    reader; of eight drafts on what it called nearest five answered (docs/with-a-model.md).
    """
    step = state["reading"].confidence
    if state.get("quoted"):
        return step if state["drafted"] else Confidence.NEAREST
    # Quotations are never called supported.
    carried = any(verdict.label is Label.SUPPORTED for verdict in state["verdicts"])
    return Confidence.POSSIBLE if carried and step is Confidence.NEAREST else step


def _read_on(state: State) -> list[Evidence]:
    """What writer and verifier read: the articles that the reader found worth it."""
    kept = state["reading"].kept
    return [each for each in state["pool"] if not kept or each.article.pmid in kept]


def _subject(state: State) -> str:
    """The question without the conditions that became filters."""
    return state["plan"].subject or state["question"]


def _shown(pool: Sequence[Evidence], verdicts: Sequence[Verdict]) -> list[Evidence]:
    """The parts of articles that are cited or repair a claim, and each other article's first."""
    keys = {key for verdict in verdicts for key in (*verdict.claim.keys, verdict.repair)}
    cited = {e.article.pmid for e in pool if e.passage.id in keys}
    first: dict[str, Evidence] = {}
    for each in pool:
        first.setdefault(each.article.pmid, each)
    return [
        e
        for e in pool
        if e.passage.id in keys or (e.article.pmid not in cited and first[e.article.pmid] is e)
    ]
