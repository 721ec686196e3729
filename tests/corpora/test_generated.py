"""A small share of the generated inputs, and the seeds that once failed."""

import pytest

from tests.corpora.generated import SEEDS, check, generated

_FEW = {"pdf": 20}


@pytest.mark.parametrize("name", SEEDS)
def test_no_exception_of_a_library_reaches_a_user(name: str) -> None:
    generated(name, _FEW.get(name, 60))()


# What generated inputs found, as small as they get.
FAILED_ONCE = [
    ("endnote", b"<xml><records><record><?xml version='1.0' encoding='utf-16nt'?></record></records></xml>"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data"), FAILED_ONCE)
def test_what_failed_once(name: str, data: bytes) -> None:
    check(SEEDS[name][0], data)


@pytest.mark.parametrize("name", SEEDS)
def test_each_reader_reads_its_own_file(name: str) -> None:
    kind, seed = SEEDS[name]
    check(kind, seed)
