"""Conversations at the command line; a killed answer goes on in another process."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from agent.conversations.threads import Threads
from corpora.home import Home
from retrieval.filters import Filters
from tests.ui.cli.commands import medcite

pytestmark = pytest.mark.encoder

_QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
_SCHEMA = Path(__file__).parents[3] / "docs" / "answer.schema.json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    folder = tmp_path_factory.mktemp("threads")
    assert medcite(folder, "corpus", "add", str(sample)).returncode == 0
    assert medcite(folder, "index", "build").returncode == 0
    return folder


def _json(home: Path, *arguments: str) -> object:
    done = medcite(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_conversation_from_first_question_to_deletion(home: Path, tmp_path: Path) -> None:
    first = medcite(home, "ask", _QUESTION, "--thread", "Pneumonia")
    assert first.returncode == 0, first.stderr
    follow = _json(home, "ask", "and in adults?", "--continue")
    assert follow["plan"]["asked"] == "and in adults?"
    assert follow["question"].endswith("pneumonia in adults?")

    (thread,) = _json(home, "threads", "list")
    assert (thread["name"], thread["turns"], thread["unanswered"]) == ("Pneumonia", 2, 0)
    shown = medcite(home, "threads", "show", "pneumonia")
    assert "2. and in adults?" in shown.stdout
    assert "Interpreted as:" in shown.stdout

    told = _json(home, "threads", "export", thread["id"])
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    for turn in told["turns"]:
        jsonschema.validate(turn["answer"], schema)
    assert told["turns"][1]["answer"] == follow
    out = tmp_path / "pneumonia.md"
    assert medcite(home, "threads", "export", "Pneumonia", "--out", str(out)).returncode == 0
    assert "## 1\\. " not in out.read_text(encoding="utf-8")
    assert "## 2. and in adults?" in out.read_text(encoding="utf-8")

    branch = _json(home, "threads", "branch", "Pneumonia", "--upto", "1", "--name", "Other")
    assert branch["turns"] == 1
    assert _json(home, "threads", "rename", branch["id"], "Another")["name"] == "Another"
    assert medcite(home, "threads", "delete", "Another", "--yes").returncode == 0
    assert [t["name"] for t in _json(home, "threads", "list")] == ["Pneumonia"]


def test_a_resumed_question_is_in_the_log_of_searches(home: Path) -> None:
    with Threads(Home(home)) as threads:
        threads.begin(threads.create("Begun").id, _QUESTION, Filters(first_year=2001))
    assert _json(home, "threads", "resume", "Begun")["question"] == _QUESTION
    newest = _json(home, "searches", "list")[0]
    assert (newest["kind"], newest["text"]) == ("question", _QUESTION)
    assert newest["filters"] == {"first_year": 2001}


@pytest.mark.slow  # tests/agent/conversations/test_threads.py kills a process too, without a real encoder
def test_a_killed_answer_is_resumed(home: Path) -> None:
    command = [sys.executable, "-c", "from ui.cli.main import main; main()"]
    process = subprocess.Popen(
        [*command, "ask", _QUESTION, "--thread", "Killed"],
        env=dict(os.environ, MEDCITE_HOME=str(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not _checkpoints(home) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.kill()
    process.wait(timeout=60)
    (thread,) = (t for t in _json(home, "threads", "list") if t["name"] == "Killed")
    assert thread["unanswered"] == 1
    assert "threads resume" in medcite(home, "threads", "show", "Killed").stdout
    answer = _json(home, "threads", "resume", "Killed")
    assert answer["status"] == "ANSWERED"
    again = medcite(home, "threads", "resume", "Killed")
    assert (again.returncode, "already has an answer" in again.stderr) == (2, True)


def _checkpoints(home: Path) -> int:
    """How many checkpoints are kept; 0 before there is a place for them."""
    path = home / "threads.sqlite"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path)) as connection:
            return int(connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["threads", "show", "nothing"], "medcite threads list"),
        (["threads", "resume", "nothing"], "medcite threads list"),
        (["ask", "and in women?", "--continue"], "no thread to continue"),
        (["ask", "x", "--continue", "--thread", "y"], "either --thread or --continue"),
        (["ask", "--questions", "q", "--out", "o", "--continue"], "need a question"),
    ],
)
def test_bad_input_ends_in_one_message(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = medcite(tmp_path / "empty", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_emergency_is_answered_before_anything_else(home: Path) -> None:
    done = medcite(home, "ask", "My father has crushing chest pain")
    assert done.returncode == 0
    assert done.stdout.startswith("This may be an emergency. Call your local emergency number")
    assert "Sources" not in done.stdout
