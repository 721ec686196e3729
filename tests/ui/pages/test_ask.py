"""The Ask page run by Streamlit's own test harness: questions, runs, answers, conversations."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.answer import Claim
from agent.conversations.ratings import Ratings
from agent.writing.protocol import Draft
from corpora.errors import ModelUnavailable
from retrieval.search import Searcher
from tests.fakes.assistant import HeldWriter, SureReader, local_assistant
from tests.fakes.literature import article, indexed, put
from tests.ui.conftest import encoder
from tests.ui.harness import app, buttons, html, press
from ui.render.answer_text import answer_markdown, answer_text
from ui.render.documents import answer_page
from ui.services.library import Library

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"


def ask_page(library):
    from ui.pages import ask

    ask.page(library)


def settled(test: AppTest) -> AppTest:
    """The page when nothing is at work any more."""
    deadline = time.monotonic() + 60
    while "Stop" in buttons(test):
        assert time.monotonic() < deadline
        time.sleep(0.02)
        test.run()
    return test


def asked(library: Library, question: str = QUESTION) -> AppTest:
    """The page when a link has asked a question and its answer is there."""
    return settled(app(ask_page, library, q=question))


def follow(test: AppTest, question: str) -> AppTest:
    test.text_input(key="follow").input(question)
    return settled(press(test, "Ask"))


class TestQuestions:
    def test_asks_and_shows_a_verdict_and_the_deciding_words(self, library: Library) -> None:
        test = app(ask_page, library)
        assert "What does the literature say?" in html(test)
        test.text_input(key="question").input(QUESTION)
        settled(press(test, "Ask"))
        shown = html(test)
        assert "“ " in shown
        assert 'aria-label="quoted"' in shown
        assert "<mark>Navorelimab reduced mortality in severe pneumonia" in shown
        assert "pubmed.ncbi.nlm.nih.gov/101/" in shown
        assert "What does the literature say?" not in shown

    def test_a_link_with_a_question_answers_it_once(self, library: Library) -> None:
        test = asked(library)
        assert "quoted" in html(test)
        assert "q" not in test.query_params
        (thread,) = library.workspace.threads("").all()
        assert test.query_params["thread"] == thread.id
        assert thread.name == QUESTION

    def test_a_citation_opens_and_closes_its_article(self, library: Library) -> None:
        test = asked(library)
        press(test, "Close")
        assert "<mark>" not in html(test)
        press(test, "[1]")
        assert "<mark>" in html(test)
        assert "1 article cited" in html(test)

    def test_a_retracted_article_is_left_out_unless_asked_for(self, library: Library) -> None:
        test = asked(library)
        assert "Withdrawn" not in str(buttons(test))
        assert "a retracted article was left out: Withdrawn" in html(test)
        test.checkbox(key="ask-retracted").check()
        follow(test, QUESTION)
        assert "Withdrawn" in str(buttons(test))
        assert "<strong>Retracted.</strong>" in html(test)
        assert "with retracted articles" in html(test)

    def test_filters_narrow_and_are_told(self, library: Library) -> None:
        test = app(ask_page, library)
        assert list(test.multiselect(key="ask-journals").options) == ["Archives of Invented Trials"]
        assert list(test.multiselect(key="ask-languages").options) == ["English"]
        test.multiselect(key="ask-journals").select("Archives of Invented Trials")
        test.checkbox(key="ask-people").check()
        test.number_input(key="ask-since").set_value(2020)
        test.text_input(key="question").input(QUESTION)
        settled(press(test, "Ask"))
        (thread,) = library.workspace.threads("").all()
        (turn,) = library.workspace.threads("").turns(thread.id)
        assert turn.filters.people_only
        assert turn.filters.journals == ("Archives of Invented Trials",)
        assert "only since 2020, Archives of Invented Trials, studies in people" in html(test)

    def test_abstains_with_what_was_searched_and_the_closest(self, library: Library) -> None:
        test = asked(library, "Does zorblimab cure knee osteoarthritis?")
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
        assert library.workspace.threads("").all() == []
        linked = app(ask_page, library, q=question or "?")
        assert 'role="alert"' in html(linked)

    def test_a_journal_that_nothing_is_of_is_told_so_with_what_there_is(
        self, library: Library
    ) -> None:
        test = app(ask_page, library)
        test.multiselect(key="ask-journals").set_value(["Archives of Invented Trial"])
        test.text_input(key="question").input(QUESTION)
        press(test, "Ask")
        shown = html(test)
        assert "No article in the index has the journal “Archives of Invented Trial”." in shown
        assert "Did you mean “archives of invented trials”?" in shown
        assert library.workspace.threads("").all() == []

    def test_years_that_exclude_each_other_are_told_so(self, library: Library) -> None:
        test = app(ask_page, library)
        test.number_input(key="ask-since").set_value(2022)
        test.number_input(key="ask-until").set_value(2020)
        test.text_input(key="question").input(QUESTION)
        press(test, "Ask")
        assert "No year is between 2022 and 2020." in html(test)

    def test_sentences_and_evidence_are_set_as_they_were_printed(
        self, set_library: Library
    ) -> None:
        question = "Does eradication of Helicobacter pylori raise Vmax in adults with gastritis?"
        shown = html(asked(set_library, question))
        words = (
            "Eradication of <i>Helicobacter pylori</i> raised V<sub>max</sub> in 812 adults with"
            " gastritis (<i>p</i> &lt; 0.05)."
        )
        assert f"<p>{words} <span" in shown
        assert f"<p><mark>{words}</mark></p>" in shown
        (turn,) = set_library.workspace.threads("").all()
        (made,) = set_library.workspace.threads("").turns(turn.id)
        assert made.answer is not None
        page = answer_page(made.answer)
        assert words in page
        assert "on V<sub>max</sub> and CO₂" in page
        assert "onclick" not in page
        assert r"Eradication of *Helicobacter pylori* raised Vmax" in answer_markdown(made.answer)
        assert "Eradication of Helicobacter pylori raised Vmax" in answer_text(made.answer)

    def test_hostile_text_is_shown_as_text(self, library: Library) -> None:
        test = asked(library, "Does navorelimab change outcomes in sepsis?")
        title = next(label for label in buttons(test) if "alert" in label)
        shown = html(test) + html(press(test, title))
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "&lt;img src=x onerror=y&gt;" in shown
        assert "<script>" not in title
        assert r"\[sepsis\]\(javascript\:alert\(2\)\)" in title

    def test_says_which_command_makes_a_corpus(self, empty_library: Library) -> None:
        test = app(ask_page, empty_library)
        assert "There is no literature" in html(test)
        assert "medcite corpus fetch demo" in test.code[0].value

    def test_an_index_built_meanwhile_is_found(self, empty_library: Library) -> None:
        test = app(ask_page, empty_library)
        put(empty_library.home, [article("1", "A title", "A finding.")])
        press(test, "Check again")
        assert "There is no index" in html(test)

    def test_examples_are_of_the_index_and_answer(self, tmp_path: Path) -> None:
        library = _library(
            tmp_path,
            article("1", "Effect of navorelimab on mortality in pneumonia: a meta-analysis",
                    "Navorelimab lowered mortality in pneumonia in this meta-analysis of trials."),
            reader=SureReader(),
        )  # fmt: skip
        test = app(ask_page, library)
        deadline = time.monotonic() + 60
        example = "What is the effect of navorelimab on mortality in pneumonia?"
        while example not in buttons(test):
            assert time.monotonic() < deadline
            time.sleep(0.05)
            test.run()
        settled(press(test, example))
        assert 'aria-label="quoted"' in html(test)

    def test_an_answer_leaves_the_page_in_every_form(self, library: Library) -> None:
        labels = [button.label for button in asked(library).get("download_button")]
        assert labels == ["Markdown", "Web page", "JSON", "BibTeX", "RIS", "NBIB", "Vancouver"]


class TestConversations:
    def test_a_follow_up_says_how_it_was_read(self, library: Library) -> None:
        test = follow(asked(library), "and in women?")
        shown = html(test)
        assert '<h2 class="question">and in women?</h2>' in shown
        assert (
            "Interpreted as: Does navorelimab reduce mortality in severe pneumonia in women?"
            in shown
        )
        assert "2 questions" in shown
        press(test, "1\\. Does navorelimab")
        assert any(label.startswith("2\\. and in women") for label in buttons(test))

    def test_how_a_follow_up_was_read_can_be_changed(self, library: Library) -> None:
        test = follow(asked(library), "and in women?")
        read = next(box for box in test.text_input if box.label == "Interpreted as")
        read.input("Does navorelimab reduce mortality in severe pneumonia in older women?")
        shown = html(settled(press(test, "Ask this instead")))
        assert "3 questions" in shown
        assert "Does navorelimab reduce mortality in severe pneumonia in older women?" in shown

    def test_a_link_to_a_conversation_opens_it_and_nobody_elses(self, library: Library) -> None:
        mine = asked(library).query_params["thread"]
        assert "<mark>" in html(app(ask_page, library, thread=mine))
        theirs = library.workspace.threads("b@x.org").start(QUESTION).id
        for unknown in (theirs, "<b>", "0" * 8):
            test = app(ask_page, library, thread=unknown)
            assert "You have no conversation" in html(test)
            assert "<b>" not in html(test)
            press(test, "Ask a question")
            assert "What does the literature say?" in html(test)

    def test_another_question_begins_another_conversation(self, library: Library) -> None:
        test = asked(library)
        press(test, "New question")
        assert "What does the literature say?" in html(test)
        assert "thread" not in test.query_params
        test.text_input(key="question").input(QUESTION)
        settled(press(test, "Ask"))
        assert len(library.workspace.threads("").all()) == 2

    def test_a_rating_with_its_note_is_kept(self, library: Library) -> None:
        test = asked(library)
        test.get("feedback")[0].set_value(0).run()
        note = next(each for each in test.text_input if each.key.startswith("note-"))
        note.input("Misses the largest trial.").run()
        (rating,) = Ratings(library.workspace.threads("")).all()
        assert (rating.good, rating.note) == (False, "Misses the largest trial.")


class TestRuns:
    def test_a_run_is_seen_survives_a_reload_and_is_stopped(self, tmp_path: Path) -> None:
        library, held = _held(tmp_path)
        test = app(ask_page, library, q=QUESTION)
        _until(test, "Writing…")
        shown = html(test)
        for expected in (
            "Searching with 3 queries",
            "1 article found",
            "Doe 2021",
        ):
            assert expected in shown
        reloaded = app(ask_page, library, thread=test.query_params["thread"])
        assert "Writing…" in html(reloaded)
        press(reloaded, "Stop")
        assert "Stopping…" in html(reloaded)
        held.go.set()
        settled(reloaded)
        assert "<strong>Stopped</strong>" in html(reloaded)
        settled(press(reloaded, "Resume"))
        assert 'aria-label="quoted"' in html(reloaded)
        assert held.calls == 1
        assert 'aria-label="quoted"' in html(settled(test.run()))

    def test_a_question_that_was_stopped_can_be_removed(self, tmp_path: Path) -> None:
        library, held = _held(tmp_path)
        test = app(ask_page, library, q=QUESTION)
        _until(test, "Writing…")
        press(test, "Stop")
        held.go.set()
        press(settled(test), "Remove the question")
        thread = library.workspace.threads("").find(test.query_params["thread"])
        assert thread.turns == 0

    def test_what_fails_is_told_and_tried_again(self, tmp_path: Path) -> None:
        broken = [ModelUnavailable("The server died.", "Try again.")]

        class Fails:
            def write(self, question, evidence, reading):
                if broken:
                    raise broken.pop()
                said = "Navorelimab reduced mortality in severe pneumonia in this trial."
                return Draft((Claim(said, (evidence[0].passage.id,)),))

            def revise(self, question, evidence, verdicts):
                return list(self.write(question, evidence, None).claims)

        library = _library(tmp_path, _TRIAL, writer=Fails())
        test = asked(library)
        assert "The server died." in html(test)
        settled(press(test, "Resume"))
        assert "quoted" in html(test)

    def test_ten_people_ask_at_once_and_one_page_never_waits_for_another(
        self, tmp_path: Path
    ) -> None:
        library, held = _held(tmp_path)
        pages = [app(ask_page, library, q=QUESTION) for _ in range(10)]
        # All pages came back though no question is answered yet.
        assert all("Stop" in buttons(page) for page in pages)
        assert "ahead of this one…" in "".join(html(page) for page in pages)
        held.go.set()
        for page in pages:
            assert 'aria-label="quoted"' in html(settled(page))
        assert len({page.query_params["thread"] for page in pages}) == 10


_TRIAL = article("1", "Navorelimab in pneumonia: a randomised trial",
                 "Navorelimab reduced mortality in severe pneumonia in this trial.")  # fmt: skip


def _library(folder: Path, *articles, **changes) -> Library:
    home = indexed(folder / "home", articles, encoder())
    return Library(home, lambda home: local_assistant(Searcher(home, encoder()), **changes))


def _held(folder: Path) -> tuple[Library, HeldWriter]:
    from dataclasses import replace

    from corpora.article import Author

    held = HeldWriter()
    trial = replace(_TRIAL, authors=(Author("Doe", "Jane", "J"),))
    return _library(folder, trial, writer=held), held


def _until(test: AppTest, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in html(test):
        assert time.monotonic() < deadline, html(test)
        time.sleep(0.02)
        test.run()


class _Miscites:
    """Quotes the trial and cites the other article for it; then quotes that one."""

    def write(self, question, evidence, reading):
        right = next(e for e in evidence if e.article.pmid == "201")
        wrong = next(e for e in evidence if e.article.pmid == "202")
        text = "Navorelimab reduced mortality in severe pneumonia by a quarter."
        assert text in right.passage.text
        held = "Navorelimab was given to adults; mortality in severe pneumonia is high in winter."
        return Draft((Claim(text, (wrong.passage.id,)), Claim(held, (wrong.passage.id,))))

    def revise(self, question, evidence, verdicts):
        return list(self.write(question, evidence, None).claims)


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
    test = asked(library)
    shown = html(test)
    assert "but supported by" in shown
    assert any(label.startswith("[2]") for label in buttons(test))


class _Wrong:
    """Drafts what no article says."""

    def write(self, question, evidence, reading):
        return Draft((Claim("Bananas cure 97% of gout.", (evidence[0].passage.id,)),))

    def revise(self, question, evidence, verdicts):
        return list(self.write(question, evidence, None).claims)


def test_a_draft_that_did_not_stand_is_folded_below_the_quotations(tmp_path: Path) -> None:
    test = asked(_library(tmp_path, _TRIAL, writer=_Wrong()))
    assert "quoted" in html(test)
    folded = next(e for e in test.expander if "failed its check" in e.label)
    assert not folded.proto.expanded
    assert "Bananas cure" in html(folded)
