"""The pages' logic, each page run by Streamlit's own test harness."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.answer import Claim
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article, indexed, put
from tests.ui.conftest import HOSTILE, encoder
from ui.launch import APP
from ui.library import Library

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"


def ask_page(library):
    from ui.pages import ask

    ask.page(library)


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


class TestAsk:
    def test_asks_and_shows_a_verdict_and_the_deciding_words(self, library: Library) -> None:
        test = app(ask_page, library)
        assert "What does the literature say?" in html(test)
        test.text_input(key="question").input(QUESTION)
        press(test, "Ask")
        shown = html(test)
        assert "✓ " in shown
        assert 'aria-label="supported"' in shown
        assert "<mark>Navorelimab reduced mortality in severe pneumonia" in shown
        assert "pubmed.ncbi.nlm.nih.gov/101/" in shown
        assert "What does the literature say?" not in shown
        assert test.query_params["q"] == QUESTION

    def test_a_link_with_a_question_answers_it(self, library: Library) -> None:
        test = app(ask_page, library, q=QUESTION)
        assert "supported" in html(test)
        assert test.text_input(key="question").value == QUESTION

    def test_a_citation_opens_and_closes_its_article(self, library: Library) -> None:
        test = app(ask_page, library, q=QUESTION)
        press(test, "Close")
        assert "<mark>" not in html(test)
        press(test, "[1]")
        assert "<mark>" in html(test)
        assert "1 article cited" in html(test)

    def test_a_retracted_article_is_left_out_unless_asked_for(self, library: Library) -> None:
        test = app(ask_page, library, q=QUESTION)
        assert "Withdrawn" not in html(test) + str(buttons(test))
        test.checkbox(key="ask-retracted").check()
        press(test, "Ask")
        assert "Withdrawn" in str(buttons(test))
        assert "<strong>Retracted.</strong>" in html(test)

    def test_abstains_with_what_was_searched_and_the_closest(self, library: Library) -> None:
        test = app(ask_page, library, q="Does zorblimab cure knee osteoarthritis?")
        shown = html(test)
        assert "No answer" in shown
        assert "<q>Does zorblimab cure knee osteoarthritis?</q>" in shown
        assert "<strong>Retracted" not in shown

    @pytest.mark.parametrize("question", ["", "??", "x" * 50_000])
    def test_a_question_that_is_none_is_told_so(self, library: Library, question: str) -> None:
        test = app(ask_page, library)
        test.text_input(key="question").input(question)
        press(test, "Ask")
        assert 'role="alert"' in html(test)

    def test_years_that_exclude_each_other_are_told_so(self, library: Library) -> None:
        test = app(ask_page, library)
        test.number_input(key="ask-since").set_value(2022)
        test.number_input(key="ask-until").set_value(2020)
        test.text_input(key="question").input(QUESTION)
        press(test, "Ask")
        assert "No year is both from 2022 and up to 2020." in html(test)

    def test_hostile_text_is_shown_as_text(self, library: Library) -> None:
        test = app(ask_page, library, q="Does navorelimab change outcomes in sepsis?")
        shown = html(test)
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "&lt;img src=x onerror=y&gt;" in shown
        title = next(label for label in buttons(test) if "alert" in label)
        assert "<script>" not in title
        assert r"\[sepsis\]\(javascript\:alert\(2\)\)" in title

    def test_says_which_command_makes_a_corpus(self, empty_library: Library) -> None:
        test = app(ask_page, empty_library)
        assert "There is no literature" in html(test)
        assert "medcite corpus fetch demo" in test.code[0].value

    def test_an_index_built_meanwhile_is_found(self, empty_library: Library) -> None:
        test = app(ask_page, empty_library)
        put(empty_library.home, [article("1", "A title", "A finding.")])
        press(test, "Look again")
        assert "There is no index" in html(test)


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
        from tests.fakes.literature import indexed

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


class _Miscites:
    """Quotes the trial and cites the other article for it; then quotes that one."""

    def write(self, question, evidence):
        right = next(e for e in evidence if e.article.pmid == "201")
        wrong = next(e for e in evidence if e.article.pmid == "202")
        text = "Navorelimab reduced mortality in severe pneumonia by a quarter."
        assert text in right.passage.text
        held = "Navorelimab was given to adults; mortality in severe pneumonia is high in winter."
        return [Claim(text, (wrong.passage.id,)), Claim(held, (wrong.passage.id,))]

    def revise(self, question, evidence, verdicts):
        return self.write(question, evidence)


def test_a_sentence_that_another_source_carries_offers_that_source(tmp_path: Path) -> None:
    home = indexed(
        tmp_path / "home",
        [
            article("201", "Navorelimab in severe pneumonia", "Navorelimab reduced mortality in severe pneumonia by a quarter."),
            article("202", "Mortality in severe pneumonia", "Navorelimab was given to adults; mortality in severe pneumonia is high in winter."),
        ],
        encoder(),
    )  # fmt: skip
    library = Library(
        home, lambda _: local_assistant(Searcher(home, encoder()), writer=_Miscites())
    )
    test = app(ask_page, library, q=QUESTION)
    shown = html(test)
    assert "but by" in shown
    assert any(label.startswith("[2]") for label in buttons(test))
