"""The Reading lists page: saved articles with notes and tags; manage, export and import lists."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError
from corpora.home import Home
from ui.pages import controls, list_buttons
from ui.pages.session import current_user
from ui.render import markup
from ui.render.inline import inline_markdown
from ui.render.typography import title_markdown
from ui.render.units import counted
from ui.services.library import Library
from ui.services.list_export import LIST_FORMATS, Listed, ListFormat, listed, located, read_list
from ui.services.reading_list import LONGEST_NOTE, ListEntry, ReadingList
from ui.services.reading_lists import Summary

_AT_ONCE = 25
_PAGE = "reading-page"
_TAG = "reading-tag"


def page(library: Library, choose: Callable[[str], None]) -> None:
    """Draw the page; `choose` opens an article by its PMID."""
    try:
        home = library.home
        st.html("<h1>Reading lists</h1>")
        lists = list_buttons.reading_lists(home)
        in_use = list_buttons.reading_list(home)
        summaries = {summary.name: summary for summary in lists.summaries()}
        _manage(home, in_use, is_there=in_use.name in summaries)
        _undo(home)
        tag = _tag(summaries[in_use.name]) if in_use.name in summaries else None
        entries = in_use.entries(tag)
        if not entries:
            st.caption(
                "This list is empty. :material/bookmark_add: beside an article on the Sources"
                " page adds it here; the list is kept when you close the page."
            )
            return
        tags = sorted(summaries[in_use.name].tags)
        _list(home, in_use, listed(home, in_use.name, entries), tags, choose)
    except MedciteError as error:
        controls.problem(error)


def _manage(home: Home, in_use: ReadingList, *, is_there: bool) -> None:
    """Draw the controls that choose, create, rename, remove and import lists."""
    with st.container(horizontal=True, vertical_alignment="center", key="reading-lists"):
        list_buttons.choice(home, fewest=1)
        with st.popover("New list", icon=":material/add:"), st.form("reading-new", border=False):
            st.text_input("Name of the new list", key="reading-new-name")
            st.form_submit_button("Create the list", on_click=_create, args=(home,))
        if is_there:
            with st.popover("Rename or remove", icon=":material/edit:"):
                with st.form("reading-rename", border=False):
                    st.text_input("New name", in_use.name, key="reading-new-title")
                    st.form_submit_button("Rename", on_click=_rename, args=(home, in_use.name))
                st.button(
                    "Remove the list",
                    icon=":material/delete:",
                    on_click=_delete,
                    args=(home, in_use.name),
                    help="This can be undone",
                )
        with st.popover("Import a list", icon=":material/upload:"):
            st.file_uploader(
                "A list exported from Medcite, PMIDs or DOIs, or a literature file",
                key="reading-file",
                on_change=_import,
                args=(home,),
            )


def _create(home: Home) -> None:
    with list_buttons.errors_shown():
        created = list_buttons.reading_lists(home).create(st.session_state["reading-new-name"])
        st.session_state[list_buttons.CHOSEN] = created.name
        st.session_state["reading-new-name"] = ""
        _from_the_top()


def _rename(home: Home, name: str) -> None:
    with list_buttons.errors_shown():
        list_buttons.reading_lists(home).rename(name, st.session_state["reading-new-title"])
        renamed = " ".join(st.session_state["reading-new-title"].split())
        st.session_state[list_buttons.CHOSEN] = renamed


def _delete(home: Home, name: str) -> None:
    with list_buttons.errors_shown():
        list_buttons.reading_lists(home).delete(name)
        st.session_state.pop(list_buttons.CHOSEN, None)
        st.session_state[list_buttons.REMOVED] = True
        _from_the_top()


def _import(home: Home) -> None:
    """Add the articles of an uploaded file to the list of the same name."""
    upload = st.session_state["reading-file"]
    if upload is None:
        return
    with list_buttons.errors_shown(), tempfile.TemporaryDirectory() as folder:
        # The format is detected from the content; of the user's file name only the suffix is used.
        path = Path(folder) / f"list{Path(upload.name).suffix}"
        path.write_bytes(upload.getvalue())
        shared = read_list(path)
        entries, missing = located(home, shared)
        target = ReadingList(home, current_user(), shared.name or Path(upload.name).stem)
        count = target.merge(entries)
        st.session_state[list_buttons.CHOSEN] = target.name
        _from_the_top()
        note = f"; {missing:,} not in this corpus" if missing else ""
        st.toast(
            f"{counted(count, 'article')} added to “{inline_markdown(target.name)}”{note}.",
            icon=":material/check:",
        )


def _from_the_top() -> None:
    st.session_state[_PAGE] = 0
    st.session_state[_TAG] = None


def _tag(summary: Summary) -> str | None:
    """Draw the tag filter; return the tag chosen, None for all entries."""
    if not summary.tags:
        return None
    if st.session_state.get(_TAG) not in summary.tags:
        st.session_state[_TAG] = None
    tag: str | None = st.pills(
        "Filter by tag",
        list(summary.tags),
        key=_TAG,
        format_func=lambda tag: f"{inline_markdown(tag)} :gray[{summary.tags[tag]:,}]",
        on_change=_first_page,
        label_visibility="collapsed",
    )
    return tag


def _first_page() -> None:
    st.session_state[_PAGE] = 0


def _list(
    home: Home,
    in_use: ReadingList,
    shown: Listed,
    tags: list[str],
    choose: Callable[[str], None],
) -> None:
    retracted = sum(article.retracted for article in shown.in_corpus)
    st.caption(counted(len(shown.entries), "article") + ", latest first")
    if retracted:
        verb = "has" if retracted == 1 else "have"
        title = f"{counted(retracted, 'article')} on this list {verb} been retracted"
        st.html(markup.note_html(title, "Do not rely on retracted articles."))
    pmids = {entry.pmid for entry in shown.entries}
    with st.container(horizontal=True, gap="xsmall", key="reading-export"):
        for form in LIST_FORMATS:
            st.download_button(
                form.label,
                partial(_written, home, in_use, pmids, form),
                f"{_file_name(in_use.name)}{form.suffix}",
                form.mime,
                on_click="ignore",
                key=f"take-{form.name}",
                help="With notes and tags" if form.name in ("json", "csv", "ris") else None,
            )
    last = (len(shown.entries) - 1) // _AT_ONCE
    place = min(st.session_state.get(_PAGE, 0), last)
    for entry in shown.entries[place * _AT_ONCE : (place + 1) * _AT_ONCE]:
        _entry(in_use, entry, shown.articles.get(entry.pmid), tags, choose)
    controls.pager(_PAGE, place, last)


def _written(home: Home, in_use: ReadingList, pmids: set[str], form: ListFormat) -> str:
    """Return the list as it is on download, with notes written since the page was drawn."""
    entries = [entry for entry in in_use.entries() if entry.pmid in pmids]
    return form.write(listed(home, in_use.name, entries))


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-") or "reading-list"


def _entry(
    in_use: ReadingList,
    entry: ListEntry,
    article: Article | None,
    tags: list[str],
    choose: Callable[[str], None],
) -> None:
    with st.container(key=f"reading-{entry.pmid}", gap=None):
        with st.container(horizontal=True, key=f"reading-row-{entry.pmid}", wrap=False):
            if article:
                if st.button(
                    title_markdown(article),
                    key=f"reading-open-{entry.pmid}",
                    type="tertiary",
                    wrap=True,
                ):
                    choose(entry.pmid)
            else:
                st.html(markup.missing_html(entry.pmid))
            st.button(
                f"Remove: {title_markdown(article) if article else inline_markdown(entry.pmid)}",
                key=f"reading-remove-{entry.pmid}",
                type="tertiary",
                icon=":material/delete:",
                on_click=_remove,
                args=(in_use, entry.pmid),
            )
        if article:
            st.html(markup.hit_html(article))
        with st.container(horizontal=True, key=f"reading-own-{entry.pmid}"):
            _note(in_use, entry)
            st.multiselect(
                "Tags",
                list(dict.fromkeys((*entry.tags, *tags))),
                entry.tags,
                key=_key(in_use, "tags", entry),
                placeholder="Add tags",
                label_visibility="collapsed",
                accept_new_options=True,
                on_change=_set_tags,
                args=(in_use, entry),
            )


@st.fragment
def _note(in_use: ReadingList, entry: ListEntry) -> None:
    """Draw the note as a fragment: redrawing the page on blur would lose a click on a download."""
    st.text_input(
        "Note",
        entry.note,
        max_chars=LONGEST_NOTE,
        key=_key(in_use, "note", entry),
        placeholder="Add a note",
        label_visibility="collapsed",
        on_change=_annotate,
        args=(in_use, entry),
    )


def _key(in_use: ReadingList, field: str, entry: ListEntry) -> str:
    """Return a widget key; the list is part of it because an article has a note per list."""
    return f"reading-{field}-{entry.pmid}-{in_use.name}"


def _annotate(in_use: ReadingList, entry: ListEntry) -> None:
    with list_buttons.errors_shown():
        in_use.annotate(entry.pmid, st.session_state[_key(in_use, "note", entry)])


def _set_tags(in_use: ReadingList, entry: ListEntry) -> None:
    with list_buttons.errors_shown():
        in_use.tag(entry.pmid, st.session_state[_key(in_use, "tags", entry)])


def _remove(in_use: ReadingList, pmid: str) -> None:
    with list_buttons.errors_shown():
        if in_use.remove(pmid):
            st.session_state[list_buttons.REMOVED] = True


def _undo(home: Home) -> None:
    """Draw the button that undoes removals, the latest first, once this session has removed any."""
    removal = list_buttons.reading_lists(home).last_removal()
    if removal is None or not st.session_state.get(list_buttons.REMOVED):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="reading-undo"):
        removed = escape(f"Removed: {removal}.")
        st.html(f'<p role="status">{removed}</p>', width="content")
        st.button("Undo", icon=":material/undo:", on_click=_restore, args=(home,))


def _restore(home: Home) -> None:
    with list_buttons.errors_shown():
        removal = list_buttons.reading_lists(home).undo()
        st.session_state.pop(list_buttons.REMOVED, None)
        if removal is not None:
            st.session_state[list_buttons.CHOSEN] = removal.name
