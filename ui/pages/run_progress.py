"""The progress of a run: its completed steps, the current one, and a button to stop it."""

from __future__ import annotations

import streamlit as st

from ui.render import answer_markup
from ui.render.draft import draft_html, draft_of
from ui.services.runs import Run, Runs, Stage

# The activity that follows each graph node.
_NEXT = {
    "": "Planning the search…",
    "rewrite": "Planning the search…",
    "triage": "Planning the search…",
    "plan": "Searching the literature…",
    "retrieve": "Reading the articles…",
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
    """Follow a run until it ends, then redraw the page."""
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
        # Above the draft, so that the button does not move as the draft grows.
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
    """Describe a run's current activity."""
    if run.stage is Stage.WAITING:
        return f"Waiting; {ahead} ahead of this one…" if ahead else "Waiting; next in line…"
    if run.stage is Stage.LOADING:
        return "Loading the encoder (once)…"
    steps = run.steps
    last = steps[-1].node if steps else ""
    if last == "widen" and steps[-1].update.get("exhausted"):
        last = "read"
    count = f" {tokens:,} tokens so far" if tokens else ""
    return _NEXT.get(last, "Working…") + count
