"""A small library over literature made to be difficult to show."""

import shutil
from pathlib import Path

import pytest

from corpora.article import Author, Notice, NoticeKind
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from ui.library import Library

HOSTILE = "<script>alert(1)</script> **Navorelimab** for $x^2$ [sepsis](javascript:alert(2))"

ARTICLES = (
    article(
        "101",
        "Navorelimab in severe pneumonia: a randomised trial",
        "We randomised 812 adults with severe pneumonia. Navorelimab reduced mortality in severe"
        " pneumonia (risk ratio 0.74, 95% CI 0.58 to 0.95).",
        authors=(Author("Muster", "Erika", "E"), Author("Doe", "Jane", "J")),
        journal="Archives of Invented Trials",
        publication_types=("Randomized Controlled Trial",),
        mesh=("Pneumonia",),
        doi="10.99999/101",
        pmcid="PMC101",
    ),
    article(
        "102",
        "Withdrawn: navorelimab halves mortality in severe pneumonia",
        "Navorelimab halved mortality in severe pneumonia.",
        notices=(Notice(NoticeKind.RETRACTED, "103", "Arch Invent Trials 2022"),),
    ),
    article("104", HOSTILE, "Navorelimab did not change outcomes in sepsis <img src=x onerror=y>."),
)


def encoder() -> HashingEncoder:
    return HashingEncoder(dimension=512, window=256)


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return indexed(tmp_path_factory.mktemp("pages") / "home", ARTICLES, encoder())


@pytest.fixture
def library(small_home: Home, tmp_path: Path) -> Library:
    """Over a copy, since questions that are asked are kept."""
    home = Home(shutil.copytree(small_home.root, tmp_path / "home"))
    return Library(home, lambda home: local_assistant(Searcher(home, encoder())))


@pytest.fixture
def empty_library(tmp_path: Path) -> Library:
    return Library(Home(tmp_path / "nothing"))
