"""A larger library for the pages that list articles."""

import shutil
from pathlib import Path

import pytest

from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article, indexed
from tests.ui.conftest import ARTICLES, encoder
from ui.services.library import Library


@pytest.fixture(scope="session")
def shelves_home(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small library and 45 articles more."""
    more = [
        article(
            str(300 + i),
            f"Zorblimab in asthma, part {i}",
            f"Zorblimab was given to {i} people with asthma.",
            year=2000 + i % 3,
            published=f"{2000 + i % 3}-0{i % 9 + 1}",
            journal=("Journal of Air", "Breath & <b>Co</b>")[i % 2],
            mesh=("Asthma", "Humans") if i % 3 else ("Lung", "Mice"),
            publication_types=("Randomized Controlled Trial",) if i % 5 == 0 else (),
        )
        for i in range(45)
    ]
    folder = shutil.copytree(small_home.root, tmp_path_factory.mktemp("shelves") / "home")
    return indexed(folder, [*ARTICLES, *more], encoder())


@pytest.fixture
def shelves(shelves_home: Home, tmp_path: Path) -> Library:
    """The larger library in a data directory of the test's own."""
    home = Home(shutil.copytree(shelves_home.root, tmp_path / "home"))
    return Library(home, lambda where: local_assistant(Searcher(where, encoder())))
