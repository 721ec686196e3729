"""A small library over literature made to be difficult to show."""

import shutil
from pathlib import Path

import pytest

from corpora.article import Author, Notice, NoticeKind
from corpora.home import Home
from corpora.importer import import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from tests.fakes.progress import Recorded
from tests.fakes.pubmed import pubmed_xml, record
from ui.services.library import Library

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


# A record as PubMed has it, with italics, and with tags that are text.
SET = record(
    "201",
    "Effects of <i>Helicobacter pylori</i> on V<sub>max</sub> and &lt;i onclick='x()'&gt;CO<sub>2</sub>",
    abstract="<AbstractText>Eradication of <i>Helicobacter pylori</i> raised V<sub>max</sub> in 812"
    " adults with gastritis (<i>p</i> &lt; 0.05).</AbstractText>",
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
def set_library(tmp_path: Path) -> Library:
    """Over a file of PubMed XML with one record, that has typography."""
    home, path = Home(tmp_path / "set"), tmp_path / "set.xml"
    path.write_bytes(pubmed_xml(SET))
    home.create()
    with ArticleStore(home.corpus) as store:
        import_files(store, [path])
    build_index(home, encoder(), Recorded())
    return Library(home, lambda home: local_assistant(Searcher(home, encoder())))


@pytest.fixture
def empty_library(tmp_path: Path) -> Library:
    return Library(Home(tmp_path / "nothing"))
