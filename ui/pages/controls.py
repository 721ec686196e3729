"""Elements shared by several pages: filters, article lists, citations, errors, pagers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError, NoCorpus, NotReady
from corpora.evidence_level import EvidenceLevel
from retrieval.filters import Filters
from retrieval.passage import Passage
from ui.render import markup
from ui.render.bibliography import FORMATS, bibliography
from ui.render.text import language_name
from ui.render.typography import title_markdown
from ui.services.filter_values import FilterValues


def problem(error: MedciteError) -> None:
    """Draw an error with its next step, and the set-up commands if corpus or index is missing."""
    st.html(markup.error_html(error))
    commands = ["medcite index build"]
    if isinstance(error, NoCorpus):
        st.caption("The demo literature, some 2,700 articles from 2021, takes a few minutes:")
        commands.insert(0, "medcite corpus fetch demo")
    if isinstance(error, NotReady):
        st.code("\n".join(commands), language="bash")
        st.button("Check again", icon=":material/refresh:")


def filters(key: str, values: FilterValues | None = None) -> Filters:
    """Draw the search filters behind one button; return those chosen.

    `values` are the journals and languages in the index; without them neither can be chosen.

    Raises:
        BadInput: the first year is after the last.
    """
    fields = ("since", "until", "designs", "journals", "languages", "people", "retracted")
    names = {name: f"{key}-{name}" for name in fields}
    in_use = sum(bool(st.session_state.get(name)) for name in names.values())
    label = f"Filters ({in_use})" if in_use else "Filters"
    journals: list[str] = []
    languages: list[str] = []
    with st.popover(label, icon=":material/tune:", key=f"{key}-filters"):
        first, last = st.columns(2, wrap=False)
        since = first.number_input(
            "From year",
            1800,
            2100,
            None,
            key=names["since"],
            placeholder="any",
            persist_state="session",
        )
        until = last.number_input(
            "To year",
            1800,
            2100,
            None,
            key=names["until"],
            placeholder="any",
            persist_state="session",
        )
        designs = st.multiselect(
            "Study design",
            list(EvidenceLevel),
            format_func=lambda level: level.label,
            key=names["designs"],
            placeholder="any",
            persist_state="session",
        )
        if values:
            journals = st.multiselect(
                "Journal",
                values.journals,
                key=names["journals"],
                placeholder="any",
                accept_new_options=True,
                persist_state="session",
            )
            languages = st.multiselect(
                "Language",
                values.languages,
                format_func=language_name,
                key=names["languages"],
                placeholder="any",
                persist_state="session",
            )
        people = st.checkbox("Studies in people only", key=names["people"], persist_state="session")
        retracted = st.checkbox(
            "Include retracted articles", key=names["retracted"], persist_state="session"
        )
    return Filters(
        first_year=since,
        last_year=until,
        designs=tuple(designs),
        journals=tuple(journals),
        languages=tuple(languages),
        people_only=people,
        include_retracted=retracted,
    )


def article_list(
    articles: Sequence[tuple[str, Article, Passage | None]],
    key: str,
    choose: Callable[[str], None],
) -> None:
    """Draw articles with a mark before each title; clicking a title calls `choose` (PMID)."""
    for mark, article, passage in articles:
        with st.container(key=f"{key}-{article.pmid}", gap=None):
            st.button(
                f"{mark} {title_markdown(article)}".strip(),
                key=f"{key}-open-{article.pmid}",
                type="tertiary",
                on_click=choose,
                args=(article.pmid,),
            )
            st.html(markup.hit_html(article, passage))


def citations(articles: Sequence[Article], name: str) -> None:
    """Draw downloads of the articles' references, one per format, generated on click.

    `name` is the stem of the file names.
    """
    for form in FORMATS:
        st.download_button(
            form.label,
            partial(bibliography, articles, form.name),
            f"{name}{form.suffix}",
            form.mime,
            on_click="ignore",
            key=f"take-{form.label}",
        )


def pager(key: str, place: int, last: int) -> None:
    """Draw the controls that page through a list, if it has several pages.

    Args:
        key: session key of the page number, which starts at 0.
        place: number of the page shown.
        last: number of the last page.
    """
    if not last:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-pager"):
        st.button("Previous", disabled=not place, on_click=_turn_to, args=(key, place - 1))
        where = f"Page {place + 1:,} of {last + 1:,}"
        st.html(f'<span class="muted">{where}</span>', width="content")
        st.button("Next", disabled=place == last, on_click=_turn_to, args=(key, place + 1))


def _turn_to(key: str, place: int) -> None:
    st.session_state[key] = place
