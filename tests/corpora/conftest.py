from collections.abc import Iterator
from pathlib import Path

import pytest

from corpora.store import ArticleStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with ArticleStore(tmp_path / "corpus.sqlite") as opened:
        yield opened
