"""`medcite index`: what is not indexed yet, verification, going back, cleaning up, planning."""

import json
from pathlib import Path

import pytest

from tests.ui.cli.commands import medcite

pytestmark = [pytest.mark.encoder, pytest.mark.slow]


def _json(home: Path, *arguments: str, code: int = 0) -> object:
    done = medcite(home, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_the_life_of_an_index(tmp_path: Path, sample: Path) -> None:
    home = tmp_path / "home"
    assert medcite(home, "corpus", "add", str(sample / "invented-1.xml")).returncode in (0, 1)
    built = medcite(home, "index", "build", "--json")
    assert built.returncode == 0, built.stderr
    first = json.loads(built.stdout.splitlines()[-1])["version"]
    more = tmp_path / "more.jsonl"
    more.write_text('{"pmid": "m1", "title": "Zinc shortens colds"}\n')
    medcite(home, "corpus", "add", str(more))
    status = _json(home, "index", "status")
    assert status["not_indexed"] == {"added": 1, "revised": 0, "deleted": 0}  # type: ignore[index]
    assert status["age"] == "just now"  # type: ignore[index]
    built = medcite(home, "index", "build", "--dense-type", "hnsw", "--json")
    done = json.loads(built.stdout.splitlines()[-1])
    assert (done["encoded"], done["dense_type"]) == (1, "HNSW16,SQ8")
    checks = _json(home, "index", "verify")
    assert {c["name"]: c["ok"] for c in checks} == dict.fromkeys(  # type: ignore[attr-defined]
        ("files", "counts", "corpus", "vectors", "sample"), True
    )
    assert _json(home, "index", "rollback") == {"version": first, "before": done["version"]}
    again = medcite(home, "index", "rollback")
    assert again.returncode == 3
    assert "no version before" in again.stderr
    assert _json(home, "index", "rollback", "--to", done["version"])
    assert _json(home, "index", "prune", "--keep", "1") == {"removed": [first], "kept": [done["version"]]}  # fmt: skip
    dense = home / "indexes" / done["version"] / "dense.faiss"
    dense.write_bytes(dense.read_bytes()[:-9])
    (bad,) = _json(home, "index", "verify", "--sample", "0", code=4)  # type: ignore[misc]
    assert "dense.faiss" in bad["said"]


def test_a_plan_for_all_of_pubmed(tmp_path: Path) -> None:
    told = _json(tmp_path, "index", "plan", "--articles", "38000000")
    assert told["measured_on"] == "Medcite's invented sample"  # type: ignore[index]
    assert told["dense_type"]["factory"].startswith("OPQ")  # type: ignore[index]
    assert told["encode_hours"] > 1  # type: ignore[index]
    assert told["disk_bytes"] > 1e11  # type: ignore[index]
