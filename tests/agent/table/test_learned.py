"""Cells that the span tagger fills."""

from itertools import pairwise
from pathlib import Path

import pytest

from agent.table.learned import LearnedCells, shipped_cells
from agent.table.table import cells_of, cells_of_each
from corpora.article import Article, Section
from corpora.errors import EncoderError
from tests.fakes.literature import article

COHORT = Article(
    "201",
    "Statin use and fracture risk in postmenopausal women: a nationwide cohort study.",
    (
        Section(
            "OBJECTIVE", "To study whether statins are associated with fractures.", "OBJECTIVE"
        ),
        Section(
            "METHODS",
            "We identified 12,345 postmenopausal women in national registers. Statin users were"
            " compared with non-users. The primary outcome was hip fracture.",
            "METHODS",
        ),
        Section(
            "RESULTS",
            "During a median follow-up of 6.5 years, hip fracture was rarer among statin users than"
            " among non-users (hazard ratio 0.82, 95% CI 0.71 to 0.95).",
            "RESULTS",
        ),
    ),
)
ACUPUNCTURE = Article(
    "202",
    "Acupuncture for chronic low back pain in older adults: a randomised controlled trial.",
    (
        Section(
            "METHODS",
            "Older adults with chronic low back pain (n = 240) were randomised to acupuncture or"
            " usual care for 12 weeks. The primary outcome was pain intensity.",
            "METHODS",
        ),
        Section(
            "RESULTS",
            "Pain intensity was lower with acupuncture than with usual care at 12 weeks.",
            "RESULTS",
        ),
    ),
    publication_types=("Randomized Controlled Trial",),
)


def words(of: Article, name: str) -> list[str]:
    return [span.text.casefold() for span in cells_of(of)[name].spans]


@pytest.mark.parametrize(
    ("of", "column", "expected"),
    [
        (COHORT, "population", "postmenopausal women"),
        (COHORT, "outcome", "fracture"),
        (ACUPUNCTURE, "population", "chronic low back pain"),
        (ACUPUNCTURE, "comparator", "usual care"),
        (ACUPUNCTURE, "outcome", "pain intensity"),
    ],
)
def test_cells_of_an_abstract(of: Article, column: str, expected: str) -> None:
    assert any(expected in text for text in words(of, column)), words(of, column)


def test_what_an_abstract_does_not_say_stays_empty() -> None:
    of = article("203", "Care", "Care of patients needs time. We discuss why.")
    cells = cells_of(of)
    assert not any(cells[name].spans for name in ("n", "comparator", "follow_up"))


def test_the_spans_of_a_cell_do_not_overlap() -> None:
    for of in (COHORT, ACUPUNCTURE):
        for cell in cells_of(of).values():
            ordered = sorted(cell.spans, key=lambda span: span.start)
            for one, other in pairwise(ordered):
                assert one.end <= other.start


def test_articles_read_together_have_the_cells_of_each() -> None:
    empty = Article("204", "")
    together = cells_of_each([COHORT, empty, ACUPUNCTURE])
    assert together == [cells_of(COHORT), cells_of(empty), cells_of(ACUPUNCTURE)]


def test_what_is_saved_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "tagger.safetensors"
    shipped_cells().save(path)
    assert path.stat().st_size < 5_000_000
    LearnedCells.load(path).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_broken_weights_are_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tagger.safetensors"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match="cannot be loaded"):
        LearnedCells.load(path)
    with pytest.raises(EncoderError, match="cannot be loaded"):
        LearnedCells.load(tmp_path / "missing")
