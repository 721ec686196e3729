"""A larger library for the pages that list articles."""

from pathlib import Path

import pytest

from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article, indexed
from tests.ui.conftest import ARTICLES, encoder
from ui.services.library import Library


@pytest.fixture
def shelves(library: Library, tmp_path: Path) -> Library:
    """The small library in a data directory of the test's own, 45 articles more."""
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
    home = indexed(tmp_path / "home", [*ARTICLES, *more], encoder())
    return Library(home, lambda where: local_assistant(Searcher(where, encoder())))
