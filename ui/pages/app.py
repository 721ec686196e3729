"""The Streamlit application: its pages and what they share."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from corpora.home import Home
from ui.pages import (
    ask,
    benchmarks,
    history,
    index,
    reading_list,
    screening,
    settings,
    setup,
    sign_in,
    sources,
    verify,
)
from ui.render.text import DISCLAIMER
from ui.services.library import Library, sent_to

STYLE = Path(__file__).parent / "style.css"
# Streamlit would fetch an emoji or a Material symbol from a remote server.
ICON = Path(__file__).parent / "icon.svg"
# A blue that is legible on both themes: an image cannot inherit the page's colours.
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 104 24">
<text x="0" y="18" font-family="sans-serif" font-size="19" font-weight="700" fill="#3d86b5"
>Medcite</text></svg>"""


@st.cache_resource(show_spinner=False)
def library(root: Path) -> Library:
    """Return the library of a data directory, shared by all sessions."""
    return Library(Home(root))


def main() -> None:
    st.set_page_config("Medcite", str(ICON), layout="wide")
    st.html(STYLE)
    st.logo(LOGO, size="medium")
    shared = library(Home.locate().root)
    if not sign_in.entered(shared):
        return
    pages: dict[str, st.Page] = {}
    pages |= {
        "ask": st.Page(partial(ask.page, shared), title="Ask", url_path="ask", default=True),
        "sources": st.Page(partial(sources.page, shared), title="Sources", url_path="sources"),
        "reading": st.Page(
            partial(reading_list.page, shared, lambda pmid: _article(pages["sources"], pmid)),
            title="Reading lists",
            url_path="reading",
        ),
        "screening": st.Page(
            partial(screening.page, shared), title="Screening", url_path="screening"
        ),
        "verify": st.Page(
            partial(verify.page, shared, lambda pmid: _article(pages["sources"], pmid)),
            title="Verify",
            url_path="verify",
        ),
        "index": st.Page(partial(index.page, shared), title="Literature", url_path="index"),
        "history": st.Page(
            partial(history.page, shared, lambda thread: _conversation(pages["ask"], thread)),
            title="History",
            url_path="history",
        ),
        "settings": st.Page(partial(settings.page, shared), title="Settings", url_path="settings"),
    }
    if benchmarks.runs(shared):
        pages["benchmarks"] = st.Page(
            partial(benchmarks.page, shared), title="Benchmarks", url_path="benchmarks"
        )
    chosen = st.navigation(list(pages.values()), position="top")
    # On a phone Streamlit hides its navigation behind a button; style.css shows this one instead.
    with st.container(horizontal=True, wrap=False, key="phone-nav"):
        for page in pages.values():
            st.page_link(page)
    if "pmid" in st.query_params and chosen is pages["ask"]:
        st.switch_page(pages["sources"], query_params={"pmid": st.query_params["pmid"]})
    searching = chosen in (pages["ask"], pages["sources"])
    missing = setup.needed(shared) if searching else None
    if missing:
        setup.page(shared, missing)
    else:
        chosen.run()
    if host := sent_to(shared.home):
        sent = f"Questions, and the passages that may answer them, are sent to {escape(host)}."
        st.html(f'<footer class="muted">{sent}</footer>')
    st.html(f'<footer class="muted">{DISCLAIMER}</footer>')


def _article(sources: st.Page, pmid: str) -> None:
    """Open an article on the Sources page."""
    st.switch_page(sources, query_params={"pmid": pmid})


def _conversation(ask: st.Page, thread: str) -> None:
    """Open a conversation on the Ask page, at its last question."""
    st.session_state.pop("turn", None)
    st.switch_page(ask, query_params={"thread": thread})


main()
