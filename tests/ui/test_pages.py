"""The pages' logic, each page run by Streamlit's own test harness."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from corpora.home import Home
from tests.fakes.literature import article, indexed, put
from tests.ui.conftest import HOSTILE
from ui.launch import APP
from ui.library import Library
from ui.render import counted


def sources_page(library):
    from ui.pages import sources

    sources.page(library)


def index_page(library):
    from ui.pages import index

    index.page(library)


def app(page, library: Library, **params: str) -> AppTest:
    test = AppTest.from_function(page, kwargs={"library": library}, default_timeout=60)
    test.query_params.update(params)
    return test.run()


def html(test: AppTest) -> str:
    """All HTML on the page."""
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def buttons(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label.startswith(label)).click()
    return test.run()


class TestSources:
    def test_finds_and_opens_an_article(self, library: Library) -> None:
        test = app(sources_page, library)
        assert "3 articles" in test.caption[0].value
        test.text_input(key="search").input("navorelimab severe pneumonia").run()
        press(test, "Navorelimab in severe pneumonia")
        assert test.query_params["pmid"] == "101"
        shown = html(test)
        for expected in ("Muster E, Doe J", "Pneumonia", "doi.org/10.99999/101", "PMC101"):
            assert expected in shown
        assert "Passages as indexed (1)" in [e.label for e in test.expander]
        press(test, "Back to the search")
        assert "pmid" not in test.query_params
        assert test.text_input(key="search").value == "navorelimab severe pneumonia"

    def test_filters(self, library: Library) -> None:
        test = app(sources_page, library, q="navorelimab")
        assert "Withdrawn: navorelimab halves mortality in severe pneumonia" not in str(
            buttons(test)
        )
        test.checkbox(key="search-retracted").check().run()
        assert "Withdrawn" in str(buttons(test))
        test.number_input(key="search-since").set_value(2022).run()
        assert "Nothing was found." in html(test)

    def test_facets_count_and_narrow(self, library: Library) -> None:
        test = app(sources_page, library, q="navorelimab")
        design = test.multiselect(key="facet-design")
        before = int(test.caption[0].value.split()[0])
        assert sum(int(label.rsplit("(", 1)[1].rstrip(")")) for label in design.options) == before
        assert before > 1
        design.select("Randomised trial").run()
        assert not test.exception
        (chosen,) = test.multiselect(key="facet-design").value
        kept = int(next(o for o in design.options if o.startswith(chosen)).rsplit("(", 1)[1][:-1])
        assert test.caption[0].value == f"{counted(kept, 'article')} of {before} found"
        test.text_input(key="search").input("pneumonia").run()
        assert test.multiselect(key="facet-design").value == []

    def test_similar_articles_leave_out_the_article_and_what_was_retracted(
        self, library: Library
    ) -> None:
        test = app(sources_page, library, pmid="101")
        assert "Similar articles" in html(test)
        keys = [button.key or "" for button in test.button]
        shown = [key for key in keys if key.startswith("similar-")]
        assert shown
        assert not {"similar-open-101", "similar-open-102"}.intersection(shown)
        test.button(key=shown[0]).click().run()
        assert test.query_params["pmid"] == shown[0].rsplit("-", 1)[1]

    def test_an_article_is_cited(self, library: Library) -> None:
        test = app(sources_page, library, pmid="101")
        html(test)
        offered = [e.proto.label for e in test.get("download_button")]
        assert offered == ["BibTeX", "RIS", "NBIB", "Vancouver"]

    def test_a_retraction_cannot_be_overlooked(self, library: Library) -> None:
        shown = html(app(sources_page, library, pmid="102"))
        assert "<strong>Retracted.</strong> Do not rely on this article." in shown
        assert "PMID 103" in shown

    def test_an_unknown_pmid_is_told_so(self, library: Library) -> None:
        assert "There is no article &lt;b&gt;" in html(app(sources_page, library, pmid="<b>"))

    def test_hostile_title(self, library: Library) -> None:
        shown = html(app(sources_page, library, pmid="104"))
        assert HOSTILE.startswith("<script>")
        assert "&lt;script&gt;alert(1)&lt;/script&gt; **Navorelimab** for $x^2$" in shown
        assert "<script>" not in shown


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
