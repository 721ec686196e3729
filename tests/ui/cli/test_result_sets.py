"""`medcite search` over a small index: what its options reach."""

from pathlib import Path

import pytest

from corpora.errors import EncoderError
from corpora.home import Home
from retrieval.filters import Filters
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from ui.cli import result_sets
from ui.cli.options import DEFAULT_ENCODER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    literature = [article(str(10_001 + i), f"Asthma {i}", "Asthma was seen.") for i in range(3)]
    return indexed(tmp_path / "home", literature, HashingEncoder(dimension=64, window=256))


class TestNear:
    """What is near in meaning is found with the models that were named."""

    def test_the_encoder_is_the_one_named(self, home: Home, tmp_path: Path) -> None:
        wanted = result_sets.SearchRequest("asthma[ti]", Filters(), export="pmids", near=True)
        empty = tmp_path / "empty"
        empty.mkdir()
        with pytest.raises(EncoderError, match=str(empty)):
            result_sets.search(home, wanted, str(empty), None)

    def test_the_reranker_is_the_one_named(self, home: Home, tmp_path: Path) -> None:
        wanted = result_sets.SearchRequest("asthma[ti]", Filters(), export="pmids", near=True)
        empty = tmp_path / "empty"
        empty.mkdir()
        with pytest.raises(EncoderError, match=f"The reranker {empty}"):
            result_sets.search(home, wanted, DEFAULT_ENCODER, str(empty))
