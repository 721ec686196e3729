"""Columns: what is counted is what the articles say; kept on disk, and distrusted when damaged."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.article import Notice, NoticeKind
from corpora.evidence_level import EvidenceLevel
from retrieval.facet_columns import CHECK_TAGS, SIDES, make_columns, read_columns
from tests.corpora import strategies
from tests.fakes.literature import article

ARTICLES = [
    (3, article("a", "A randomised controlled trial", mesh=("Asthma", "Humans"), journal="J One", year=2019, published="2019-05")),
    (5, article("b", "B", mesh=("Asthma", "Mice", "Asthma"), journal="J One", languages=("eng", "fre"))),
    (9, article("c", "C", year=0, published="", notices=(Notice(NoticeKind.RETRACTED, "1"),))),
]  # fmt: skip


def counts(columns, side: str, rows: list[int]) -> dict[str, int]:
    among = np.zeros(len(columns), dtype=bool)
    among[rows] = True
    found = columns.sides[side]
    return {n: c for n, c in zip(found.names, found.counts(among).tolist(), strict=True) if c}


def test_counts_and_members() -> None:
    columns = make_columns(ARTICLES, "s")
    assert counts(columns, "mesh", [0, 1, 2]) == {"Asthma": 2}
    assert counts(columns, "people", [1]) == {"Mice": 1}
    assert counts(columns, "language", [0, 1]) == {"eng": 2, "fre": 1}
    assert counts(columns, "year", [0, 1, 2]) == {"2019": 1, "2021": 1}
    assert columns.sides["people"].having(["Humans", "Mice"]).tolist() == [True, True, False]
    assert not columns.sides["mesh"].having(["Gout"]).any()
    assert columns.published.tolist() == [20190500, 20210000, 0]
    assert columns.levels[0] == EvidenceLevel.RANDOMISED_TRIAL
    assert columns.retracted.tolist() == [False, False, True]


def test_rows_of_ids_keep_their_order_and_leave_out_the_unknown() -> None:
    columns = make_columns(ARTICLES)
    assert columns.rows(np.array([9, 4, 3, 99])).tolist() == [2, 0]
    assert make_columns([]).rows(np.array([1])).tolist() == []


@given(st.lists(strategies.articles, max_size=6, unique_by=lambda each: each.pmid))
def test_every_count_is_that_of_the_articles(articles) -> None:
    columns = make_columns(enumerate(articles, start=1))
    everything = list(range(len(articles)))
    for name in SIDES:
        for value, count in counts(columns, name, everything).items():
            assert columns.sides[name].having([value]).sum() == count
    headings = [
        {" ".join(h.split()) for h in a.mesh if h not in CHECK_TAGS} - {""} for a in articles
    ]
    assert sum(counts(columns, "mesh", everything).values()) == sum(map(len, headings))


def test_what_is_kept_is_what_was_made(tmp_path: Path) -> None:
    made = make_columns(ARTICLES, "snapshot")
    made.save(tmp_path / "columns.npz")
    again = read_columns(tmp_path / "columns.npz", "snapshot")
    assert again is not None
    assert again.ids.tolist() == made.ids.tolist()
    assert again.sides["mesh"].names == made.sides["mesh"].names
    assert again.sides["mesh"].codes.tolist() == made.sides["mesh"].codes.tolist()
    assert read_columns(tmp_path / "columns.npz", "another") is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"x" * 500])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    assert read_columns(tmp_path / "c.npz", "s") is None
    assert read_columns(tmp_path / "none.npz", "s") is None


def test_a_truncated_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    make_columns(ARTICLES, "s").save(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert read_columns(path, "s") is None
