"""`medcite evaluate`: every command prints the one form, as text or JSON."""

import json
from pathlib import Path

from corpora.home import Home
from corpora.store import ArticleStore
from tests.ui.cli.commands import medcite

_FIELDS = {"name", "value", "low", "high", "n", "group"}


def _json(home: Path, *words: str) -> dict[str, dict[str, float]]:
    """The figures of a command by name."""
    result = medcite(home, "evaluate", *words, "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report.keys() <= {"suite", "of", "figures", "notes", "items"}
    assert report["of"]["medcite"]
    assert all({"name", "value"} <= each.keys() <= _FIELDS for each in report["figures"])
    return {each.get("group", "") + each["name"]: each for each in report["figures"]}


def test_a_run_is_measured_and_compared(tmp_path: Path) -> None:
    qrels, run, base = (tmp_path / name for name in ("qrels", "run", "base"))
    qrels.write_text("q1 0 a 1\nq2 0 b 1\n")
    run.write_text("q1 Q0 a 1 2 x\nq2 Q0 b 1 2 x\n")
    base.write_text("q1 Q0 a 1 2 x\nq2 Q0 z 1 2 x\n")
    words = ("run", str(run), "--qrels", str(qrels), "--baseline", str(base))
    figures = _json(tmp_path, *words)
    assert (figures["nDCG@10"]["value"], figures["nDCG@10"]["n"]) == (1.0, 2)
    gain = figures["gain in nDCG@10"]
    assert (gain["value"], gain["low"], gain["high"]) == (0.5, 0.0, 1.0)
    text = medcite(tmp_path, "evaluate", *words).stdout
    assert "| gain in nDCG@10 | 0.5000 | [0.0000, 1.0000] | 2   |" in text
    assert "medcite: " in text


def test_recorded_judgements_of_other_systems(tmp_path: Path) -> None:
    figures = _json(tmp_path, "peers", "answers")
    assert figures["Medcitescore, of 1"]["n"] == 40
    assert "| paper-qa |" in medcite(tmp_path, "evaluate", "peers", "answers").stdout


def test_designs_need_the_demo_literature(tmp_path: Path) -> None:
    with ArticleStore(Home(tmp_path).corpus):
        pass
    result = medcite(tmp_path, "evaluate", "designs")
    assert result.returncode == 2
    assert "medcite corpus fetch demo" in result.stderr
