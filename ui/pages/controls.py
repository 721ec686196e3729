"""What several pages draw: filters, lists of articles, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError, NoCorpus, NotReady
from corpora.evidence_level import EvidenceLevel
from retrieval.passage import Filters, Passage
from ui import markup
from ui.render import markdown_text


def problem(error: MedciteError) -> None:
    """What happened and what to do next; the commands to copy where nothing is set up yet."""
    st.html(markup.error_html(error))
    commands = ["medcite index build"]
    if isinstance(error, NoCorpus):
        st.caption("The demo literature, some 2,800 articles of 2021, takes a few minutes:")
        commands.insert(0, "medcite corpus fetch demo")
    if isinstance(error, NotReady):
        st.code("\n".join(commands), language="bash")
        st.button("Look again", icon=":material/refresh:")


def filters(key: str) -> Filters:
    """Controls for years, study designs and retracted articles, behind one button.

    Raises:
        BadInput: no year can be both.
    """
    names = {name: f"{key}-{name}" for name in ("since", "until", "designs", "retracted")}
    in_use = sum(bool(st.session_state.get(name)) for name in names.values())
    label = f"Filters ({in_use})" if in_use else "Filters"
    with st.popover(label, icon=":material/tune:", key=f"{key}-filters"):
        first, last = st.columns(2, wrap=False)
        since = first.number_input(
            "From year", 1800, 2100, None, key=names["since"], placeholder="any"
        )
        until = last.number_input(
            "To year", 1800, 2100, None, key=names["until"], placeholder="any"
        )
        designs = st.multiselect(
            "Study design",
            list(EvidenceLevel),
            format_func=lambda level: level.label,
            key=names["designs"],
            placeholder="any",
        )
        retracted = st.checkbox("Include retracted articles", key=names["retracted"])
    return Filters(
        first_year=since,
        last_year=until,
        designs=tuple(designs),
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
                f"{mark} {markdown_text(article.title)}".strip(),
                key=f"{key}-open-{article.pmid}",
                type="tertiary",
                on_click=choose,
                args=(article.pmid,),
            )
            st.html(markup.hit_html(article, passage))
