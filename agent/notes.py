"""Notes above an answer on what its evidence is, and the reason where there is no answer."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Verdict
from agent.language.orders import blanked, orders_in
from agent.planning.conditions import population_of
from agent.state import State


def reason(state: State) -> str:
    """Why there is no answer; true of the index, and to be checked there."""
    if state["unknown"]:
        names = ", ".join(f"“{word}”" for word in state["unknown"])
        return f"no article of the index speaks of {names}"
    if not state["evidence"]:
        filtered = " under these filters" if state["plan"].filters.narrows else ""
        return f"no article was found{filtered}"
    return "the articles found hold no sentence that answers it"


def about_others(state: State, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """A note if the question asks about a group of people that no cited article mentions."""
    asked = population_of(state["question"])
    if asked is None or state["plan"].filters.mesh:
        return ()
    keys = {key for verdict in verdicts for key in verdict.claim.keys}
    if any(asked.named_in(e.article) for e in state["pool"] if e.passage.id in keys):
        return ()
    return (f"no article cited here says that it is about {asked.words}",)


def withdrawn(state: State) -> tuple[str, ...]:
    """A note on each retracted article that was found and left out."""
    return tuple(
        f"a retracted article was left out: {article.title.rstrip('.')}"
        f" ({article.named or article.year})"
        for article in state.get("withdrawn", ())
    )


def fenced(state: State) -> tuple[str, ...]:
    """A note on each article read that lost sentences because these give orders."""
    articles = {
        each.article.pmid: each.article
        for each in state.get("pool", ())
        if orders_in(each.passage.text) or orders_in(each.article.title)
    }
    return tuple(
        "what reads like an order to whoever answers was left out of:"
        f" {blanked(article.title).strip().rstrip('.')} ({article.named or article.year})"
        for article in articles.values()
    )


def written(state: State) -> tuple[str, ...]:
    """What to know about how a language model's draft became the answer."""
    if not state.get("quoted"):
        return state.get("said", ())
    if not state["drafted"]:
        why = "the writer found no answer in these articles, so sentences of theirs are quoted"
    else:
        why = (
            "less than half of the draft stood up to its check, so the articles are quoted instead"
        )
    return (*state.get("said", ()), why)
