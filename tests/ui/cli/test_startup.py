"""What a command imports: nothing that it can do without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpora.article import Article
from corpora.home import Home
from corpora.readers.registry import open_literature
from retrieval.encoder import load_encoder
from tests.fakes.literature import indexed

_RUN = """
import sys
from ui.cli.main import main
sys.argv = ["medcite", *sys.argv[1:]]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
heavy = "torch transformers sentence_transformers sklearn scipy pandas langgraph faiss tantivy"
print("imported:", *sorted(set(heavy.split()) & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def real_home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    with open_literature(sample / "invented-1.xml") as (kind, stream):
        articles = [record for record in kind.read(stream) if isinstance(record, Article)]
    return indexed(tmp_path_factory.mktemp("startup") / "home", articles, load_encoder())


def _imported(home: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        env={**os.environ, "MEDCITE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("--version",)])
def test_help_imports_no_engine(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert _imported(tmp_path, *arguments) == set()


@pytest.mark.encoder
def test_a_quoting_answer_imports_no_transformers(real_home: Home) -> None:
    question = "Does navorelimab lower mortality in severe viral pneumonia?"
    assert _imported(real_home.root, "ask", question) == {"faiss", "langgraph", "tantivy", "torch"}


@pytest.mark.encoder
def test_a_search_imports_no_graph(real_home: Home) -> None:
    assert _imported(real_home.root, "search", "navorelimab") == {"faiss", "tantivy", "torch"}
