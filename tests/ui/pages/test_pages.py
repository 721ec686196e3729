"""The pages' logic, each page run by Streamlit's own test harness."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from corpora.home import Home
from tests.fakes.literature import article, indexed, put
from tests.ui.harness import app, buttons, html
from ui.services.launch import APP
from ui.services.library import Library


def index_page(library):
    from ui.pages import index

    index.page(library)


class TestIndex:
    def test_says_what_is_there(self, library: Library) -> None:
        shown = html(app(index_page, library))
        for expected in ("3 articles, 2021", "3 passages", "hashing", "test.jsonl"):
            assert expected in shown
        assert "has changed" not in shown

    def test_says_that_the_corpus_moved_on(self, tmp_path: Path) -> None:
        from tests.fakes.encoder import HashingEncoder

        home = indexed(tmp_path / "home", [article("1", "One")], HashingEncoder())
        put(home, [article("2", "Two")], name="more.jsonl")
        assert "The corpus has changed" in html(app(index_page, Library(home)))

    def test_without_an_index_the_corpus_is_shown(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "home")
        put(home, [article("1", "One")])
        test = app(index_page, Library(home))
        assert "There is no index" in html(test)
        assert "Build the index" in buttons(test)
        assert "1 article, 2021" in html(test)
        assert "test.jsonl" in html(test)


class TestApp:
    def test_starts_on_an_empty_data_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MEDCITE_HOME", str(tmp_path))
        test = AppTest.from_file(APP, default_timeout=60).run()
        shown = html(test)
        assert "No literature yet" in shown
        assert "Get the demo literature" in buttons(test)
        assert shown.count("For research.") == 1
