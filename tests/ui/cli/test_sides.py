"""`medcite sides`: what is for and against a claim."""

import json
from pathlib import Path

import pytest

from retrieval.encoder import load_encoder
from tests.fakes.literature import article, indexed
from tests.ui.cli.commands import medcite

pytestmark = pytest.mark.encoder

_FOR = "Navorelimab reduced mortality in severe pneumonia."
_AGAINST = "Navorelimab did not reduce mortality in severe pneumonia."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sides") / "home"
    trial = ("Randomized Controlled Trial",)
    found = (
        article("1", "A trial", f"We randomised 812 adults. {_FOR}", publication_types=trial),
        article("2", "A cohort", f"We followed 90 adults. {_AGAINST}"),
        article("3", "Other", "Statins reduced mortality in severe pneumonia."),
        article("4", "An aim", "We asked whether navorelimab reduced mortality in pneumonia."),
    )
    return indexed(folder, found, load_encoder()).root


def test_both_sides_with_design_size_and_quotes_that_stand_there(home: Path) -> None:
    done = medcite(home, "sides", _FOR, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (supporting,), (opposing,) = found["supporting"], found["opposing"]
    assert (supporting["pmid"], supporting["quote"]["text"]) == ("1", _FOR)
    assert (supporting["design"], supporting["studied"]) == ("Randomised trial", 812)
    assert (opposing["pmid"], opposing["quote"]["text"]) == ("2", _AGAINST)
    assert found["disagree"]
    shown = medcite(home, "sides", _FOR)
    assert "For (1)" in shown.stdout
    assert "Against (1)" in shown.stdout
    assert shown.stdout.count("For research.") == 1


def test_it_says_when_nothing_takes_a_side_or_nothing_opposes(home: Path) -> None:
    silent = medcite(home, "sides", "Zinc prevents migraine in children.")
    assert silent.returncode == 0, silent.stderr
    assert "takes a side" in silent.stdout
    alone = medcite(home, "sides", "Statins reduced mortality in severe pneumonia.")
    assert "No opposing article was found" in alone.stdout


def test_what_claims_nothing_is_refused(home: Path) -> None:
    asked = medcite(home, "sides", "Does navorelimab reduce mortality?")
    assert asked.returncode == 2
    assert "makes no claim" in asked.stderr


def test_without_an_index_it_says_what_to_do(tmp_path: Path) -> None:
    done = medcite(tmp_path / "nothing", "sides", _FOR)
    assert done.returncode == 3
    assert "medcite corpus fetch demo" in done.stderr
