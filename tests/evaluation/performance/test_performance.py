"""The benchmarks run and say what they promise; their figures are not judged here."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from corpora.errors import BadInput
from evaluation.performance import asking, reading, scaling, searching, synthesis
from retrieval.encoder import load_encoder
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from tests.fakes.pubmed import pubmed_xml, record

pytestmark = pytest.mark.slow


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "pubmed26n0001.xml.gz"
    path.write_bytes(gzip.compress(pubmed_xml(*(record(str(n)) for n in range(300)))))
    told = reading.compare([path], rounds=1)
    assert told["files"] == [path.name]
    assert all(isinstance(told[name], float) for name in ("read_cpu_ratio", "import_cpu_ratio"))
    peak = told["import_peak_mb"]
    assert isinstance(peak, int)
    assert 10 < peak < 400


def test_searching(tmp_path: Path) -> None:
    articles = [article(str(n), f"Title {n}", f"Word{n} word{n % 13}. ") for n in range(1, 700)]
    home = indexed(tmp_path, articles, HashingEncoder())
    kept = tmp_path / "kept"
    told = searching.compare([home], 4_000, "ivf", kept)
    assert told["vectors"] == 4_000
    assert told["recall_at_10"] > 0.9  # type: ignore[operator]
    assert 0 < told["median_ms_one_thread"] <= told["p95_ms_one_thread"]  # type: ignore[operator]
    by_probes = {other["probes"]: other["recall_at_10"] for other in told["others"]}  # type: ignore[attr-defined]
    assert list(by_probes.values()) == sorted(by_probes.values())
    written = (kept / "dense.faiss").stat().st_mtime_ns
    again = searching.compare([home], 4_000, "ivf", kept)
    assert (kept / "dense.faiss").stat().st_mtime_ns == written
    assert (again["recall_at_10"], again["disk_mb"]) == (told["recall_at_10"], told["disk_mb"])
    with pytest.raises(BadInput, match="has the index"):
        searching.compare([home], 5_000, "ivf", kept)


@pytest.mark.encoder
def test_asking(tmp_path: Path) -> None:
    articles = [
        article(str(n), f"Zinc for colds, trial {n}", f"Zinc shortened colds by {n} hours.")
        for n in range(1, 40)
    ]
    home = indexed(tmp_path / "home", articles, load_encoder())
    questions = tmp_path / "questions.jsonl"
    asked = [{"question": f"Does zinc shorten colds by {n} hours?"} for n in range(15)]
    questions.write_text("\n".join(map(json.dumps, asked)))
    told = asking.compare([home], questions)
    assert told["questions"] == 5
    (figures,) = told["homes"]  # type: ignore[misc]
    assert figures["articles"] == 39
    assert figures["answered"] == 5
    assert figures["evidence_over_encoding"].keys() == {"wall", "cpu"}
    assert figures["own_work_ms"]["cpu"] > 0


@pytest.mark.encoder
def test_scaling_builds_once_and_searches_again(tmp_path: Path) -> None:
    articles = [
        article(str(n), f"Trial {n} of zinc", f"Zinc shortened cold {n}.", year=2020 + n % 3)
        for n in range(1, 501)
    ]
    home, kept = indexed(tmp_path / "home", articles, load_encoder()), tmp_path / "kept"
    built = scaling.measure(home, [home], 600, keep=kept)
    assert (built["articles"], built["passages"], built["encoded"]) == (600, 600, 0)
    assert built["recall_at_10"] > 0.99
    assert built["filtered_ms"].keys() == {"median", "p95"}
    (version,) = (folder for folder in (kept / "indexes").iterdir() if folder.is_dir())
    again = scaling.measure(home, [home], 600, keep=kept)
    assert [each for each in (kept / "indexes").iterdir() if each.is_dir()] == [version]
    assert again["disk_bytes"] == built["disk_bytes"]
    assert again["stages"].keys() == built["stages"].keys()
    assert again["stages"]["import"] == built["stages"]["import"]
    with pytest.raises(BadInput, match="is for 600 articles, not 700"):
        scaling.measure(home, [home], 700, keep=kept)
    with pytest.raises(BadInput, match="was not built by this benchmark"):
        scaling.measure(home, [home], 600, keep=home.root)


@pytest.mark.parametrize(("stage", "time"), [("import", 2), ("import vectors", 2), ("dense", 1)])
def test_a_stopped_scaling_run_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, time: int
) -> None:
    articles = [article(str(n), f"Trial {n} of zinc", f"Zinc for cold {n}.") for n in range(1, 501)]
    encoder = HashingEncoder()
    home, kept = indexed(tmp_path / "home", articles, encoder), tmp_path / "kept"
    monkeypatch.setattr(scaling, "load_encoder", lambda: encoder)
    monkeypatch.setattr(scaling, "_FILE", 200)
    monkeypatch.setattr(scaling, "_CHUNK", 250)
    monkeypatch.setattr(synthesis, "BLOCK", 250)
    add, calls = scaling.Stages.add, Counter[str]()

    def stop(stages: scaling.Stages, name: str, cpu: float, wall: float) -> None:
        add(stages, name, cpu, wall)
        calls[name] += 1
        if (name, calls[name]) == (stage, time):
            raise KeyboardInterrupt

    monkeypatch.setattr(scaling.Stages, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        scaling.measure(home, [home], 600, keep=kept)
    before = json.loads((kept / "scaling.json").read_text())
    assert list(before["stages"])[-1] == stage
    encoder.encoded = 0
    resumed = scaling.measure(home, [home], 600, keep=kept)
    assert (resumed["articles"], resumed["passages"], resumed["encoded"]) == (600, 600, 0)
    assert calls["import"] == 3  # files of 200
    assert calls["import vectors"] == 3  # chunks of 250
    assert resumed["stages"].keys() >= {"import", "dense", "searching"}
    assert resumed["recall_at_10"] > 0.9
