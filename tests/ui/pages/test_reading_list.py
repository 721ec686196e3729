"""The page of reading lists, run by Streamlit's own test harness."""

from pathlib import Path

from corpora.home import Home
from tests.ui.harness import app, html, press, titles
from tests.ui.pages.test_sources import sources_page
from ui.services.library import Library
from ui.services.list_export import list_format, listed
from ui.services.reading_list import ListEntry, ReadingList
from ui.services.reading_lists import ReadingLists


def reading_page(library):
    import streamlit as st

    from ui.pages import reading_list

    reading_list.page(library, lambda pmid: st.session_state.update(chosen=pmid))


class TestReadingList:
    def test_what_is_put_on_it_is_there_in_another_session(self, shelves: Library) -> None:
        assert "This list is empty" in app(reading_page, shelves).caption[0].value
        test = app(sources_page, shelves, q="navorelimab severe pneumonia")
        test.button(key="mark-101").click().run()
        assert test.button(key="mark-101").label.startswith("Remove from the reading list")
        test = app(reading_page, shelves)
        assert titles(test) == ["Navorelimab in severe pneumonia\\: a randomised trial"]
        offered = [e.proto.label for e in test.get("download_button")]
        assert offered[:3] == ["JSON", "CSV", "RIS"]

    def test_a_note_is_kept_and_a_removal_undone(self, shelves: Library) -> None:
        ReadingList(shelves.home).add("101")
        test = app(reading_page, shelves)
        test.text_input(key="reading-note-101-Reading list").input("the trial").run()
        test = app(reading_page, shelves)
        assert test.text_input(key="reading-note-101-Reading list").value == "the trial"
        test.button(key="reading-remove-101").click().run()
        assert ReadingList(shelves.home).entries() == []
        press(test, "Undo")
        assert ReadingList(shelves.home).entries()[0].note == "the trial"
        assert "Removed:" not in html(test)

    def test_a_retraction_is_said_at_its_head(self, shelves: Library) -> None:
        for pmid in ("101", "102"):
            ReadingList(shelves.home).add(pmid)
        shown = html(app(reading_page, shelves))
        assert "1 article on this list has been retracted" in shown
        assert "<strong>Retracted.</strong>" in shown

    def test_an_article_that_is_gone_keeps_its_place(self, shelves: Library) -> None:
        ReadingList(shelves.home).add("<i>404")
        shown = html(app(reading_page, shelves))
        assert "&lt;i&gt;404" in shown
        assert "is no longer in this corpus" in shown

    def test_an_article_is_opened(self, shelves: Library) -> None:
        ReadingList(shelves.home).add("101")
        test = app(reading_page, shelves)
        test.button(key="reading-open-101").click().run()
        assert test.session_state["chosen"] == "101"

    def test_without_literature_the_list_still_opens(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "home")
        ReadingList(home).add("5")
        assert "is no longer in this corpus" in html(app(reading_page, Library(home)))

    def test_several_lists_each_with_its_tags_and_a_way_back(self, shelves: Library) -> None:
        test = app(reading_page, shelves)
        test.text_input(key="reading-new-name").input("Asthma")
        press(test, "Create the list")
        ReadingList(shelves.home, "", "Asthma").add(["300", "301"])
        ReadingList(shelves.home, "", "Other").add("302")
        test = app(reading_page, shelves)
        assert test.selectbox(key="reading-list").options == ["Asthma", "Other"]
        test.multiselect(key="reading-tags-300-Asthma").set_value(["trial"]).run()
        test.pills(key="reading-tag").select("trial").run()
        assert titles(test) == ["Zorblimab in asthma, part 0"]
        test.selectbox(key="reading-list").select("Other").run()
        assert titles(test) == ["Zorblimab in asthma, part 2"]
        press(test, "Remove the list")
        assert "Removed: the list “Other” (1 article)." in html(test)
        assert len(titles(test)) == 2
        press(test, "Undo")
        assert titles(test) == ["Zorblimab in asthma, part 2"]
        test.text_input(key="reading-new-title").input("Lungs")
        press(test, "Rename")
        assert ReadingLists(shelves.home).names() == ["Asthma", "Lungs"]

    def test_an_exported_list_is_read_in(self, shelves: Library, tmp_path: Path) -> None:
        entries = [ListEntry("300", "2021-01-01T00:00:00+00:00", "why", ("trial",))]
        text = list_format("json").write(listed(shelves.home, "From Anna", entries))
        test = app(reading_page, shelves)
        test.file_uploader(key="reading-file").upload("x.json", text.encode()).run()
        assert ReadingList(shelves.home, "", "From Anna").entries()[0].tags == ("trial",)
        assert titles(test) == ["Zorblimab in asthma, part 0"]

    def test_a_long_list_is_shown_in_pages(self, shelves: Library) -> None:
        ReadingList(shelves.home).add([str(300 + i) for i in range(45)])
        test = app(reading_page, shelves)
        assert len(titles(test)) == 25
        press(test, "Next")
        assert len(titles(test)) == 20
