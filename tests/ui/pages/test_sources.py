"""The Sources page and the reading list, run by Streamlit's own test harness."""

import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Checkbox

from corpora.article import Section
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article, indexed
from tests.ui.conftest import HOSTILE, encoder
from tests.ui.harness import app, html, press, titles
from ui.services.library import Library
from ui.services.reading_list import ReadingList


def sources_page(library):
    from ui.pages import sources

    sources.page(library)


def counts(test: AppTest, facet: str) -> dict[str, int]:
    """The values that a facet offers, with their counts."""
    labels = [option.content for option in test.pills(key=f"facet-{facet}").proto.options]
    parts = [label.removesuffix("]").split(" :gray[") for label in labels]
    return {name: int(count.replace(",", "")) for name, count in parts}


def _found(test: AppTest) -> str:
    """How many there are, as a reader sees it."""
    (line,) = re.findall(r'<p class="found".*?</p>', html(test))
    return re.sub("<.*?>", "", line)


def _boxes(test: AppTest) -> list[Checkbox]:
    """The boxes that select the articles of a page."""
    return [box for box in test.checkbox if str(box.key).startswith("choose-")]


def _popovers(test: AppTest) -> list[Any]:
    return [block.proto.popover for block in test.get("popover")]


class TestBrowsing:
    def test_without_a_query_everything_is_there_the_newest_first(self, shelves: Library) -> None:
        test = app(sources_page, shelves)
        assert "<strong>47 articles</strong>" in html(test)
        assert "1 retracted article hidden" in html(test)
        assert len(titles(test)) == 20
        assert counts(test, "year") == {"2021": 2, "2002": 15, "2001": 15, "2000": 15}
        assert titles(test)[2].startswith("3\\. Zorblimab in asthma")

    def test_pages_are_stable_and_numbered_through(self, shelves: Library) -> None:
        test = app(sources_page, shelves)
        first = titles(test)
        press(test, "Next")
        second = titles(test)
        assert second[0].startswith("21\\.")
        press(test, "Next")
        assert len(titles(test)) == 7
        assert not next(b for b in test.button if b.label == "Previous").disabled
        assert next(b for b in test.button if b.label == "Next").disabled
        press(test, "Previous")
        assert titles(test) == second
        seen = [t.split(" ", 1)[1] for t in first + second]
        assert len(set(seen)) == 40
        press(test, second[0])
        press(test, "Back to the search")
        assert titles(test) == second

    def test_counts_are_what_a_choice_shows(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab asthma")
        designs = counts(test, "design")
        assert designs["Randomised trial"] == 9
        test.pills(key="facet-design").select("Randomised trial").run()
        assert f"<strong>{designs['Randomised trial']} of" in html(test)
        # The side on which something was chosen still says what its other values would show.
        assert counts(test, "design") == designs
        years = counts(test, "year")
        test.pills(key="facet-year").select("2001").run()
        assert f"<strong>{years['2001']} of" in html(test)
        assert len(titles(test)) == years["2001"]
        press(test, "Clear all")
        assert test.pills(key="facet-design").value == []
        assert len(titles(test)) == 20

    def test_sorts(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab asthma")
        test.selectbox(key="sources-sort").select("Newest first").run()
        assert all("Zorblimab" in title for title in titles(test))
        test.checkbox(key="sources-near").check().run()
        assert "Zorblimab" not in titles(test)[0]  # of 2021, near in meaning
        test.selectbox(key="sources-sort").select("Strongest design first").run()
        shown = html(test)
        assert shown.index("Randomised trial") < shown.index("Design not stated")

    def test_a_new_search_begins_on_its_first_page_and_keeps_the_filters(
        self, shelves: Library
    ) -> None:
        test = app(sources_page, shelves)
        test.pills(key="facet-year").select("2001").run()
        test.text_input(key="search").input("zorblimab asthma people").run()
        assert titles(test)[0].startswith("1\\.")
        assert "<strong>15 of" in html(test)
        assert test.query_params["q"] == "zorblimab asthma people"

    def test_says_how_the_words_were_met(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab")
        assert _found(test) == "45 articles contain every word"
        test.checkbox(key="sources-near").check().run()
        assert (
            "; 45 contain every word, the others are similar"
            in f"; {_found(test).split(' ', 2)[2]}"
        )
        assert (
            _found(app(sources_page, shelves, q="zorblimab 44")) == "1 article contains every word"
        )
        shown = html(app(sources_page, shelves, q="zorblimab gout"))
        assert "none contains every word: these are the most similar in meaning" in shown

    def test_prisma_numbers_are_there_when_the_export_is_opened(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab[ti]")
        assert not any("PRISMA" in caption.value for caption in test.caption)
        test.session_state["sources-export"] = True
        assert any("PRISMA: 45 records" in caption.value for caption in test.run().caption)

    def test_a_boolean_query_is_said_to_be_one_and_an_error_shows_its_place(
        self, shelves: Library
    ) -> None:
        test = app(sources_page, shelves, q="zorblimab[ti] AND 2001[dp]")
        assert "<strong>15 articles</strong>" in html(test)
        assert test.code[0].value == "zorblimab[ti] AND 2001[dp]"
        press(test, "Search by words and meaning")
        assert not test.code
        broken = app(sources_page, shelves, q="(zorblimab[ti] AND")
        assert "nothing after it" in html(broken)
        assert broken.code[0].value.endswith("^")

    def test_where_filters_leave_nothing_it_says_which_to_relax(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab")
        test.number_input(key="search-since").set_value(2022).run()
        assert "No articles were found." in html(test)
        press(test, "Any Years: 45 articles")
        assert len(titles(test)) == 20
        assert test.number_input(key="search-since").value is None

    def test_more_values_and_one_found_by_name(self, tmp_path: Path) -> None:
        many = [article(str(i), f"T {i}", journal=f"Journal {i:03}") for i in range(40)]
        home = indexed(tmp_path / "home", many, encoder())
        library = Library(home, lambda where: local_assistant(Searcher(where, encoder())))
        test = app(sources_page, library)
        assert len(counts(test, "journal")) == 6
        test.button(key="turn-journal").click().run()
        assert len(counts(test, "journal")) == 30
        rare = test.selectbox(key="find-journal").options[-1]
        test.selectbox(key="find-journal").select(rare).run()
        assert len(titles(test)) == 1
        assert counts(test, "journal")[rare.removesuffix(" (1)")] == 1

    def test_retracted_articles_come_when_asked_for_and_are_marked(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="navorelimab")
        assert "Withdrawn" not in str(titles(test))
        test.checkbox(key="search-retracted").check().run()
        assert "Withdrawn" in str(titles(test))
        assert "<strong>Retracted.</strong>" in html(test)

    def test_years_that_exclude_each_other_leave_nothing(self, shelves: Library) -> None:
        test = app(sources_page, shelves)
        test.number_input(key="search-since").set_value(2010)
        test.number_input(key="search-until").set_value(2000).run()
        assert "No articles were found." in html(test)

    def test_a_name_from_a_paper_is_shown_as_text(self, shelves: Library) -> None:
        (name,) = [n for n in counts(app(sources_page, shelves), "journal") if "Breath" in n]
        assert "<b>" not in name

    def test_charts_and_their_tables(self, shelves: Library) -> None:
        test = app(sources_page, shelves)
        test.segmented_control(key="sources-view").set_value("Charts").run()
        shown = html(test)
        assert "<td class=right>2002</td><td class=right>15</td>" in shown
        assert "<td>Randomised trial</td><td class=right>10</td>" in shown
        assert len(test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")) == 2

    def test_a_map_with_its_groups_as_a_table(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab")
        test.segmented_control(key="sources-view").set_value("Map").run()
        assert any("similar subjects close together" in each.value for each in test.caption)
        assert "The groups of the map" in html(test)

    def test_a_large_corpus_says_what_is_looked_at(self, shelves: Library) -> None:
        from ui.services.corpus_browser import CorpusBrowser

        shelves.browser = CorpusBrowser(shelves.home, most=10)
        assert "the last 1,000 imported" not in html(app(sources_page, shelves))
        # The columns that the index build left are of another corpus now.
        shelves.home.columns.unlink()
        shelves.browser = CorpusBrowser(shelves.home, most=10)
        assert "the last 1,000 imported" in html(app(sources_page, shelves))
        test = app(sources_page, shelves, q="zorblimab")
        assert counts(test, "design")["Randomised trial"] == 9


class TestSelection:
    def test_all_of_a_result_are_selected_not_only_the_page_that_is_shown(
        self, shelves: Library
    ) -> None:
        test = app(sources_page, shelves, q="zorblimab asthma")
        press(test, "Select all 45")
        assert "45 selected" in html(test)
        assert all(box.value for box in _boxes(test))
        press(test, "Next")
        assert all(box.value for box in _boxes(test))
        _boxes(test)[0].uncheck().run()
        assert "44 selected" in html(test)
        press(test, "Add to the list")
        assert len(ReadingList(shelves.home).entries()) == 44
        press(test, "Clear")
        assert "selected" not in html(test)
        assert not any(box.value for box in _boxes(test))

    def test_a_selection_outlives_filters_and_ends_with_the_search(self, shelves: Library) -> None:
        test = app(sources_page, shelves, q="zorblimab asthma")
        test.pills(key="facet-year").select("2001").run()
        press(test, "Select all 15")
        test.pills(key="facet-year").select("2000").run()
        assert "15 selected" in html(test)
        press(test, "Select all 30")
        assert "30 selected" in html(test)
        test.text_input(key="search").input("zorblimab").run()
        assert "selected" not in html(test)

    def test_what_is_selected_is_exported_in_the_order_of_the_result(
        self, shelves: Library
    ) -> None:
        from ui.pages.result_controls import _written

        test = app(sources_page, shelves, q="zorblimab asthma")
        shown = [re.split(r"part ", title)[1] for title in titles(test)]
        for place in (3, 1):
            _boxes(test)[place].check().run()
        assert any(b.label == "Export 2" for b in _popovers(test))
        chosen = test.session_state["sources-chosen"]
        selection = test.session_state["sources-selection"][1]
        ids = [each for each in selection.columns.ids[selection.rows].tolist() if each in chosen]
        assert _written(shelves.home, ids, "pmids", 0, "") == "".join(
            f"{300 + int(shown[place])}\n" for place in (1, 3)
        )


class TestHighlighting:
    def test_what_was_matched_is_marked_in_titles_abstracts_and_the_article(
        self, shelves: Library
    ) -> None:
        test = app(sources_page, shelves, q="people with asthmas")
        first = next(b.label for b in test.button if b.key and "-open-" in b.key)
        assert ":yellow-background[asthma]" in first
        assert "<mark>people</mark> with <mark>asthma</mark>" in html(test)
        press(test, titles(test)[0])
        shown = html(test)
        assert "in <mark>asthma</mark>, part" in shown
        assert "<mark>people</mark> with <mark>asthma</mark>" in shown

    def test_a_boolean_query_marks_truncated_words_and_nothing_that_it_excludes(
        self, shelves: Library
    ) -> None:
        test = app(sources_page, shelves, q="zorbl*[ti] AND peop*[ab] NOT gout")
        assert ":yellow-background[Zorblimab] in asthma" in test.button(key="hit-open-300").label
        assert "Zorblimab was given to 0 <mark>people</mark> with asthma" in html(test)


class TestArticle:
    def test_finds_and_opens_an_article(self, library: Library) -> None:
        test = app(sources_page, library)
        test.text_input(key="search").input("navorelimab severe pneumonia").run()
        press(test, "1\\. Navorelimab in severe pneumonia")
        assert test.query_params["pmid"] == "101"
        shown = html(test)
        for expected in ("Muster E, Doe J", "Pneumonia", "doi.org/10.99999/101", "PMC101"):
            assert expected in shown
        assert "Passages as indexed (1)" in [e.label for e in test.expander]
        press(test, "Back to the search")
        assert "pmid" not in test.query_params
        assert test.text_input(key="search").value == "navorelimab severe pneumonia"

    def test_a_retraction_cannot_be_overlooked(self, library: Library) -> None:
        shown = html(app(sources_page, library, pmid="102"))
        assert "<strong>Retracted.</strong> Do not rely on this article." in shown
        assert "PMID 103" in shown
        assert "<strong>Retracted.</strong>" in html(app(sources_page, library, pmid="101"))

    def test_similar_articles_open(self, library: Library) -> None:
        test = app(sources_page, library, pmid="101")
        assert "Similar: 2 articles" in html(test)
        press(test, "Withdrawn")
        assert test.query_params["pmid"] == "102"

    def test_is_cited_in_each_format(self, library: Library) -> None:
        test = app(sources_page, library, pmid="101")
        html(test)
        offered = [e.proto.label for e in test.get("download_button")]
        assert offered == ["BibTeX", "RIS", "NBIB", "Vancouver"]
        assert test.code[0].value.startswith("Muster E, Doe J. Navorelimab in severe pneumonia")

    def test_sections_and_their_labels(self, tmp_path: Path) -> None:
        parts = (Section("METHODS", "We looked."), Section("RESULTS", "We found."))
        from dataclasses import replace

        home = indexed(tmp_path / "home", [replace(article("1", "T"), sections=parts)], encoder())
        library = Library(home, lambda where: local_assistant(Searcher(where, encoder())))
        assert "<h4>METHODS</h4><p>We looked.</p>" in html(app(sources_page, library, pmid="1"))

    def test_an_unknown_pmid_is_told_so(self, library: Library) -> None:
        assert "There is no article &lt;b&gt;" in html(app(sources_page, library, pmid="<b>"))

    def test_is_set_as_it_was_printed(self, set_library: Library) -> None:
        test = app(sources_page, set_library)
        title = r"Effects of *Helicobacter pylori* on Vmax and CO₂"
        assert titles(test) == [rf"1\. {title}"]
        assert "Eradication of <i>Helicobacter pylori</i> raised V<sub>max</sub>" in html(test)
        shown = html(app(sources_page, set_library, pmid="201"))
        assert (
            'class="title">Effects of <i>Helicobacter pylori</i> on V<sub>max</sub> and CO₂'
        ) in shown
        # Once in the abstract, once in the passage as it is indexed.
        assert shown.count("raised V<sub>max</sub> in 812 adults") == 2

    def test_hostile_title(self, library: Library) -> None:
        shown = html(app(sources_page, library, pmid="104"))
        assert HOSTILE.startswith("<script>")
        assert "&lt;script&gt;alert(1)&lt;/script&gt; **Navorelimab** for $x^2$" in shown
        assert "<script>" not in shown
