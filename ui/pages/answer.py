"""One answer: its sentences with their verdicts, the evidence beside them, and the actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from agent.answer import Answer, Source, Status
from agent.conversations.ratings import Ratings
from agent.conversations.threads import Threads, Turn
from ui.pages import controls, evidence_table
from ui.pages.export import share
from ui.render import answer_markup, markup
from ui.render.answer_view import DRAFT_HEADING, SentenceView, view_of
from ui.render.text import markdown_text, name_and_year
from ui.render.typography import title_markdown
from ui.services.workspace import Workspace

_ANSWER, _TABLE = "Answer", "Evidence table"
# Scrolls the deciding words into view within the panel, without moving the page.
_SHOW_MARK = """
const panel = document.querySelector(".st-key-evidence, .st-key-sheet");
const mark = panel?.querySelector("mark");
if (mark)
  panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - 120;
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """The source open beside the answer of a turn's `run`, and the sentence it was opened from.

    `number` is None once the reader has closed it. `click` numbers the clicks; 0 is the source
    shown before any click.
    """

    run: str
    number: int | None
    sentence: int | None = None
    click: int = 0


def draw(
    workspace: Workspace,
    threads: Threads,
    turn: Turn,
    answer: Answer,
    *,
    headed: bool = False,
    reread: Callable[[str], None] | None = None,
) -> None:
    """Draw an answer, or the reason for abstaining, with a source opened beside it.

    Args:
        headed: whether the question is already shown above.
        reread: asks a follow-up again, in the reader's own wording.
    """
    if answer.sources and _view(turn) == _TABLE:
        if not headed:
            st.html(answer_markup.question_html(answer))
        evidence_table.draw(workspace, answer)
        return
    opened = _opened(turn, answer)
    source = next((s for s in answer.sources if s.number == opened.number), None)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if not headed:
            st.html(answer_markup.question_html(answer))
        if reread and answer.plan.asked:
            _reading(turn, answer, reread)
        if answer.status is Status.ANSWERED:
            view = view_of(answer)
            st.html(answer_markup.summary_html(answer))
            for place, sentence in enumerate(view.sentences):
                _sentence(answer, place, sentence, opened)
            if view.draft:
                with st.expander(DRAFT_HEADING):
                    for sentence in view.draft:
                        st.html(answer_markup.sentence_html(sentence, answer.evidence))
        else:
            st.html(answer_markup.abstention_html(answer))
        _actions(workspace, threads, turn, answer)
        if workspace.disagreements.of(answer) is None:
            _await_disagreements(workspace, answer)
        else:
            _disagreements(workspace, answer)
        _lists(turn, answer)
        with st.expander("What was searched"):
            st.html(answer_markup.search_html(answer))
    with right:
        if source:
            _evidence(answer, source, opened)


def _view(turn: Turn) -> str:
    """Draw the switch between the answer and its evidence table; return the view chosen."""
    chosen = st.segmented_control(
        "View",
        (_ANSWER, _TABLE),
        default=_ANSWER,
        required=True,
        key=f"view-{turn.run}",
        label_visibility="collapsed",
    )
    return chosen or _ANSWER


def _reading(turn: Turn, answer: Answer, reread: Callable[[str], None]) -> None:
    """Draw a form that shows how a follow-up was interpreted and asks a corrected version."""
    with (
        st.popover("Change the interpretation", icon=":material/edit:", type="tertiary"),
        st.form(f"reading-form-{turn.run}", border=False),
    ):
        question = st.text_input("Interpreted as", value=answer.question, key=f"reading-{turn.run}")
        if st.form_submit_button("Ask this instead") and question.strip() != answer.question:
            reread(question)


def _opened(turn: Turn, answer: Answer) -> Opened:
    opened: Opened | None = st.session_state.get("opened")
    if opened and opened.run == turn.run:
        return opened
    return Opened(turn.run, 1, 0) if answer.verdicts else Opened(turn.run, None)


def _open(run: str, number: int | None, sentence: int | None = None) -> None:
    state = st.session_state
    state["clicks"] = state.get("clicks", 0) + 1
    state["opened"] = Opened(run, number, sentence, state["clicks"])


def _sentence(answer: Answer, place: int, sentence: SentenceView, opened: Opened) -> None:
    """Draw a sentence with its verdict and a button for each source it cites."""
    sources = {source.number: source for source in answer.sources}
    with st.container(key=f"sentence-{place}", gap=None):
        st.html(answer_markup.sentence_html(sentence, answer.evidence))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.html(answer_markup.verdict_html(sentence.label), width="content")
            repaired = answer.numbers.get(sentence.verdict.repair)
            for number in dict.fromkeys([*sentence.numbers, *([repaired] if repaired else [])]):
                if number not in sentence.numbers:
                    st.html('<span class="verdict good">but supported by</span>', width="content")
                article = sources[number].article
                selected = (opened.number, opened.sentence) == (number, place)
                st.button(
                    f"[{number}] {markdown_text(name_and_year(article))}",
                    key=f"cite-{place}-{number}",
                    help=title_markdown(article),
                    type="primary" if selected else "secondary",
                    on_click=_open,
                    args=(opened.run, number, place),
                )


def _lists(turn: Turn, answer: Answer) -> None:
    """Draw the cited sources, and the other articles retrieved."""
    if answer.status is not Status.ANSWERED:
        if answer.sources:
            _sources(turn, "The closest articles", answer.sources)
        return
    _sources(turn, "Sources", answer.cited)
    others = tuple(s for s in answer.sources if s not in answer.cited)
    if others:
        with st.expander(f"Also found ({len(others)})"):
            _sources(turn, "", others)


def _sources(turn: Turn, heading: str, shown: tuple[Source, ...]) -> None:
    """Draw a numbered list of articles, each of which opens beside the answer."""
    if heading:
        st.html(f"<h2>{heading}</h2>")
    numbers = {source.article.pmid: source.number for source in shown}
    controls.article_list(
        [(f"{s.number}\\.", s.article, None) for s in shown],
        "source",
        lambda pmid: _open(turn.run, numbers[pmid]),
    )


def _evidence(answer: Answer, source: Source, opened: Opened) -> None:
    """Draw the opened article with the deciding words marked and scrolled into view."""
    if opened.sentence is not None:
        spans = answer_markup.deciding_spans(answer.verdicts[opened.sentence], source)
    else:
        spans = [s for v in answer.verdicts for s in answer_markup.deciding_spans(v, source)]
    # style.css shows it as a panel beside the answer or, once opened on a phone, a sheet over it.
    with st.container(key="sheet" if opened.click else "evidence", gap=None):
        with st.container(key="opened", horizontal=True, wrap=False):
            st.html(markup.title_html(source.article, spans, source.number))
            st.button(
                "Close",
                icon=":material/close:",
                type="tertiary",
                on_click=_open,
                args=(opened.run, None),
            )
        st.html(markup.article_html(source.article, spans))
    # The click number makes each script unique, so that the browser runs it again.
    script = f"<script>{{ /* {opened.click} */ {_SHOW_MARK} }}</script>"
    st.html(script, unsafe_allow_javascript=True)


# Disagreements in the literature


@st.fragment(run_every=1.0)
def _await_disagreements(workspace: Workspace, answer: Answer) -> None:
    """Draw disagreements once found, without redrawing the page: the user may be typing."""
    _disagreements(workspace, answer)


def _disagreements(workspace: Workspace, answer: Answer) -> None:
    disagreements = workspace.disagreements.of(answer)
    if not disagreements:
        return
    st.html(answer_markup.SIDES_HEADING)
    numbers = {source.article.pmid: source.number for source in answer.sources}
    for disagreement in disagreements:
        st.html(answer_markup.sides_html(disagreement, numbers))


# Actions


def _actions(workspace: Workspace, threads: Threads, turn: Turn, answer: Answer) -> None:
    ratings = Ratings(threads)
    rating = ratings.of(turn.thread, turn.number)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="actions"):
        share(answer, workspace.disagreements)
        thumb, note = f"thumb-{turn.run}", f"note-{turn.run}"

        def save() -> None:
            good = st.session_state[thumb]
            if good is None:
                ratings.withdraw(turn.thread, turn.number)
            else:
                comment = st.session_state.get(note, rating.note if rating else "")
                ratings.rate(turn.thread, turn.number, good=bool(good), note=comment)

        st.feedback(
            "thumbs", key=thumb, default=int(rating.good) if rating else None, on_change=save
        )
        if rating:
            st.text_input(
                "What is good or bad about it?",
                rating.note,
                key=note,
                placeholder="Why? Kept on this machine only",
                label_visibility="collapsed",
                max_chars=2_000,
                on_change=save,
            )
