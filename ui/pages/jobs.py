"""The job panel: start jobs, follow and cancel them, and show how they ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

import streamlit as st

from corpora.errors import MedciteError
from ui.pages import sign_in
from ui.pages.job_markup import outcome_html, progress_html
from ui.pages.session import current_user
from ui.render import markup
from ui.services.jobs import Job, Jobs, is_recent, state_of
from ui.services.library import Library
from ui.services.operations import Operation

_LIVE, _IDLE = 1.0, 4.0
_PROBLEM = "job-problem"
_DISMISSED = "job-dismissed"


def start(
    library: Library, operation: Operation, files: Iterable[tuple[str, IO[bytes]]] = ()
) -> bool:
    """Start a job; return whether it started. Otherwise the panel shows why not."""
    try:
        if sign_in.may_change(library):
            Jobs(library.home).start(
                operation.title, operation.steps, by=current_user(), files=files
            )
            return True
    except MedciteError as error:
        st.session_state[_PROBLEM] = error
    return False


def refuse(error: MedciteError) -> None:
    """Have the panel show what is wrong with the user's input."""
    st.session_state[_PROBLEM] = error


def panel(library: Library) -> bool:
    """Draw the running job, or how the last one ended; return whether one is running.

    The panel refreshes itself, so that it also follows jobs started in other tabs.
    """
    if error := st.session_state.pop(_PROBLEM, None):
        st.html(markup.error_html(error))
    jobs = Jobs(library.home)
    standing = _standing(jobs.latest())
    working = jobs.running() is not None

    @st.fragment(run_every=_LIVE if working else _IDLE)
    def live() -> None:
        job = jobs.latest()
        if _standing(job) != standing:
            st.rerun(scope="app")
        if job and not state_of(job).over:
            _at_work(library, jobs, job)
        elif job and is_recent(job) and st.session_state.get(_DISMISSED) != job.id:
            _ended(job)

    live()
    return working


def _standing(job: Job | None) -> tuple[str, bool] | None:
    return (job.id, state_of(job).over) if job else None


def _at_work(library: Library, jobs: Jobs, job: Job) -> None:
    with st.container(key="job-panel", horizontal=True, vertical_alignment="center"):
        st.html(progress_html(job))
        if sign_in.may_change(library):
            st.button(
                "Cancel",
                icon=":material/stop_circle:",
                on_click=jobs.stop,
                args=(job,),
                disabled=job.stopping,
            )


def _ended(job: Job) -> None:
    with st.container(key="job-ended", horizontal=True, vertical_alignment="top", wrap=False):
        st.html(outcome_html(job))
        st.button("Dismiss", type="tertiary", on_click=_dismiss, args=(job.id,))


def _dismiss(job: str) -> None:
    st.session_state[_DISMISSED] = job
