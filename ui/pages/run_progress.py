"""A run as it happens: its steps, what it does just now, and the means to stop it."""

from __future__ import annotations

import streamlit as st

from ui.render import answer_markup
from ui.render.draft import draft_html, draft_of
from ui.services.runs import Run, Runs, Stage

# What comes after a step, by its name in the graph.
_NEXT = {
    "": "Planning the search…",
    "plan": "Searching the literature…",
    "retrieve": "Reading what was found…",
    "read": "Writing…",
    "relax": "Searching with fewer conditions…",
    "widen": "Searching in other words…",
    "write": "Checking each sentence against its source…",
    "verify": "Finishing…",
    "revise": "Checking each sentence again…",
    "finish": "Finishing…",
    "abstain": "Finishing…",
}


@st.fragment(run_every=0.4)
def progress(runs: Runs, run: Run, *, headed: bool) -> None:
    """Follow a run until it ends; the page is then drawn anew."""
    if run.ended.is_set():
        st.rerun()
    steps, watch = list(run.steps), run.watch
    with st.container(key="run", gap="xsmall"):
        if not headed:
            st.html(answer_markup.asked_html(run.question))
        if steps:
            st.html(answer_markup.steps_html(steps))
        now = "Stopping…" if watch.stopped else present(run, runs.ahead(run), watch.pieces)
        st.html(answer_markup.present_html(now))
        # Above the draft, which grows: a button that moves away cannot be hit.
        st.button(
            "Stop",
            icon=":material/stop:",
            disabled=watch.stopped,
            on_click=runs.stop,
            args=(run.thread,),
        )
        if sentences := draft_of(steps, watch):
            st.html(draft_html(sentences))


def present(run: Run, ahead: int, tokens: int = 0) -> str:
    """What a run does just now, in words."""
    if run.stage is Stage.WAITING:
        return f"Waiting; {ahead} before this one…" if ahead else "Waiting; next in line…"
    if run.stage is Stage.LOADING:
        return "Loading the encoder (once)…"
    steps = run.steps
    last = steps[-1].node if steps else ""
    if last == "widen" and steps[-1].update.get("exhausted"):
        last = "read"
    spoken = f" {tokens:,} tokens so far" if tokens else ""
    return _NEXT.get(last, "Working…") + spoken
