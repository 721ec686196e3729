"""Index and Settings pages, and what one meets before there is an index, in Streamlit's harness."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.answer import Flagged
from agent.verification.judge_test import JudgeResult, digest, keep_result
from corpora.errors import BadInput
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.ui.conftest import encoder
from tests.ui.harness import app, buttons, html, press
from tests.ui.pages.test_pages import index_page
from ui.pages.settings import model_rows
from ui.services import operations
from ui.services.jobs import FILES, Job, Jobs, JobStep, state_of
from ui.services.launch import APP
from ui.services.library import Library
from ui.services.settings import Choices, read_choices, write_choices

ONE = '{"pmid": "901", "title": "Zinc shortens colds"}\n'
SECRETS = '[auth]\nclient_id = "a"\n[medcite]\nadmins = ["erika@example.org"]\n'


def settings_page(library):
    from ui.pages import settings

    settings.page(library)


@pytest.fixture
def own(small_home: Home, tmp_path: Path) -> Library:
    """A library that a test may change."""
    home = Home(Path(shutil.copytree(small_home.root, tmp_path / "own")))
    return Library(home, lambda home: local_assistant(Searcher(home, encoder())))


def ended(home: Home) -> Job:
    for _ in range(400):
        job = Jobs(home).latest()
        if job and state_of(job).over:
            return job
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def import_by_path(test: AppTest, path: str) -> AppTest:
    test.text_area[0].input(path)
    next(b for b in reversed(test.button) if b.label == "Import").click()
    return test.run()


class TestIndex:
    def test_imports_by_path_and_reports_what_failed(self, own: Library, tmp_path: Path) -> None:
        file = tmp_path / "more.jsonl"
        file.write_text(ONE + '{"pmid": "8"}\n')
        test = app(index_page, own)
        test.checkbox(key="paths-update").uncheck()
        import_by_path(test, str(file))
        ended(own.home)
        shown = html(test.run())
        assert "Import " in shown
        assert "1 new, 1 not read" in shown
        assert "more.jsonl, record 2" in shown
        assert "1 new, 0 revised, 0 deleted" in shown
        assert "Update the index" in buttons(test)

    @pytest.mark.parametrize(("path", "said"), [("", "No path was given"), ("/nowhere/*", "matches no file")])  # fmt: skip
    def test_a_path_that_is_none_starts_nothing(self, own: Library, path: str, said: str) -> None:
        test = import_by_path(app(index_page, own), path)
        assert said in html(test)
        assert Jobs(own.home).all() == []

    def test_versions_are_rolled_back_only_where_there_is_another(self, own: Library) -> None:
        test = app(index_page, own)
        assert "Use this version" not in buttons(test)
        assert "in use" in html(test)

    def test_who_may_not_change_things_only_looks(self, own: Library) -> None:
        own.home.secrets.write_text(SECRETS)
        test = app(index_page, own)
        assert "3 articles, 2021" in html(test)
        assert not {"Import", "Fetch", "Verify", "Rebuild"} & set(buttons(test))


class TestSettings:
    def test_a_model_file_that_is_here_can_be_chosen(
        self, own: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MEDCITE_MODEL", raising=False)
        own.home.models.mkdir()
        (own.home.models / "medgemma-27b-text-it-Q4_K_M.gguf").touch()
        test = app(settings_page, own)
        assert "none (the default)" in html(test)
        test.selectbox[0].set_value("medgemma-27b:Q4_K_M")
        press(test, "Use")
        assert read_choices(own.home).model == "medgemma-27b:Q4_K_M"
        assert "chosen here" in html(test)

    def test_the_command_line_has_the_last_word(
        self, own: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MEDCITE_MODEL", "http://models.example.org/v1")
        write_choices(own.home, Choices(model="smollm2"))
        test = app(settings_page, own)
        shown = html(test)
        assert "http://models.example.org/v1 (--model or MEDCITE_MODEL)" in shown
        assert "sent to models.example.org" in shown
        assert next(b for b in test.button if b.label == "Use").disabled

    def test_says_how_the_model_judges(self, own: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MEDCITE_MODEL", raising=False)
        test = app(settings_page, own)
        assert "Judging" not in html(test)
        write_choices(own.home, Choices(model="judge.gguf"))
        test = app(settings_page, own)
        assert "not tested" in html(test)
        assert "Test the model's judging" in buttons(test)
        result = JudgeResult("judge", "llama.cpp", 17, 18, 15, 18, 0, digest(), "2026-11-27")
        keep_result(own.home, result)
        shown = html(app(settings_page, own))
        assert "passed its test: supports 17 of 18 right claims" in shown
        keep_result(own.home, replace(result, refused=3))
        assert "failed its test" in html(app(settings_page, own))

    def test_strictness_and_address_are_kept(self, own: Library) -> None:
        test = app(settings_page, own)
        test.radio[0].set_value(Flagged.DROP).run()
        test.radio[1].set_value("auto").run()
        test.text_input[0].input(" e@x.org ").run()
        kept = read_choices(own.home)
        assert (kept.flagged, kept.thinking, kept.email) == (Flagged.DROP, "auto", "e@x.org")

    def test_who_may_not_change_things_only_looks(self, own: Library) -> None:
        own.home.secrets.write_text(SECRETS)
        test = app(settings_page, own)
        assert test.radio[0].disabled
        assert test.text_input[0].disabled

    def test_says_what_fits_this_machine(self, own: Library) -> None:
        from agent.models.catalogue import GIB, Machine

        rows = model_rows(own.home, Machine(0, 24 * GIB))
        assert len(rows) == 24
        assert [row[0] for row in rows if "recommended" in row[-1]] == ["Q4_K_M"]
        assert rows[-1][3] == "does not fit"
        assert not any(row[4] for row in rows)

    def test_a_model_whose_file_is_not_here_is_offered_not_taken(
        self, own: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from agent.models.catalogue import GIB, Machine
        from ui.pages import settings

        started: list[tuple[str, ...]] = []
        monkeypatch.setattr(settings, "_machine", lambda: Machine(0, 40 * GIB))

        def start(self: Jobs, title: str, steps: Sequence[JobStep], **_: object) -> None:
            started.append((*steps[0].command, *steps[0].arguments))

        monkeypatch.setattr(Jobs, "start", start)
        test = app(settings_page, own)
        test.selectbox[0].set_value("medgemma-27b:Q4_K_M")
        press(test, "Use")
        assert "Q4_K_M is not on this computer yet" in html(test)
        assert read_choices(own.home).model == ""
        press(test, "Download 15.41 GiB")
        assert started == [("models", "pull", "Q4_K_M")]
        assert "not on this computer" not in html(test)


class TestFirst:
    def test_without_sign_in_set_up_everyone_is_let_in_and_with_it_nobody(
        self, own: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MEDCITE_HOME", str(own.home.root))
        own.home.secrets.write_text(SECRETS)
        test = AppTest.from_file(APP, default_timeout=60).run()
        assert buttons(test) == ["Sign in"]
        assert "sentence" in html(test)
        own.home.secrets.write_text("[auth")
        assert "cannot be read" in html(test.run())
        assert not buttons(test)


class TestWork:
    def test_uploads_are_bounded(self) -> None:
        assert operations.import_upload(["a.xml"], 10).steps[0].arguments == ("--", FILES)
        for names, total in (([], 0), (["a"] * 51, 10), (["a"], 500_000_001)):
            with pytest.raises(BadInput):
                operations.import_upload(names, total)

    def test_what_is_typed_is_never_taken_for_an_option(self, tmp_path: Path) -> None:
        (tmp_path / "--all").write_text(ONE)
        made = operations.import_paths(f"{tmp_path}/--all")
        assert made.steps[0].arguments[0] == "--"
        fetched = operations.fetch_query("--mirror http://x", 5, "")
        assert fetched.steps[0].arguments == ("--query=--mirror http://x", "--max=5")

    def test_a_build_keeps_to_the_encoder_in_use(self, small_home: Home, tmp_path: Path) -> None:
        assert operations.build(small_home).steps[0].arguments == ("--encoder=hashing",)
        assert operations.build(Home(tmp_path)).steps[0].arguments == ()
        made = operations.build(small_home, "MedCPT", "hnsw", whole=True)
        assert made.steps[0].arguments == ("--dense-type=hnsw", "--encoder=MedCPT", "--force")
