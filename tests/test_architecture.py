"""docs/architecture.md says what is: its graph, its files, its example."""

import re
from pathlib import Path

import pytest

from agent.graph import build_graph
from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.encoder import load_encoder
from tests.fakes.progress import Recorded

_ROOT = Path(__file__).parents[1]
_PAGE = (_ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_the_graph_is_the_compiled_one() -> None:
    drawn = re.search(r"```mermaid\n(.*?)\n```", _PAGE, re.DOTALL)
    assert drawn
    assert drawn[1] == build_graph().get_graph().draw_mermaid().strip()


def test_the_files_exist() -> None:
    named = re.findall(r"`([\w./]+(?:\.py|\.json|\.toml|\.md|\.cff|\.txt|/))`", _PAGE)
    assert len(named) > 20
    for path in named:
        assert (_ROOT / path).exists() or (_ROOT / "docs" / path).exists(), path


def _row(change: str) -> set[str]:
    """The paths named in the table's row for a change."""
    (row,) = re.findall(rf"^\| {re.escape(change)} \|.*$", _PAGE, re.MULTILINE)
    return set(re.findall(r"`([\w./]+\.py)`", row))


def test_the_row_of_a_column_names_what_writes_articles() -> None:
    named = [(_ROOT / path).read_text("utf-8") for path in _row("a column of the store")]
    assert any("INSERT INTO article" in code for code in named)
    assert any("CREATE TABLE article" in code for code in named)


def test_the_row_of_the_lexical_engine_names_all_that_use_tantivy() -> None:
    users = {
        str(path.relative_to(_ROOT))
        for folder in ("corpora", "retrieval", "agent", "evaluation", "ui")
        for path in (_ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(?:import|from) tantivy\b", path.read_text("utf-8"), re.MULTILINE)
    }
    assert users == _row("the lexical engine")


def test_the_example_runs(
    tmp_path: Path,
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = Home(tmp_path)
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([sample]))
    build_index(home, load_encoder(), Recorded())
    monkeypatch.setenv("MEDCITE_HOME", str(tmp_path))
    code = re.search(r"```python\n(.*?)```", _PAGE, re.DOTALL)
    assert code
    question = "Does navorelimab lower mortality in severe viral pneumonia?"
    exec(code[1].replace("Do statins reduce mortality in COVID-19?", question), {})
    printed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ANSWERED") for line in printed)
    assert any(line.startswith("QUOTED ") for line in printed)
