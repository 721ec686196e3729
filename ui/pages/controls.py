"""What several pages draw: filters, lists of articles, their citations, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError, NoCorpus, NotReady
from corpora.evidence_level import EvidenceLevel
from retrieval.passage import Filters, Passage
from ui.render import markup
from ui.render.bibliography import FORMATS, bibliography
from ui.render.text import language_name
from ui.render.typography import title_markdown
from ui.services.filter_values import FilterValues


def problem(error: MedciteError) -> None:
    """What happened and what to do next; the commands to copy where nothing is set up yet."""
    st.html(markup.error_html(error))
    commands = ["medcite index build"]
    if isinstance(error, NoCorpus):
        st.caption("The demo literature, some 2,700 articles of 2021, takes a few minutes:")
        commands.insert(0, "medcite corpus fetch demo")
    if isinstance(error, NotReady):
        st.code("\n".join(commands), language="bash")
        st.button("Look again", icon=":material/refresh:")


def filters(key: str, values: FilterValues | None = None) -> Filters:
    """Controls for all that a search can be narrowed by, behind one button.

    `values` are the journals and languages there are; without them neither can be chosen.

    Raises:
        BadInput: no year can be both.
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
    found: Sequence[tuple[str, Article, Passage | None]],
    key: str,
    choose: Callable[[str], None],
) -> None:
    """Articles with a mark before each title; a title that is clicked calls `choose` (PMID)."""
    for mark, article, passage in found:
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
    """Downloads of the articles' references in each format, written when they are asked for.

    `name` begins the files' names.
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
    """The way to the other pages of a list, where there are any.

    Args:
        key: of the page's number in the session, from 0.
        place: the page that is shown.
        last: the last one's number.
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
