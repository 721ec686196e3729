"""The second harness asks the same: its templates filled in give Medcite's own prompts."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Template

import evaluation.qa
from evaluation.qa.item import Item
from evaluation.qa.prompts import SYSTEM, Style, messages

_FOLDER = Path(evaluation.qa.__file__).parent / "lm_eval"
_SUITES = ("medqa", "medmcqa", "pubmedqa", "mmlu", "medxpertqa", "afrimedqa")


class _Loader(yaml.SafeLoader):
    """Knows lm_eval's `!function module.name`."""


_Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


def _task(name: str) -> dict[str, Any]:
    task: dict[str, Any] = yaml.load((_FOLDER / f"{name}.yaml").read_text(), _Loader)
    return {**_task(Path(task["include"]).stem), **task} if "include" in task else task


@pytest.mark.parametrize("suite", _SUITES)
def test_a_task_asks_what_medcite_asks(suite: str) -> None:
    spec = importlib.util.spec_from_file_location("utils", _FOLDER / "utils.py")
    assert spec is not None
    assert spec.loader is not None
    utils = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(utils)
    options = {"A": "one\nof  them", "B": "other"}
    row = (" Which?\nOf two. ", options, "B", "AIM: We asked.")
    (document,) = utils.documents([row, ("Why?", options, "E", "")], None, 0)
    item = Item("1", "Which?\nOf two.", {"A": "one of them", "B": "other"}, "B", "", row[3])
    system, user = messages(item, Style.FREE, given=suite == "pubmedqa")
    task = _task(suite)
    assert Template(task["doc_to_text"]).render(**document) == user.text
    assert task["description"] == system.text == SYSTEM
    assert callable(getattr(utils, task["custom_dataset"].removeprefix("utils.")))
    assert (document["answer"], task["doc_to_target"]) == ("B", "answer")


def test_best_of_five_votes_over_five_replies() -> None:
    task = _task("medqa_best_of_5")
    assert task["repeats"] == 5
    assert task["generation_kwargs"]["seed"] is None  # else all five would be the same
    assert "majority_vote" in [each["function"] for each in task["filter_list"][0]["filter"]]
