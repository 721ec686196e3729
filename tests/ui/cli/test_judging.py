"""`medcite models judge` as a user runs it, on a server whose model judges by a rule."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.models.choice import parse_model
from agent.verification.judge_test import read_result
from corpora.home import Home
from tests.fakes.judges import always, by_key, judges
from tests.fakes.model_server import model_server, never_answers
from ui.cli.main import main

pytestmark = pytest.mark.enable_socket


def _judge(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("MEDCITE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["medcite", "models", "judge", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_model_that_judges_by_the_key_passes_and_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with model_server(judges(by_key(refuses=17)), models=("careful",)) as server:
        assert _judge(tmp_path, monkeypatch, server.url, "--json") == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        kept = read_result(Home(tmp_path), parse_model(f"{server.url}#careful", Home(tmp_path)))
    assert [each["done"] for each in events if each["event"] == "progress"] == [
        6,
        12,
        18,
        24,
        30,
        36,
    ]
    told = events[-1]
    assert told["judging"] == "passed"
    assert told["refuses"]["value"] == pytest.approx(17 / 18)
    assert kept is not None
    assert kept.refused == 17


def test_a_model_that_always_agrees_fails_and_that_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with model_server(judges(always("supports")), models=("lenient",)) as server:
        monkeypatch.setenv("MEDCITE_MODEL", server.url)  # the one in use
        assert _judge(tmp_path, monkeypatch) == 0
    said = capsys.readouterr().out
    assert "failed its test: supports 18 of 18 right claims (100 %, 95 % CI 82 to 100)" in said
    assert "does not support 0 of 18 wrong ones (0 %, 95 % CI 0 to 18)" in said


def test_without_a_model_it_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MEDCITE_MODEL", raising=False)
    assert _judge(tmp_path, monkeypatch) == 2
    assert "medcite models judge smollm2" in capsys.readouterr().err


def test_a_test_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    with model_server(judges(by_key()), never_answers) as server:
        command = [sys.executable, "-c", "from ui.cli.main import main; main()"]
        process = subprocess.Popen(
            [*command, "models", "judge", server.url, "--json"],
            env=dict(os.environ, MEDCITE_HOME=str(tmp_path)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        while '"progress"' not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not Home(tmp_path).judging.exists()
