"""`medcite reading`: lists filled, tagged, shared, removed and brought back."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpora.errors import BadInput
from corpora.home import Home
from tests.fakes.literature import article, put
from ui.cli.main import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    put(home, [article("1", "Statins", doi="10.1000/A1"), article("2", "Fibrates")])
    monkeypatch.setenv("MEDCITE_HOME", str(home.root))
    monkeypatch.setenv("COLUMNS", "200")
    return home


def reading(*arguments: str, given: str = "") -> str:
    result = CliRunner().invoke(app, ["reading", *arguments], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def entries(*arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(reading("list", *arguments, "--json"))
    return found


@pytest.mark.usefixtures("home")
class TestReading:
    def test_fills_lists_and_shows_them_with_tags_and_notes(self) -> None:
        assert "There is no reading list yet" in reading("lists")
        added = reading("add", "1", "2", "--list", "Lipids", "--tag", "trial", "--note", "read")
        assert "2 articles added to “Lipids”." in added
        assert "1 article added to “Other”" in reading("add", "-", "--list", "Other", given="1\n")
        assert "Lipids: 2 articles; trial (2)" in reading("lists")
        shown = reading("list", "lipids")
        for expected in ("Statins [trial]", "Fibrates [trial]", "read"):
            assert expected in shown
        assert [each["list"] for each in entries()] == ["Lipids", "Lipids", "Other"]

    def test_an_article_goes_by_any_identifier_and_a_typing_error_by_none(self) -> None:
        reading("add", "https://doi.org/10.1000/a1")
        assert [each["pmid"] for each in entries()] == ["1"]
        assert "1 article not in this corpus" in reading("add", "30000001")
        with pytest.raises(BadInput, match="“statin” is not an identifier"):
            reading("add", "statin")

    def test_tags_and_notes_are_put_on_and_taken_off(self) -> None:
        reading("add", "1", "2")
        reading("tag", "trial; heart", "1", "2")
        reading("tag", "Heart", "2", "--off")
        reading("note", "2", "why")
        assert [each["pmid"] for each in entries("--tag", "heart")] == ["1"]
        assert [(each["tags"], each["note"]) for each in entries("--tag", "trial")] == [
            (["heart", "trial"], ""),
            (["trial"], "why"),
        ]

    def test_with_several_lists_it_asks_which(self) -> None:
        reading("add", "1", "--list", "A")
        reading("add", "1", "--list", "B")
        with pytest.raises(BadInput) as refused:
            reading("remove", "1")
        assert refused.value.next_step == "Name one: “A”, “B”."
        assert "1 article removed from “B”" in reading("remove", "1", "--list", "b")

    def test_what_was_removed_comes_back_and_what_was_shared_is_read(self, tmp_path: Path) -> None:
        reading("add", "1", "2", "--list", "Lipids", "--tag", "trial", "--note", "read")
        before = entries("Lipids")
        reading("export", "Lipids", "--out", str(tmp_path / "x.json"))
        reading("delete", "lipids")
        assert entries() == []
        assert "Restored: the list “Lipids” (2 articles)." in reading("undo")
        assert entries("Lipids") == before
        reading("rename", "Lipids", "Mine")
        reading("import", str(tmp_path / "x.json"))
        assert entries("Lipids") == before
        again = reading("import", str(tmp_path / "x.json"), "--list", "MINE")
        assert "0 articles added to “Mine”, 2 already there." in again
        assert entries("Mine") == [each | {"list": "Mine"} for each in before]
        assert "pmid,title" in reading("export", "Mine", "--format", "csv")
