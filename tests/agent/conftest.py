"""An assistant over the invented sample literature, with an encoder that needs no model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.assistant import Assistant
from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.progress import Recorded


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Home:
    """The sample, imported and indexed."""
    home = Home(tmp_path_factory.mktemp("home"))
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([sample]))
    build_index(home, HashingEncoder(dimension=512, window=256), Recorded())
    return home


@pytest.fixture
def searcher(sample_home: Home) -> Iterator[Searcher]:
    searcher = Searcher(sample_home, HashingEncoder(dimension=512, window=256))
    yield searcher
    searcher.close()


@pytest.fixture
def assistant(searcher: Searcher) -> Assistant:
    return local_assistant(searcher)
