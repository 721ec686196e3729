"""The server over the small library of the pages' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import HeldWriter, SureReader, local_assistant
from tests.fakes.literature import indexed
from tests.ui.conftest import ARTICLES, encoder
from ui.server.app import create_app
from ui.server.service import Limits, Service
from ui.server.shared import Library

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A data directory that tests only read; keys go elsewhere."""
    return indexed(tmp_path_factory.mktemp("served") / "home", ARTICLES, encoder())


@pytest.fixture
def home(served_home: Home, tmp_path: Path) -> Home:
    """One of a test's own."""
    import shutil

    return Home(shutil.copytree(served_home.root, tmp_path / "home"))


def library_of(home: Home, **changes: object) -> Library:
    changes.setdefault("reader", SureReader())
    return Library(home, lambda home: local_assistant(Searcher(home, encoder()), **changes))


@pytest.fixture
def service(home: Home) -> Service:
    return Service(library_of(home), Limits(per_minute=0))


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_app(service), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def shared(served_home: Home) -> Iterator[TestClient]:
    """A client of a server that a module's tests share, and change nothing of."""
    service = Service(library_of(served_home), Limits(per_minute=0))
    with TestClient(create_app(service), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def held() -> Iterator[HeldWriter]:
    """A writer that waits until it is let go."""
    writer = HeldWriter()
    yield writer
    writer.go.set()
