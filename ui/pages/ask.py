"""The Ask page: a question, the run as it happens, the answer beside its evidence."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from agent.answer import Answer, Source, Status, Verdict, cited_numbers
from corpora.errors import MedciteError
from corpora.store import open_corpus
from retrieval.passage import Filters
from ui import markup
from ui.library import Library
from ui.pages import controls
from ui.render import answer_markdown, markdown_text, name_and_year

# Shown where the demo literature was imported, which answers them.
EXAMPLES = (
    "Does tocilizumab lower mortality in severe COVID-19?",
    "Do statins reduce mortality in COVID-19?",
    "Do SGLT2 inhibitors reduce heart failure hospitalisation?",
    "Does tranexamic acid reduce blood loss in surgery?",
)
_DEMO_READER = "demo"

# Brings the deciding words into view, without moving the page.
_SHOW_MARK = """
const panel = document.querySelector(".st-key-evidence, .st-key-sheet");
const mark = panel?.querySelector("mark");
if (mark)
  panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - 120;
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its filters."""

    question: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Opened:
    """The source beside the answer, and the sentence (its place) from which it was opened.

    `turn` tells one click from the next.
    """

    number: int
    sentence: int | None = None
    turn: int = 0


def page(library: Library) -> None:
    """Draw the page."""
    try:
        library.check()
    except MedciteError as error:
        controls.problem(error)
        return
    library.warm()
    try:
        asked = _form(library)
        if asked is not None:
            _run(library, asked)
    except MedciteError as error:
        controls.problem(error)
    answer: Answer | None = st.session_state.get("answer")
    if answer is None:
        return
    st.query_params["q"] = answer.question
    _show(answer, st.session_state["asked"].filters)


def _form(library: Library) -> Asked | None:
    """The question box; what was just asked, by hand, by example or by link."""
    state = st.session_state
    answer: Answer | None = state.get("answer")
    linked = None if answer else st.query_params.get("q")
    state.setdefault("question", answer.question if answer else linked or "")
    greeting = st.empty()
    with (
        st.form("ask", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", key="ask-row"),
    ):
        st.text_input(
            "Question",
            key="question",
            placeholder="Ask a clinical question",
            label_visibility="collapsed",
        )
        filters = controls.filters("ask")
        submitted = st.form_submit_button("Ask", type="primary")
    question = state["question"] if submitted else state.pop("example", None) or linked
    if question is not None:
        return Asked(question, filters)
    if not answer:
        with open_corpus(library.home.corpus) as store:
            greeting.html(markup.greeting_html(len(store), store.years()))
            demo = any(entry.reader.endswith(_DEMO_READER) for entry in store.journal())
        if demo:
            _examples()
    return None


def _examples() -> None:
    """Questions to start from."""
    with st.container(key="examples", gap="xsmall"):
        for example in EXAMPLES:
            st.button(example, type="tertiary", on_click=_ask_example, args=(example,))


def _ask_example(question: str) -> None:
    st.session_state["question"] = st.session_state["example"] = question


def _run(library: Library, asked: Asked) -> None:
    """Work on a question, step by step before the reader's eyes."""
    state = st.session_state
    state.pop("answer", None)
    st.query_params.pop("q", None)
    place = st.empty()
    with place.status("Searching the literature…", expanded=True) as status:
        if not library.ready:
            status.update(label="Loading the encoder (once)…")
        assistant = library.assistant()
        status.update(label="Searching the literature…")
        steps = st.container(gap="xxsmall")
        for step in assistant.stream(asked.question, asked.filters):
            steps.html(markup.step_html(step))
            if found := step.update.get("answer"):
                state["answer"], state["asked"] = found, asked
                state["opened"] = Opened(1, 0) if found.verdicts else None
    place.empty()


def _show(answer: Answer, filters: Filters) -> None:
    """An answer, or why there is none, with a source opened beside it."""
    opened: Opened | None = st.session_state.get("opened")
    source = next((s for s in answer.sources if opened and s.number == opened.number), None)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if answer.status is Status.ANSWERED:
            st.html(markup.summary_html(answer))
            for place, verdict in enumerate(answer.verdicts):
                _sentence(answer, place, verdict, opened)
            _sources("Sources", answer.cited)
            others = [s for s in answer.sources if s not in answer.cited]
            if others:
                with st.expander(f"Also found ({len(others)})"):
                    _sources("", tuple(others))
        else:
            st.html(markup.abstention_html(answer, filters))
            if answer.sources:
                _sources("The closest articles", answer.sources)
        _about(answer)
    with right:
        if source and opened:
            _evidence(answer, source, opened)


def _sentence(answer: Answer, place: int, verdict: Verdict, opened: Opened | None) -> None:
    """One sentence with its verdict and a button for each source that it cites."""
    sources = {source.number: source for source in answer.sources}
    with st.container(key=f"sentence-{place}", gap=None):
        st.html(markup.sentence_html(verdict))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.html(markup.verdict_html(verdict.label), width="content")
            cited = cited_numbers(verdict.claim, answer.numbers)
            mended = answer.numbers.get(verdict.repair)
            for number in dict.fromkeys([*cited, *([mended] if mended else [])]):
                if number not in cited:
                    st.html('<span class="verdict good">but by</span>', width="content")
                article = sources[number].article
                here = opened and (opened.number, opened.sentence) == (number, place)
                st.button(
                    f"[{number}] {markdown_text(name_and_year(article))}",
                    key=f"cite-{place}-{number}",
                    help=markdown_text(article.title),
                    type="primary" if here else "secondary",
                    on_click=_open,
                    args=(number, place),
                )


def _sources(heading: str, shown: tuple[Source, ...]) -> None:
    """A numbered list of articles, each of which opens beside the answer."""
    if heading:
        st.html(f"<h2>{heading}</h2>")
    numbers = {source.article.pmid: source.number for source in shown}
    controls.article_list(
        [(f"{s.number}\\.", s.article, None) for s in shown],
        "source",
        lambda pmid: _open(numbers[pmid]),
    )


def _open(number: int, sentence: int | None = None) -> None:
    state = st.session_state
    state["turns"] = state.get("turns", 0) + 1
    state["opened"] = Opened(number, sentence, state["turns"])


def _close() -> None:
    st.session_state["opened"] = None


def _evidence(answer: Answer, source: Source, opened: Opened) -> None:
    """The opened article, the deciding words marked and in view."""
    if opened.sentence is not None:
        verdict = answer.verdicts[opened.sentence]
        spans = markup.deciding_spans(verdict, source)
    else:
        spans = [span for v in answer.verdicts for span in markup.deciding_spans(v, source)]
    # style.css makes a panel beside the answer of it; on a phone, once asked for, a sheet over it.
    with st.container(key="sheet" if opened.turn else "evidence", gap=None):
        with st.container(key="opened", horizontal=True, wrap=False):
            st.html(markup.title_html(source.article, spans, source.number))
            st.button("Close", icon=":material/close:", type="tertiary", on_click=_close)
        st.html(markup.article_html(source.article, spans))
    # The turn makes each click's script another one, so that the browser runs it again.
    script = f"<script>{{ /* {opened.turn} */ {_SHOW_MARK} }}</script>"
    st.html(script, unsafe_allow_javascript=True)


def _about(answer: Answer) -> None:
    """How the answer was made, and the answer to take away."""
    with st.expander("What was searched"):
        st.html(markup.search_html(answer))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Markdown",
            answer_markdown(answer),
            f"medcite-{answer.id}.md",
            "text/markdown",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            answer.to_json(),
            f"medcite-{answer.id}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
