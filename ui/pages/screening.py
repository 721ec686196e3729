"""The Screening page: decide on one record at a time; then agreement, RIS export and flow chart."""

from __future__ import annotations

import streamlit as st

from corpora.errors import BadInput, MedciteError
from corpora.store import ArticleStore, open_corpus
from ui.pages import controls, list_buttons
from ui.pages.session import current_user
from ui.render import markup
from ui.render.typography import title_markdown
from ui.render.units import counted
from ui.services.library import Library
from ui.services.screening import LONGEST_REASON, Screening, Screenings, ScreeningVerdict
from ui.services.screening_flow import flow_svg
from ui.services.screening_order import RecordVectors, decisions_ris, record_vectors
from ui.services.screening_start import begin, logged_records
from ui.services.search_log import SearchEntry, SearchLog
from ui.services.searching import log_search

# Keyboard shortcuts, which Streamlit ignores inside text boxes.
_KEYS = {
    ScreeningVerdict.INCLUDE: "I",
    ScreeningVerdict.EXCLUDE: "E",
    ScreeningVerdict.UNDECIDED: "U",
}
_BACK_KEY = "B"
_MOST_SEARCHES = 20
# Common reasons for exclusion; any other can be typed.
_REASONS = ("Wrong population", "Wrong intervention", "Wrong comparator", "Wrong outcome",
            "Wrong study design", "Not original research")  # fmt: skip


def page(library: Library) -> None:
    """Draw the page."""
    try:
        library.check()
        screenings = Screenings(library.home, current_user())
        st.html("<h1>Screening</h1>")
        existing = screenings.all()
        _start(library, screenings, any_yet=bool(existing))
        if not existing:
            return
        names = [s.name for s in existing]
        chosen = st.session_state.pop("screening-started", None)
        if chosen in names:
            st.session_state["screening-name"] = chosen
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Screening", names, key="screening-name", persist_state="session")
            screening = next(s for s in existing if s.name == name)
            reviewer = _reviewer(screening)
        st.caption(
            f"{counted(screening.progress(reviewer).records, 'record')} from “{screening.query}”"
        )
        with open_corpus(library.home.corpus) as store:
            _screen(library, store, screening, reviewer)
    except MedciteError as error:
        controls.problem(error)


def _reviewer(screening: Screening) -> str:
    """Return the reviewer: the signed-in user or, without sign-in, the one chosen."""
    if current_user() or len(screening.reviewers) == 1:
        return screening.reviewer()
    return str(
        st.selectbox(
            "You are",
            screening.reviewers,
            key=f"screening-reviewer-{screening.number}",
            persist_state="session",
        )
    )


def _start(library: Library, screenings: Screenings, *, any_yet: bool) -> None:
    with (
        # A new key, or the expander would stay open above the first record.
        st.expander(
            "Start a screening",
            expanded=not any_yet,
            key=f"screening-start-{'another' if any_yet else 'first'}",
        ),
        st.form("screening-new", border=False),
    ):
        st.text_input("Name", key="screening-new-name", max_chars=80)
        st.text_input(
            "Query in PubMed's syntax",
            key="screening-new-query",
            placeholder="statin*[tiab] AND covid*[tiab]",
            max_chars=20_000,
        )
        st.selectbox(
            "Or the results of a logged search",
            _searches(library),
            index=None,
            format_func=lambda entry: f"{entry.text} ({counted(entry.found, 'article')})",
            key="screening-new-search",
        )
        st.text_input(
            "Second reviewer",
            key="screening-new-second",
            help="Leave empty to screen alone. Each reviewer sees only their own decisions until"
            " both have finished.",
        )
        if not current_user():
            st.text_input("Your name", "me", key="screening-new-first")
        st.form_submit_button("Start", on_click=_started, args=(library, screenings))


def _searches(library: Library) -> list[SearchEntry]:
    """Return logged searches with results, latest first, each query once."""
    entries = SearchLog(library.home, current_user()).entries()
    last = {entry.text: entry for entry in entries if entry.kind != "question" and entry.found}
    return list(last.values())[::-1][:_MOST_SEARCHES]


def _started(library: Library, screenings: Screenings) -> None:
    state, owner = st.session_state, current_user()
    first = owner or state["screening-new-first"].strip() or "me"
    second = state["screening-new-second"].strip()
    with list_buttons.errors_shown(), open_corpus(library.home.corpus) as store:
        query = state["screening-new-query"].strip()
        logged: SearchEntry | None = state.get("screening-new-search")
        if query:
            ids = _search(library, store, query)
        elif logged:
            query, ids = logged_records(library.home, store, str(logged.id), owner)
        else:
            raise BadInput("The query is missing.", "Enter one, or choose a logged search.")
        people = (first, second) if second else (first,)
        started = begin(screenings, store, state["screening-new-name"], query, ids, people)
        state["screening-started"] = started.name


def _search(library: Library, store: ArticleStore, query: str) -> list[int]:
    from retrieval.filters import Filters
    from retrieval.result_set import BooleanSearch

    results = BooleanSearch(library.home).find(store, query)
    log_search(SearchLog(library.home, current_user()), store, results, Filters())
    ids: list[int] = results.ids.tolist()
    return ids


def _screen(library: Library, store: ArticleStore, screening: Screening, reviewer: str) -> None:
    _decide(screening, reviewer)
    progress = screening.progress(reviewer)
    share = progress.decided / progress.records
    st.progress(share, text=str(progress))
    if not progress.finished:
        decisions = screening.decisions(reviewer)
        order = _vectors(library, store, screening).ranked(decisions)
        back = st.session_state.get(f"screening-back-{screening.number}-{reviewer}")
        pmid = back if back in decisions else next((p for p in order if p not in decisions), "")
        if pmid:
            _record(store, screening, reviewer, pmid)
        else:
            st.html('<p role="status">Every record has been decided.</p>')
        _undecided(store, screening, reviewer)
        st.button(
            "Finish",
            on_click=_finish,
            args=(screening, reviewer),
            key="screening-finish",
            help="You can finish before the last record.",
        )
        return
    if not screening.finished:
        st.html(
            markup.note_html("You have finished", "Decisions are shown once both have finished.")
        )
        st.button("Continue screening", on_click=_reopen, args=(screening, reviewer))
        return
    _outcome(library, store, screening)
    if len(screening.reviewers) == 1:
        st.button("Continue screening", on_click=_reopen, args=(screening, reviewer))


def _vectors(library: Library, store: ArticleStore, screening: Screening) -> RecordVectors:
    """Return the records' vectors, cached per session and corpus snapshot."""
    key = (screening.number, screening.started, store.snapshot)
    if st.session_state.get("screening-vectors", (None,))[0] != key:
        with st.spinner("Reading the records…", show_time=False):
            vectors = record_vectors(library.home, store, screening)
        st.session_state["screening-vectors"] = (key, vectors)
    cached: RecordVectors = st.session_state["screening-vectors"][1]
    return cached


def _record(store: ArticleStore, screening: Screening, reviewer: str, pmid: str) -> None:
    """Draw a record below its buttons, which thereby stay in place from record to record."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="screening-buttons"):
        for verdict, key in _KEYS.items():
            st.button(
                verdict.value.capitalize(),
                key=f"screening-{verdict.value}",
                shortcut=key,
                type="primary" if verdict is ScreeningVerdict.INCLUDE else "secondary",
                on_click=_press,
                args=(pmid, verdict),
            )
        st.button("Back", key="screening-back", shortcut=_BACK_KEY, type="tertiary",
                  on_click=_back, args=(screening, reviewer, pmid))  # fmt: skip
        st.selectbox(
            "Reason for exclusion",
            _REASONS,
            index=None,
            key=_reason_key(screening),
            accept_new_options=True,
            placeholder="Reason, if excluding",
            persist_state="session",
        )
    article = store.get(pmid)
    if earlier := screening.decisions(reviewer).get(pmid):
        st.caption(f"Earlier decision: {earlier.verdict.value} {earlier.reason}")
    if article is None:
        st.html(markup.missing_html(pmid))
        return
    st.html(markup.title_html(article))
    st.html(markup.article_html(article))


def _press(pmid: str, verdict: ScreeningVerdict) -> None:
    st.session_state.setdefault("screening-pressed", set()).add((pmid, verdict))


def _decide(screening: Screening, reviewer: str) -> None:
    """Store the decision of the button that was pressed.

    Keys pressed in quick succession can arrive in one run, and in no particular order: then
    nothing is decided.
    """
    pressed: set[tuple[str, ScreeningVerdict]] = st.session_state.pop("screening-pressed", set())
    if len(pressed) > 1:
        st.toast("Two keys arrived at once, so nothing was decided. Press one again.")
        return
    back = f"screening-back-{screening.number}-{reviewer}"
    for pmid, verdict in pressed:
        # A second key press before the next record appears must not change the decision just made.
        if pmid in screening.decisions(reviewer) and st.session_state.get(back) != pmid:
            return
        reason = (st.session_state.get(_reason_key(screening)) or "")[:LONGEST_REASON]
        with list_buttons.errors_shown():
            screening.decide(reviewer, pmid, verdict, reason)
        st.session_state.pop(back, None)


def _reason_key(screening: Screening) -> str:
    return f"screening-reason-{screening.number}"


def _back(screening: Screening, reviewer: str, pmid: str) -> None:
    """Show the record decided before this one."""
    decided = list(screening.decisions(reviewer))
    place = decided.index(pmid) if pmid in decided else len(decided)
    if place > 0:
        st.session_state[f"screening-back-{screening.number}-{reviewer}"] = decided[place - 1]


def _undecided(store: ArticleStore, screening: Screening, reviewer: str) -> None:
    """Draw the records marked undecided, each of which can be reopened."""
    decisions = screening.decisions(reviewer)
    undecided = [p for p, d in decisions.items() if d.verdict is ScreeningVerdict.UNDECIDED]
    if not undecided:
        return
    with st.expander(f"{counted(len(undecided), 'record')} undecided"):
        for pmid in undecided:
            article = store.get(pmid)
            st.button(
                title_markdown(article) if article else pmid,
                key=f"screening-again-{pmid}",
                type="tertiary",
                on_click=st.session_state.update,
                args=({f"screening-back-{screening.number}-{reviewer}": pmid},),
            )


def _finish(screening: Screening, reviewer: str) -> None:
    with list_buttons.errors_shown():
        screening.finish(reviewer)


def _reopen(screening: Screening, reviewer: str) -> None:
    with list_buttons.errors_shown():
        screening.reopen(reviewer)


def _outcome(library: Library, store: ArticleStore, screening: Screening) -> None:
    if len(screening.reviewers) > 1:
        _conflicts(store, screening)

    def ris(only: ScreeningVerdict | None = None) -> str:
        with open_corpus(library.home.corpus) as opened:
            return decisions_ris(screening, opened, only)

    flow = flow_svg(screening)
    with st.container(horizontal=True, gap="xsmall", key="screening-export"):
        st.download_button("RIS with decisions", ris, "screening.ris", on_click="ignore")
        st.download_button(
            "RIS of included records",
            lambda: ris(ScreeningVerdict.INCLUDE),
            "included.ris",
            on_click="ignore",
        )
        st.download_button("Flow chart (SVG)", flow, "flow.svg", "image/svg+xml", on_click="ignore")
    st.image(flow, width=780)


def _conflicts(store: ArticleStore, screening: Screening) -> None:
    agreement, settled = screening.agreement(), screening.outcome()
    st.html(f"<h2>Agreement</h2><p>{agreement}.</p>")
    decisions = {name: screening.decisions(name) for name in screening.reviewers}
    for pmid in agreement.conflicts:
        article = store.get(pmid)
        title = title_markdown(article) if article else pmid
        end = f" → {settled[pmid].verdict.value}" if pmid in settled else ""
        with st.expander(title + end):
            rows = [
                (reviewer, decided[pmid].verdict.value if pmid in decided else "not screened",
                 decided[pmid].reason if pmid in decided else "")
                for reviewer, decided in decisions.items()
            ]  # fmt: skip
            st.html(markup.table_html(("Reviewer", "Decision", "Reason"), rows, "Decisions"))
            if article:
                st.html(markup.article_html(article))
            with st.container(horizontal=True):
                for verdict in (ScreeningVerdict.INCLUDE, ScreeningVerdict.EXCLUDE):
                    st.button(
                        verdict.value.capitalize(),
                        key=f"screening-settle-{verdict.value}-{pmid}",
                        on_click=_settle,
                        args=(screening, pmid, verdict),
                    )


def _settle(screening: Screening, pmid: str, verdict: ScreeningVerdict) -> None:
    with list_buttons.errors_shown():
        screening.settle(pmid, verdict)
