"""The command line as a user runs it: exit codes, what is on which stream."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from typer.main import get_command

from tests.ui.cli.commands import medcite, medcite_process
from ui.cli.main import app

pytestmark = pytest.mark.encoder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The invented sample, imported and indexed with the real encoder."""
    folder = tmp_path_factory.mktemp("cli")
    added = medcite(folder, "corpus", "add", str(sample))
    assert added.returncode == 0, added.stderr
    built = medcite(folder, "index", "build")
    assert built.returncode == 0, built.stderr
    assert "is in use" in built.stdout
    return folder


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """The path of every command below a group."""
    below = getattr(group, "commands", None)
    if below is None:
        yield path
    for name, command in (below or {}).items():
        yield from commands(command, *path, name)


def test_help_is_there_for_every_command_with_an_example() -> None:
    program = get_command(app)  # once: it takes a sixth of a second
    for path in commands(program):
        shown = CliRunner().invoke(program, [*path, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        assert f"Example: medcite {' '.join(path)}" in " ".join(shown.output.split())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ui.cli.main import app\n"
        "heavy = {'torch', 'transformers', 'faiss', 'streamlit', 'tantivy', 'langgraph', 'numpy', 'lxml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ask_answers_with_marks_sources_and_the_notice(home: Path) -> None:
    question = "Does navorelimab lower mortality in severe viral pneumonia?"
    done = medcite_process(home, "ask", question)
    assert done.returncode == 0, done.stderr
    assert "✓" not in done.stdout
    assert "quoted" in done.stdout
    assert "PMID" in done.stdout
    assert done.stdout.count("For research.") == 1


def test_ask_json_is_one_document_on_standard_output(home: Path) -> None:
    done = medcite(home, "ask", "Does zolaprexib improve survival in glioma?", "--json")
    assert json.loads(done.stdout)["status"] == "ABSTAINED"


def test_batches_write_a_run_and_answers(home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        '{"id": "q1", "question": "Does navorelimab lower mortality?"}\n\n'
        '{"id": "q2", "question": "Is ostrafenide toxic to the liver?"}\n'
        '{"id": "q3", "question": "?"}\n'
    )
    run, answers = tmp_path / "run.trec", tmp_path / "answers.jsonl"
    done = medcite(home, "search", "--queries", str(questions), "-k", "5", "--run", str(run))
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in run.read_text().splitlines()]
    assert {row[0] for row in rows} >= {"q1", "q2"}
    for qid in ("q1", "q2"):
        own = [row for row in rows if row[0] == qid]
        assert [int(row[3]) for row in own] == list(range(1, len(own) + 1))
        assert len({row[2] for row in own}) == len(own) <= 5
        scores = [float(row[4]) for row in own]
        assert scores == sorted(scores, reverse=True)
    asked = medcite(home, "ask", "--questions", str(questions), "--out", str(answers))
    assert asked.returncode == 0, asked.stderr
    told = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [answer["id"] for answer in told] == ["q1", "q2", "q3"]
    assert [answer["status"] for answer in told][2] == "FAILED"
    log = json.loads(medcite(home, "searches", "list", "--json").stdout)
    assert [(entry["kind"], entry["text"]) for entry in log[:2]] == [
        ("question", "Is ostrafenide toxic to the liver?"),
        ("question", "Does navorelimab lower mortality?"),
    ]


def test_a_second_import_and_build_change_nothing(home: Path, sample: Path) -> None:
    # A file with an unreadable record is tried again, and changes nothing.
    again = medcite(home, "corpus", "add", str(sample), "--json")
    assert json.loads(again.stdout.splitlines()[-1])["added"] == 0
    built = medcite(home, "index", "build", "--json")
    assert json.loads(built.stdout.splitlines()[-1])["unchanged"] is True
    status = json.loads(medcite(home, "index", "status", "--json").stdout)
    assert status["up_to_date"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["corpus", "status"], 3, "medcite corpus fetch demo"),
        (["index", "build"], 3, "medcite corpus fetch demo"),
        (["index", "status"], 3, "medcite corpus fetch demo"),
        (["search", "statins"], 3, "medcite corpus fetch demo"),
        (["ask", "Does it work?"], 3, "medcite corpus fetch demo"),
        (["ask"], 2, "Give either a question or --questions."),
        (["ask", "statins", "--since", "2021", "--until", "2020"], 2, "Swap the two years."),
        (["ask", "statins", "--design", "gossip"], 2, "Choose from: guideline"),
        (["search", "--queries", "nowhere.jsonl", "--run", "r"], 2, "nowhere.jsonl cannot be read"),
        (["corpus", "add", "nowhere.xml"], 2, "matches no file"),
        (["corpus", "fetch", "moon"], 2, "No such command"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_ends_in_one_message_and_an_exit_code(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = medcite(tmp_path / "empty", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_input_ends_a_process_in_the_same_way(tmp_path: Path) -> None:
    done = medcite_process(tmp_path / "empty", "ask", "Does it work?")
    assert done.returncode == 3
    assert "medcite corpus fetch demo" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("question", ["", "   ", "z" * 50_000])
def test_empty_and_endless_questions_are_refused_at_once(home: Path, question: str) -> None:
    done = medcite(home, "ask", question)
    assert done.returncode == 2
    assert "question" in done.stderr


def test_an_unwritable_home_says_so(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = medcite(tmp_path / "file" / "home", "corpus", "add", str(sample))
    assert done.returncode == 5
    assert "MEDCITE_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_file_does_not_end_an_import(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "broken.xml.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "page.xml").write_text("<html><body>Not found</body></html>")
    done = medcite(tmp_path / "home", "corpus", "add", str(tmp_path), str(sample))
    assert done.returncode == 1
    assert "broken.xml.gz" in done.stderr
    assert "page.xml" in done.stderr
    status = json.loads(medcite(tmp_path / "home", "corpus", "status", "--json").stdout)
    assert status["articles"] > 10
    assert {e["name"] for e in status["imports"] if e["error"]} == {"broken.xml.gz", "page.xml"}


def test_an_index_of_another_encoder_is_refused(home: Path, tmp_path: Path) -> None:
    """An encoder of the same files with another name is the same; of other weights it is not."""
    import shutil

    from retrieval.version import Versions, read_manifest

    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    versions = Versions(copy / "indexes")
    manifest = read_manifest(versions.current())
    other = replace(manifest.encoder, name="another", weights="0" * 64)
    versions.complete(versions.current(), replace(manifest, encoder=other))
    done = medcite(copy, "ask", "Does navorelimab lower mortality?")
    assert done.returncode == 4
    assert "built with the encoder another" in done.stderr


def test_an_interrupted_build_leaves_order(home: Path, tmp_path: Path) -> None:
    import shutil
    import signal

    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    more = tmp_path / "more.jsonl"
    lines = [
        {"pmid": f"x{n}", "title": f"Title {n}", "abstract": f"Word{n} " * 150} for n in range(300)
    ]
    more.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert medcite(copy, "corpus", "add", str(more)).returncode == 0
    command = [
        sys.executable,
        "-c",
        "from ui.cli.main import main; main()",
        "index",
        "build",
        "--json",
    ]
    process = subprocess.Popen(
        command,
        env=dict(os.environ, MEDCITE_HOME=str(copy)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"encode"' in line:
            process.send_signal(signal.SIGINT)
            break
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopped." in said
    assert medcite(copy, "ask", "Does navorelimab lower mortality?").returncode == 0


def test_doctor_reports_and_fails_where_something_is_missing(home: Path, tmp_path: Path) -> None:
    well = medcite(home, "doctor", "--json")
    assert well.returncode == 0
    assert {f["name"]: f["ok"] for f in json.loads(well.stdout)}["index"] is True
    ill = medcite(tmp_path / "empty", "doctor")
    assert ill.returncode == 1
    assert "✗ corpus" in ill.stdout


def test_models_says_what_fits_and_what_a_model_string_may_be(tmp_path: Path) -> None:
    shown = medcite(tmp_path, "models")
    assert shown.returncode == 0, shown.stderr
    assert "Q4_K_M" in shown.stdout
    assert "KV cache" in shown.stdout
    assert "http://HOST:PORT/v1#NAME" in shown.stdout
    told = json.loads(medcite(tmp_path, "models", "--context", "4096", "--json").stdout)
    assert len(told["files"]) == 24
    more = json.loads(medcite(tmp_path, "models", "--context", "131072", "--json").stdout)
    needs = [f["need_bytes"] for f in told["files"]]
    assert all(a < b["need_bytes"] for a, b in zip(needs, more["files"], strict=True))
    assert medcite(tmp_path, "models", "--context", "0").returncode == 2


def test_a_model_that_is_not_there_is_said_before_anything_is_loaded(home: Path) -> None:
    wrong = medcite(home, "ask", "Does it help?", "--model", "medgemma-27b:Q4")
    assert wrong.returncode == 2
    assert "Q4_K_M" in wrong.stderr
    missing = medcite(home, "ask", "Does navorelimab help?", "--model", "medgemma-27b:Q4_K_M")
    assert missing.returncode == 9
    assert "medcite models pull Q4_K_M" in missing.stderr
    assert medcite(home, "models", "pull", "Q9").returncode == 2
    doctor = medcite(home, "doctor", MEDCITE_MODEL="medgemma-27b:Q4_K_M")
    assert "is missing" in doctor.stdout


@pytest.mark.enable_socket
def test_another_machine_is_told_of_and_a_fallback_said(home: Path) -> None:
    asked = ("ask", "Does navorelimab lower mortality in severe viral pneumonia?")
    # An address that is reserved for documents: nobody answers there.
    remote = ("--model", "http://model.invalid:9/v1#medgemma")
    failed = medcite(home, *asked, *remote)
    assert failed.returncode == 9
    assert "sent to model.invalid" in " ".join(failed.stderr.split())
    answered = medcite(home, *asked, *remote, "--fallback", "--json")
    assert answered.returncode == 0, answered.stderr
    made = json.loads(answered.stdout)["provenance"]
    assert made["model"] == "none"
    assert "No server answers" in made["fallbacks"][0]
