"""One small real index for all browser tests: served to read, copied for those that change it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.encoder import load_encoder
from tests.e2e.server import browsing, find_browser, serving
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
def built(tmp_path_factory: pytest.TempPathFactory, sample: Path, browser: str) -> Home:
    """The invented sample and one hostile record, indexed with the real encoder."""
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
    return home


@pytest.fixture(scope="session")
def address(built: Home) -> Iterator[str]:
    """The application on it, for tests that only read."""
    with serving(built.root) as running:
        yield running


@pytest.fixture
def own_home(built: Home, tmp_path: Path) -> Home:
    """A copy of it that a test may change."""
    return Home(Path(shutil.copytree(built.root, tmp_path / "home")))


@pytest.fixture
def context(browser: str) -> Iterator[BrowserContext]:
    with browsing(browser) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
