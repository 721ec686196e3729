"""The Sources page: browse and search the index, and open single articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from corpora.article import Article
from corpora.errors import BadInput, BadQuery, MedciteError
from corpora.evidence_level import EvidenceLevel
from corpora.store import ArticleStore, open_corpus
from retrieval.engines.dense import Numbers
from retrieval.filters import Filters
from retrieval.passage import Passage
from retrieval.result_set import Mode, ResultSet
from ui.pages import article as article_page
from ui.pages import controls, facet_panel, list_buttons, result_controls, result_selection
from ui.pages.session import current_user
from ui.render import markup
from ui.render.typography import title_markdown
from ui.render.units import counted
from ui.services.corpus_browser import MOST_LOOKED_AT, ArticleSet
from ui.services.facets import SORTS, narrowed, relaxed
from ui.services.library import Library
from ui.services.search_log import SearchLog
from ui.services.searching import log_search

if TYPE_CHECKING:
    from retrieval.chunking import Span

_AT_ONCE = 20
_VIEWS = ("List", "Charts", "Map")
# More points than this would hide each other.
_MOST_ON_MAP = 1_000
_FEWEST_ON_MAP = 3
_LONGEST_SEARCH = 20_000


def page(library: Library) -> None:
    """Draw the article named by the URL, else the search."""
    try:
        library.check()
        library.warm()
        if pmid := st.query_params.get("pmid"):
            article_page.page(library, pmid)
        else:
            _search(library)
    except MedciteError as error:
        controls.problem(error)
        if isinstance(error, BadQuery):
            st.code(error.excerpt, language=None)


def _search(library: Library) -> None:
    st.html("<h1>Sources</h1>")
    state = st.session_state
    state.setdefault("search", state.get("searched", st.query_params.get("q", "")))
    text = " ".join(
        st.text_input(
            "Search the index",
            key="search",
            placeholder="Search titles and abstracts with words or a whole question",
            label_visibility="collapsed",
            icon=":material/search:",
            max_chars=_LONGEST_SEARCH,
        ).split()
    )
    if text != state.get("searched"):
        state["searched"] = text
        facet_panel.first_page()
        result_selection.clear()
    if text:
        st.query_params["q"] = text
    else:
        st.query_params.pop("q", None)
    with open_corpus(library.home.corpus) as store:
        selection = _selection(library, store, text)
        choice = facet_panel.chosen()
        rail, main = st.columns([1, 3], gap="large")
        with main, st.container(key="sources-main", gap="small"):
            rows = narrowed(selection.columns, selection.rows, choice)
            result_controls.reading(selection)
            _head(selection, rows, text)
            if len(rows):
                number = st.session_state["sources-logged"] if text else 0
                result_selection.controls(library.home, selection, rows, number)
                _shown(library, store, selection, rows)
            else:
                _nothing(selection, relaxed(selection.columns, selection.rows, choice))
        with rail:
            facet_panel.panel(selection, choice)


def _selection(library: Library, store: ArticleStore, text: str) -> ArticleSet:
    """Return the articles to browse; a search is cached while its results are filtered."""
    state, browser = st.session_state, library.browser
    if not text:
        with st.spinner("Counting the articles (once)…", show_time=False):
            return browser.everything(store)
    with st.spinner("Searching…", show_time=False):
        searcher = library.assistant().searcher
        mode, near = result_controls.chosen_mode(text), bool(state.get(result_controls.NEAR))
        version = searcher.version.manifest.version
        key = (text, mode, near, store.snapshot, version, browser.columns(store))
        if state.get(result_controls.SELECTION, (None,))[0] != key:
            matching = browser.matching(store, searcher, text, mode, near=near)
            state[result_controls.SELECTION] = (key, matching)
            if matching.matches:
                log, filters = SearchLog(library.home, current_user()), Filters()
                state["sources-logged"] = log_search(log, store, matching.matches, filters)
    selection: ArticleSet = state[result_controls.SELECTION][1]
    return selection


def _head(selection: ArticleSet, rows: Numbers, text: str) -> None:
    """Draw the number of results, and the controls for their order and view."""
    sorts = list(SORTS) if text else [name for name in SORTS if name != "Most relevant first"]
    with st.container(horizontal=True, vertical_alignment="bottom", key="sources-head"):
        st.html(markup.found_html(*_counts(selection, rows)))
        st.selectbox(
            "Sort by",
            sorts,
            key="sources-sort" if text else "sources-order",
            label_visibility="collapsed",
            on_change=facet_panel.first_page,
            persist_state="session",
        )
        st.segmented_control(
            "Show as",
            _VIEWS,
            default=_VIEWS[0],
            required=True,
            key="sources-view",
            label_visibility="collapsed",
            persist_state="session",
        )


def _counts(selection: ArticleSet, rows: Numbers) -> tuple[str, str]:
    """Return the number of articles in words, and a note on which ones they are."""
    retracted = int(selection.columns.retracted[selection.rows].sum())
    hidden = 0 if facet_panel.chosen().include_retracted else retracted
    total = len(selection.rows) - hidden
    count = counted(len(rows), "article")
    if len(rows) < total:
        count = f"{len(rows):,} of {counted(total, 'article')}"
    matches, notes = selection.matches, []
    if matches is None and selection.partial:
        notes.append(f"the last {MOST_LOOKED_AT:,} imported")
    elif matches and matches.mode is Mode.SEMANTIC and not len(matches.ids):
        notes.append("none contains every word: these are the most similar in meaning")
    elif matches and (matches.mode is Mode.SEMANTIC or len(selection.rows) > len(matches.ids)):
        notes.append(_matching(matches, shown=len(selection.rows)))
    if matches and selection.partial:
        notes.append(f"only the first {MOST_LOOKED_AT:,} are shown")
    if hidden:
        notes.append(f"{counted(hidden, 'retracted article')} hidden")
    return count, "; ".join(notes)


def _matching(matches: ResultSet, shown: int) -> str:
    """Say how the articles match, and how many do if others are shown with them."""
    count = len(matches.ids)
    predicate = "match"
    if matches.mode is Mode.SEMANTIC:
        predicate = "contains every word" if count == 1 else "contain every word"
    if count == shown:
        return predicate
    others = ", the others are similar in meaning" if count < shown else ""
    return f"{count:,} {predicate}{others}"


def _shown(library: Library, store: ArticleStore, selection: ArticleSet, rows: Numbers) -> None:
    state = st.session_state
    view = state.get("sources-view") or _VIEWS[0]
    if view == "List":
        order = state["sources-sort" if selection.matches else "sources-order"]
        _listed(library, store, selection, SORTS[order](selection.columns, rows))
    elif view == "Charts":
        _charts(selection, rows)
    else:
        _map(library, store, selection, rows)


def _listed(library: Library, store: ArticleStore, selection: ArticleSet, rows: Numbers) -> None:
    """Draw one page of a result, and its pager."""
    last = (len(rows) - 1) // _AT_ONCE
    place = min(st.session_state.get(facet_panel.PAGE, 0), last)
    ids = selection.columns.ids[rows[place * _AT_ONCE : (place + 1) * _AT_ONCE]].tolist()
    articles = store.by_id(ids)
    passages: dict[int, Passage] = {}
    if selection.matches and selection.matches.vector is not None:
        from retrieval.browse import nearest_passages

        version = library.assistant().searcher.version
        passages = nearest_passages(version, articles, selection.matches.vector)
    shown = {id_: articles[id_] for id_ in ids if id_ in articles}
    spans = result_controls.matched(selection.matches, shown)
    on_list, target = list_buttons.listed(library.home), list_buttons.named(library.home)
    for number, id_ in enumerate(ids, start=place * _AT_ONCE + 1):
        if id_ in shown:
            hit = _Hit(id_, number, shown[id_], passages.get(id_), spans[id_])
            _draw(library, hit, on_list, target)
    controls.pager(facet_panel.PAGE, place, last)


@dataclass(frozen=True, slots=True)
class _Hit:
    """An article of a result: its store id, its rank, and the spans that matched.

    `passage` is the most similar one, None if similarity was not computed.
    """

    id: int
    number: int
    article: Article
    passage: Passage | None
    spans: list[Span]

    @property
    def excerpt(self) -> Passage | None:
        """The text to show: from the sentence with most matches."""
        from retrieval.chunking import Span
        from retrieval.highlighting import excerpt

        passage = self.passage
        among = Span(passage.start, passage.end) if passage else None
        part = excerpt(self.article, self.spans, among)
        shown = passage or markup.gist(self.article)
        if part is None:
            return shown
        text = self.article.text[part.start : part.end]
        return Passage("", self.article.pmid, "", part.start, part.end, text)


def _draw(library: Library, hit: _Hit, on_list: set[str], target: str) -> None:
    article = hit.article
    spans = [(span.start, span.end) for span in hit.spans]
    with st.container(key=f"hit-{article.pmid}", gap=None):
        with st.container(horizontal=True, key=f"hit-row-{article.pmid}", wrap=False):
            result_selection.box(hit.id, title_markdown(article))
            st.button(
                f"{hit.number}\\. {title_markdown(article, spans)}",
                key=f"hit-open-{article.pmid}",
                type="tertiary",
                on_click=article_page.open_article,
                args=(article.pmid,),
                wrap=True,
            )
            list_buttons.mark_button(library.home, article, on_list, "mark", among=target)
        st.html(markup.hit_html(article, hit.excerpt, spans))


def _charts(selection: ArticleSet, rows: Numbers) -> None:
    from ui.pages import charts

    columns = selection.columns
    published = columns.years[rows]
    dated = set(published[published > 0].tolist())
    years = {int(year): int((published == year).sum()) for year in dated}
    levels = columns.levels[rows]
    st.html("<h2>Papers per year</h2>")
    charts.years_chart(years)
    st.html("<h2>Evidence pyramid</h2>")
    charts.pyramid({level: int((levels == level).sum()) for level in EvidenceLevel})


def _map(library: Library, store: ArticleStore, selection: ArticleSet, rows: Numbers) -> None:
    from retrieval.browse import mean_vectors
    from retrieval.projection import draw
    from ui.pages import charts

    if not selection.matches:
        rows = SORTS["Newest first"](selection.columns, rows)
    articles = store.by_id(selection.columns.ids[rows[:_MOST_ON_MAP]].tolist())
    vectors = mean_vectors(library.assistant().searcher.version, list(articles))
    indexed = (vectors != 0).any(axis=1)
    placed = [
        article for article, has in zip(articles.values(), indexed.tolist(), strict=True) if has
    ]
    if len(placed) < _FEWEST_ON_MAP:
        st.caption("A map needs at least three indexed articles.")
        return
    atlas = draw(vectors[indexed], placed)
    chosen = "the most relevant" if selection.matches else "the newest"
    which = f"The {len(placed):,} articles that are {chosen}" if len(rows) > len(placed) else "All"
    st.caption(
        f"{which}, with articles on similar subjects close together. The map shows"
        f" {atlas.explained:.0%} of the variance between them. Click an article to open it."
    )
    if pmid := charts.atlas_map(atlas, placed, "sources-map"):
        article_page.open_article(pmid)
        st.rerun()


def _nothing(selection: ArticleSet, freed: dict[str, int]) -> None:
    """Draw that nothing is left, and one button per filter whose removal gives results."""
    if not len(selection.rows):
        raise BadInput("No articles were found.", "Try other words.")
    st.html(markup.note_html("No articles were found.", "The filters exclude all results."))
    for name, count in freed.items():
        label = "With retracted articles" if name == "No retracted articles" else f"Any {name}"
        st.button(
            f"{label}: {counted(count, 'article')}",
            key=f"relax-{name}",
            on_click=facet_panel.give_up,
            args=(name,),
        )
    st.button("Clear all filters", on_click=facet_panel.clear)
