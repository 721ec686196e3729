"""The Ask page: a question, its progress, the answer beside its evidence, and follow-ups."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agent.conversations.threads import Thread, Threads, Turn
from corpora.errors import BadInput, MedciteError, UnknownThread
from corpora.store import ArticleStore, open_corpus
from retrieval.filters import Filters
from ui.pages import answer, controls, run_progress
from ui.pages.session import current_user
from ui.render import answer_markup
from ui.render.markup import error_html, note_html
from ui.render.text import markdown_text
from ui.services.library import Library
from ui.services.runs import Run, Stage
from ui.services.workspace import Workspace


def page(library: Library) -> None:
    """Draw the conversation named by the URL or the session, else the start page."""
    try:
        library.check()
        threads = library.workspace.threads(current_user())
    except MedciteError as error:
        controls.problem(error)
        return
    library.warm()
    try:
        thread = _linked(library, threads)
        if thread is None:
            _start(library, threads)
        else:
            _conversation(library, threads, thread)
    except MedciteError as error:
        controls.problem(error)
        st.button("Ask a question", icon=":material/edit:", on_click=_new)


# Which conversation


def _linked(library: Library, threads: Threads) -> Thread | None:
    """Return the conversation to show: the URL's, one for the URL's question, or the last shown.

    Raises:
        UnknownThread: the URL names none of the user's conversations.
    """
    params, state = st.query_params, st.session_state
    if requested := params.get("thread"):
        try:
            thread = threads.find(requested)
        except UnknownThread as error:
            raise UnknownThread(
                f"You have no conversation “{requested}”.",
                "It may have been deleted or belong to someone else. Yours are under History.",
            ) from error
        _show(thread.id)
        return thread
    if question := params.get("q"):
        del params["q"]
        state["question"] = question
        return _ask(library, threads, question, Filters())
    if shown := state.get("thread"):
        try:
            thread = threads.find(shown)
        except UnknownThread:  # deleted in the meantime
            _new()
            return None
        _show(thread.id)
        return thread
    return None


def _show(thread: str) -> None:
    st.session_state["thread"] = thread
    if st.query_params.get("thread") != thread:
        st.query_params["thread"] = thread


def _new() -> None:
    """Go to the start."""
    st.session_state.pop("thread", None)
    st.session_state.pop("turn", None)
    st.query_params.clear()


def _ask(
    library: Library,
    threads: Threads,
    question: str,
    filters: Filters,
    thread: Thread | None = None,
) -> Thread | None:
    """Start a run for a question, in a new conversation or as a follow-up; None if invalid."""
    from agent.question import check_question
    from ui.services.filter_check import check_filters

    try:
        checked = check_question(question)
        check_filters(library.home, filters)
        target = thread or threads.start(checked)
        library.workspace.runs.ask(target.id, checked, filters, threads.owner)
    except MedciteError as error:
        st.html(error_html(error))
        return None
    st.session_state.pop("turn", None)
    _show(target.id)
    return target


# The start


def _start(library: Library, threads: Threads) -> None:
    with open_corpus(library.home.corpus) as store:
        st.html(answer_markup.greeting_html(len(store), store.years(), _last_import(store)))
    place = st.container()
    with place:
        submitted = _row(library.workspace, "question", "Ask a clinical question")
    draw = _await_examples if library.workspace.examples.now() is None else _examples
    draw(library.workspace)
    chosen = st.session_state.pop("example", None)
    if submitted or chosen:
        question, filters = submitted or (chosen, Filters())
        with place:
            if _ask(library, threads, question, filters):
                st.rerun()


def _last_import(store: ArticleStore) -> str:
    """Return when literature was last added, "" if unknown."""
    finished = [entry.finished for entry in store.journal() if entry.finished and not entry.error]
    return max(finished, default="")


def _row(workspace: Workspace, key: str, placeholder: str) -> tuple[str, Filters] | None:
    """Draw the question box with its filters; return the question just submitted."""
    with (
        st.form(f"{key}-form", border=False, clear_on_submit=key == "follow"),
        st.container(horizontal=True, vertical_alignment="bottom", key="ask-row"),
    ):
        question = st.text_input(
            placeholder,
            key=key,
            placeholder=placeholder,
            label_visibility="collapsed",
        )
        filters = controls.filters("ask", workspace.filter_values.now())
        submitted = st.form_submit_button("Ask", type="primary")
    return (question, filters) if submitted else None


@st.fragment(run_every=1.0)
def _await_examples(workspace: Workspace) -> None:
    """Draw examples once available, without redrawing the page: the user may be typing."""
    _examples(workspace)


def _examples(workspace: Workspace) -> None:
    """Draw example questions."""
    with st.container(key="examples", gap="xsmall"):
        for example in workspace.examples.now() or ():
            if st.button(markdown_text(example), type="tertiary"):
                st.session_state["example"] = example
                st.rerun()


# A conversation


def _conversation(library: Library, threads: Threads, thread: Thread) -> None:
    workspace = library.workspace
    turns = threads.turns(thread.id)
    run = workspace.runs.of(thread.id)
    live = run if run and not run.stage.ended else None
    headed = _head(thread, turns, run)
    waiting = turns[-1] if live and turns and turns[-1].answer is None else None
    done = [turn for turn in turns if turn is not waiting]
    shown = None if live else _chosen(done)

    def reread(question: str) -> None:
        filters = shown.filters if shown else Filters()
        if _ask(library, threads, question, filters, thread=thread):
            st.rerun()

    for turn in done:
        if turn is not shown:
            _folded(turn)
        elif turn.answer is not None:
            answer.draw(workspace, threads, turn, turn.answer, headed=headed, reread=reread)
        else:
            _interrupted(workspace, threads, turn, run, headed=headed)
    if live:
        run_progress.progress(workspace.runs, live, headed=headed)
        return
    if run and run.stage is not Stage.DONE and not (done and done[-1].answer is None):
        _never_began(workspace, run, headed=headed)
    with st.bottom:
        submitted = _row(workspace, "follow", "Ask a follow-up")
        if submitted and _ask(library, threads, *submitted, thread=thread):
            st.rerun()


def _head(thread: Thread, turns: Sequence[Turn], run: Run | None) -> bool:
    """Draw the conversation's name, or its only question; return whether it is the question."""
    questions = [turn.asked for turn in turns] or ([run.question] if run else [])
    single = len(questions) == 1 and not (run and run.question != questions[0])
    with st.container(horizontal=True, vertical_alignment="center", key="thread-row"):
        if single:
            st.html(answer_markup.asked_html(questions[0]))
        else:
            st.html(answer_markup.thread_html(thread.name, len(turns)))
        st.button("New question", icon=":material/edit:", on_click=_new)
    return single


def _chosen(turns: Sequence[Turn]) -> Turn | None:
    """Return the turn to show in full: the one clicked, else the last."""
    chosen = st.session_state.get("turn")
    last = turns[-1] if turns else None
    return next((turn for turn in turns if turn.run == chosen), last)


def _folded(turn: Turn) -> None:
    """Draw a question of the conversation as one line that opens it."""
    with st.container(
        key=f"folded-{turn.number}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.button(
            f"{turn.number}\\. {markdown_text(turn.asked)}",
            key=f"turn-open-{turn.number}",
            type="tertiary",
            on_click=_unfold,
            args=(turn,),
        )
        st.html(answer_markup.tallies_html(turn.answer), width="content")


def _unfold(turn: Turn) -> None:
    st.session_state["turn"] = turn.run


def _interrupted(
    workspace: Workspace, threads: Threads, turn: Turn, run: Run | None, *, headed: bool
) -> None:
    """Draw an unanswered question: the reason, and buttons to resume or remove it."""
    if not headed:
        st.html(answer_markup.asked_html(turn.asked))
    _outcome(run if run and run.question == turn.asked else None)
    with st.container(horizontal=True, gap="small"):
        if st.button("Resume", type="primary", icon=":material/play_arrow:"):
            latest = threads.interrupted(turn.thread)
            workspace.runs.resume(turn.thread, latest.asked, latest.filters, threads.owner)
            st.rerun()
        if st.button("Remove the question", icon=":material/delete:"):
            threads.discard(turn)
            st.session_state.pop("turn", None)
            st.rerun()


def _never_began(workspace: Workspace, run: Run, *, headed: bool) -> None:
    """Draw a question whose run ended before anything was saved."""
    if not headed:
        st.html(answer_markup.asked_html(run.question))
    _outcome(run)
    if st.button("Ask it again", type="primary", icon=":material/play_arrow:"):
        workspace.runs.ask(run.thread, run.question, run.filters, run.owner)
        st.rerun()


def _outcome(run: Run | None) -> None:
    if run and run.stage is Stage.FAILED:
        fault = BadInput("Medcite failed with an internal error.", "See the server's log.")
        st.html(error_html(run.error or fault))
        return
    stopped = run is not None and run.stage is Stage.STOPPED
    st.html(
        note_html(
            "Stopped" if stopped else "Interrupted",
            "The progress so far is saved; the question can be resumed from there.",
        )
    )
