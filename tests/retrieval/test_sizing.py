"""The plan: rates that were measured, and arithmetic that agrees with what a build really makes."""

from pathlib import Path

import pytest

from retrieval.build import build_index
from retrieval.sizing import Rates, measure, plan
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from tests.fakes.progress import Recorded

_ARTICLES = [
    article(str(n), f"Title {n}", f"Finding {n} is here at last. " * 40) for n in range(1, 401)
]
_RATES = Rates(passages_per_article=1.5, cut=0.001, encode=0.01, store_bytes=2_000)


@pytest.mark.parametrize("dense", ["exact", "ivf", "hnsw"])
def test_a_plan_agrees_with_a_build_of_that_size(tmp_path: Path, dense: str) -> None:
    encoder = HashingEncoder()
    rates = measure(encoder, _ARTICLES)
    home = indexed(tmp_path, _ARTICLES, encoder)
    built = build_index(home, encoder, Recorded(), dense=dense).manifest
    planned = plan(len(_ARTICLES), rates, encoder.identity.dimension, dense)
    assert planned.passages == built.passages
    assert planned.dense_type == built.dense_type
    made = sum(size for name, (_, size) in built.files.items() if not name.startswith("lexical"))
    assert planned.index_bytes - 400 * rates.lexical_bytes == pytest.approx(made, rel=0.25)


def test_a_plan_allows_for_the_memory_that_large_builds_took() -> None:
    """The peaks beyond the start, docs/scale.md: 1.85 GB at 2·10⁶ vectors, 6.5 GB at 10⁷."""
    for articles, measured in ((2_000_000, 1.85e9), (10_000_000, 6.5e9)):
        rates = Rates(passages_per_article=1, cut=0.001, encode=0.01, store_bytes=2_000)
        assert measured < plan(articles, rates, 384).build_memory < 1.5 * measured


def test_a_plan_grows_with_the_corpus_but_memory_does_not() -> None:
    some, many = plan(4_000_000, _RATES, 384), plan(38_000_000, _RATES, 384)
    assert many.passages == 57_000_000
    assert many.dense_type.paged
    assert many.encode_hours == pytest.approx(57_000_000 * 0.01 / 3600)
    assert many.disk_bytes > 9 * some.disk_bytes
    assert many.build_memory < 8e9
    assert many.search_memory < 1e9
    assert plan(20_000, _RATES, 384).dense_type.exact
