"""The retrieval benchmark on a handful of judged articles: every system is there and measured."""

from pathlib import Path

import orjson
import pytest

from corpora.errors import BadInput
from corpora.home import Home
from evaluation.retrieval.benchmark import BASELINE, STAGES, evaluate, prepare, report
from evaluation.retrieval.runs import GAIN
from tests.fakes.encoder import HashingEncoder
from tests.fakes.progress import Recorded

_TOPICS = ("aspirin stroke", "heparin thrombosis", "insulin diabetes", "statin cholesterol")


def _lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def test_every_system_is_measured_and_finds_what_is_plain(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    _lines(
        data / "corpus.jsonl",
        [
            {"pmid": str(n), "title": f"On {topic}", "abstract": f"We studied {topic} in adults."}
            for n, topic in enumerate(_TOPICS)
        ],
    )
    _lines(data / "queries.jsonl", [{"id": str(n), "question": t} for n, t in enumerate(_TOPICS)])
    (data / "qrels.txt").write_text("".join(f"{n} 0 {n} 1\n" for n in range(len(_TOPICS))))
    home, encoder = Home(tmp_path / "home"), HashingEncoder(dimension=256)
    prepare(data, home, encoder, Recorded())
    rows = evaluate(data, home, encoder)
    assert [row.name for row in rows] == ["BM25", "dense", BASELINE, *STAGES]
    for row in rows:
        assert row.measures["nDCG@10"] == 1
    assert next(row for row in rows if row.name == BASELINE).gain is None
    table = report(rows)
    assert table.find("nDCG@10", "BM25").value == 1
    assert table.find(GAIN, "dense, held-out third").interval == "[0.0000, 0.0000]"
    assert all(each.name != GAIN for each in table.figures if each.group == BASELINE)


def test_a_folder_without_a_data_set_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"contains no corpus\.jsonl"):
        prepare(tmp_path, Home(tmp_path / "home"), HashingEncoder(), Recorded())
