"""The History page: search, open, rename, branch, export and delete conversations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import streamlit as st

from agent.conversations.threads import Thread, Threads
from corpora.errors import MedciteError
from ui.pages.session import current_user
from ui.render import answer_markup
from ui.render.documents import thread_dict, thread_markdown, thread_page
from ui.render.markup import error_html, note_html
from ui.render.text import markdown_text
from ui.services.library import Library

_AT_ONCE = 20

Show = Callable[[str], None]


def page(library: Library, show: Show) -> None:
    """Draw the page; `show` opens the conversation with an id on the Ask page."""
    try:
        st.html("<h1>History</h1>")
        threads = library.workspace.threads(current_user())
        _list(library, threads, show)
    except MedciteError as error:
        st.html(error_html(error))


def _list(library: Library, threads: Threads, show: Show) -> None:
    state = st.session_state
    text = st.text_input(
        "Search the conversations",
        key="history-search",
        placeholder="Search names and questions",
        label_visibility="collapsed",
        icon=":material/search:",
    ).strip()
    if message := state.pop("history-message", None):
        st.toast(message)
    if error := state.pop("history-error", None):
        st.html(error_html(error))
    matches = threads.search(text)
    if not matches:
        st.html(_nothing(text))
        return
    if text != state.get("history-searched"):
        state["history-searched"], state["history-shown"] = text, _AT_ONCE
    shown = state.setdefault("history-shown", _AT_ONCE)
    for thread in matches[:shown]:
        _row(library, threads, thread, show)
    if len(matches) > shown:
        st.button("Show more", on_click=_more)


def _nothing(text: str) -> str:
    if text:
        return note_html("No match", "No name or question contains all of these words.")
    return note_html(
        "No conversation yet",
        "Every question from the Ask page is saved here, on this machine, with its answer.",
    )


def _more() -> None:
    st.session_state["history-shown"] += _AT_ONCE


def _row(library: Library, threads: Threads, thread: Thread, show: Show) -> None:
    run = library.workspace.runs.of(thread.id)
    working = bool(run and not run.stage.ended)
    with st.container(
        key=f"history-{thread.id}", horizontal=True, vertical_alignment="center", wrap=False
    ):
        with st.container(gap=None):
            if st.button(
                markdown_text(thread.name), key=f"thread-open-{thread.id}", type="tertiary"
            ):
                show(thread.id)
            st.html(answer_markup.thread_line_html(thread, working=working))
        # The label names the conversation for screen readers; style.css shows the icon alone.
        label = f"Change {markdown_text(thread.name)}"
        with st.popover(label, icon=":material/more_horiz:", key=f"change-{thread.id}"):
            _rename(threads, thread)
            _branch(threads, thread)
            _export(threads, thread)
            _delete(threads, thread)


def _rename(threads: Threads, thread: Thread) -> None:
    key = f"name-{thread.id}"

    def rename() -> None:
        _try(lambda: f"Renamed to “{threads.rename(thread.id, st.session_state[key]).name}”.")

    with (
        st.form(f"rename-{thread.id}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("Name", thread.name, key=key, max_chars=80)
        st.form_submit_button("Rename", on_click=rename)


def _branch(threads: Threads, thread: Thread) -> None:
    numbers = [turn.number for turn in threads.turns(thread.id) if turn.answer is not None]
    if not numbers:
        return
    key = f"upto-{thread.id}"

    def branch() -> None:
        upto = st.session_state.get(key, numbers[-1])
        _try(lambda: f"“{threads.branch(thread, upto).name}” was created.")

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(numbers) > 1:
            st.selectbox("Copy questions up to number", numbers, len(numbers) - 1, key=key)
        st.button(
            "Branch", key=f"branch-{thread.id}", icon=":material/call_split:", on_click=branch
        )


def _export(threads: Threads, thread: Thread) -> None:
    def as_json() -> str:
        fields = thread_dict(thread, threads.turns(thread.id))
        return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"

    forms: tuple[tuple[str, Callable[[], str], str, str], ...] = (
        ("Markdown", lambda: thread_markdown(thread, threads.turns(thread.id)), "md", "markdown"),
        ("Web page", lambda: thread_page(thread, threads.turns(thread.id)), "html", "html"),
        ("JSON", as_json, "json", "json"),
    )
    with st.container(horizontal=True, gap="xsmall"):
        for label, data, ending, kind in forms:
            st.download_button(
                label,
                data,
                f"{file_name(thread)}.{ending}",
                f"application/{kind}" if kind == "json" else f"text/{kind}",
                key=f"export-{thread.id}-{ending}",
                on_click="ignore",
                icon=":material/download:",
            )


def _delete(threads: Threads, thread: Thread) -> None:
    key = f"sure-{thread.id}"

    def delete() -> None:
        def delete_thread() -> str:
            threads.delete(thread.id)
            return f"“{thread.name}” was deleted."

        _try(delete_thread)

    with st.container(horizontal=True, vertical_alignment="center"):
        sure = st.checkbox("Delete permanently", key=key)
        st.button(
            "Delete",
            key=f"delete-{thread.id}",
            icon=":material/delete:",
            disabled=not sure,
            on_click=delete,
        )


def _try(change: Callable[[], str]) -> None:
    """Apply a change, and queue its outcome for display on the next run."""
    try:
        st.session_state["history-message"] = markdown_text(change())
    except MedciteError as error:
        st.session_state["history-error"] = error


def file_name(thread: Thread) -> str:
    """Return a file name, without suffix, for a conversation."""
    words = re.sub(r"[^a-z0-9]+", "-", thread.name.casefold()).strip("-")[:60]
    return f"medcite-{words or thread.id}"
