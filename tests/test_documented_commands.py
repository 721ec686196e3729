"""Every command that README and docs name exists, so that their figures can be made again."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from corpora.readers.registry import FORMATS
from ui.cli.main import app
from ui.services.list_export import LIST_FORMATS
from ui.services.result_export import EXPORTS

_ROOT = Path(__file__).parents[1]
_PROGRAM = typer.main.get_command(app)  # once: it takes a sixth of a second
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_MODULE = re.compile(r"python -m ((?:evaluation|corpora|retrieval|agent|ui|tests)[\w.]*)")
_COMMAND = re.compile(
    r"(?:^    |`|/)medcite ((?:[a-z]+(?:-[a-z]+)*[ ]?)+)((?:[^`\n]|\\\n)*)", re.MULTILINE
)


def _commands(page: Path) -> list[tuple[str, str]]:
    return _COMMAND.findall(page.read_text("utf-8"))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_modules_exist(page: Path) -> None:
    for module in _MODULE.findall(page.read_text("utf-8")):
        assert importlib.util.find_spec(module.rstrip(".")), f"{page.name}: {module}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_exist(page: Path) -> None:
    for words, rest in _commands(page):
        command: Any = _PROGRAM
        for word in words.split():
            if not hasattr(command, "commands"):
                break  # an argument
            assert word in command.commands, f"{page.name}: medcite {words}"
            command = command.commands[word]
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest.split(" && ")[0].split("#")[0]):
            assert option in {*known, "--help"}, f"{page.name}: medcite {words}{option}"


def _command(*words: str) -> Any:
    command: Any = _PROGRAM
    for word in words:
        command = command.commands[word]
    return command


def test_help_names_every_format() -> None:
    """Help is text, since building it would import what --help must not."""
    (export,) = (p.help for p in _command("search").params if p.name == "export")
    assert {form.name for form in EXPORTS} <= set(re.findall(r"[\w-]+", export))
    (form,) = (p.help for p in _command("reading", "export").params if p.name == "form")
    assert {each.name for each in LIST_FORMATS} <= set(re.findall(r"[\w-]+", form))
    about = " ".join(_command("corpus", "add").help.split())
    assert [each.phrase for each in FORMATS if each.phrase not in about] == []


def test_there_are_commands_to_check() -> None:
    assert sum(len(_commands(page)) for page in _PAGES) > 50
