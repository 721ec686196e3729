"""One server on a small real index for all browser tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.encoder import load_encoder
from tests.e2e.server import find_browser, serving
from tests.fakes.literature import article, put
from tests.fakes.progress import Recorded
from tests.ui.conftest import HOSTILE


@pytest.fixture(scope="session")
def browser() -> str:
    found = find_browser()
    if found is None:
        pytest.skip("no browser was found: install chromium")
    return found


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """A data directory with the invented sample and one hostile record, for the real encoder."""
    home = Home(tmp_path_factory.mktemp("e2e") / "home")
    hostile = article(
        "666",
        HOSTILE,
        "Zorblimab did not lower fever in sepsis <img src=x onerror=alert(3)>.",
    )
    put(home, [hostile])
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([sample]))
    build_index(home, load_encoder(), Recorded())
    return home.root


@pytest.fixture(scope="session")
def address(sample_home: Path, browser: str) -> Iterator[str]:
    """The application on it."""
    with serving(sample_home) as running:
        yield running
