"""Jobs: real processes, what their records say while they live, and when they are gone."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from corpora.errors import BadInput, Busy
from corpora.home import Home
from corpora.store import open_corpus
from ui.pages.job_markup import failures, outcome, outcome_html, progress_html
from ui.services.job_runner import OutputReader
from ui.services.jobs import (
    FILES,
    Job,
    Jobs,
    JobState,
    JobStep,
    read_job,
    safe_name,
    state_of,
    write_job,
)

GOOD = b'{"pmid": "1", "title": "Zinc shortens colds"}\n'
IMPORT = (JobStep(("corpus", "add"), ("--", FILES)),)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    home = Home(tmp_path / "home")
    home.create()
    return Jobs(home)


def ended(jobs: Jobs) -> Job:
    return wait(jobs, lambda job: state_of(job).over)


def wait(jobs: Jobs, until: Callable[[Job], bool]) -> Job:
    for _ in range(600):
        job = jobs.latest()
        if job and until(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"never: {jobs.latest()}")


def test_files_are_imported_under_safe_names_and_not_kept(jobs: Jobs) -> None:
    files = [("../../a.jsonl", io.BytesIO(GOOD)), ("a.jsonl", io.BytesIO(b"nothing at all"))]
    started = jobs.start("Import", IMPORT, by="e@x.org", files=files)
    job = ended(jobs)
    assert (job.id, job.by) == (started.id, "e@x.org")
    assert state_of(job) is JobState.INCOMPLETE
    assert outcome(job) == "Articles: 1 new."
    assert failures(job)[0].startswith("2-a.jsonl: ")
    with open_corpus(jobs.home.corpus) as store:
        assert [entry.name for entry in store.journal()] == ["2-a.jsonl", "a.jsonl"]
    assert not (jobs.home.jobs / job.id / "files").exists()
    assert Jobs(jobs.home).all() == [job]


def test_a_step_that_fails_ends_the_job_and_says_why(jobs: Jobs) -> None:
    jobs.start("Build", (JobStep(("index", "build")), JobStep(("index", "verify"))))
    job = ended(jobs)
    assert state_of(job) is JobState.FAILED
    assert "There is no literature" in job.steps[0].error
    assert not job.steps[1].began
    assert "medcite corpus" in outcome_html(job)


def test_one_at_a_time_and_cancelled_with_its_command(jobs: Jobs) -> None:
    pipe = jobs.home.root / "endless.jsonl"
    os.mkfifo(pipe)
    jobs.start("Endless", (JobStep(("corpus", "add"), ("--", str(pipe))),))
    job = wait(jobs, lambda job: bool(job.pid and job.step.began))
    with pytest.raises(Busy, match="Endless"):
        jobs.start("Another", IMPORT)
    child = _only_child(job.pid)
    jobs.stop(job)
    job = ended(jobs)
    assert state_of(job) is JobState.CANCELLED
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    jobs.start("Another", IMPORT, files=[("a.jsonl", io.BytesIO(GOOD))])
    assert state_of(ended(jobs)) is JobState.DONE


def _only_child(pid: int) -> psutil.Process:
    for _ in range(200):
        if found := psutil.Process(pid).children():
            return found[0]
        time.sleep(0.05)
    raise AssertionError("no command was started")


@pytest.mark.parametrize("victim", ["runner", "command"])
def test_what_is_killed_is_told_truthfully(jobs: Jobs, victim: str) -> None:
    pipe = jobs.home.root / "endless.jsonl"
    os.mkfifo(pipe)
    jobs.start("Endless", (JobStep(("corpus", "add"), ("--", str(pipe))),))
    job = wait(jobs, lambda job: bool(job.pid and job.step.began))
    child = _only_child(job.pid)
    (psutil.Process(job.pid) if victim == "runner" else child).kill()
    job = ended(jobs)
    if victim == "runner":
        child.kill()
        assert state_of(job) is JobState.LOST
        assert "ended without reporting" in outcome(job)
    else:
        assert state_of(job) is JobState.FAILED
        assert "SIGKILL" in outcome(job)


def test_a_number_that_another_process_has_now_is_no_job(tmp_path: Path) -> None:
    me = psutil.Process()
    job = Job("1", "Old", (JobStep(("index", "build")),), "2020-01-01T00:00:00+00:00", pid=me.pid)
    assert state_of(replace(job, born=me.create_time())) is JobState.RUNNING
    assert state_of(replace(job, born=me.create_time() - 60)) is JobState.LOST
    assert state_of(replace(job, pid=0)) is JobState.LOST


def test_a_stop_before_the_runner_began_is_heeded(jobs: Jobs) -> None:
    folder = jobs.home.jobs / "1"
    folder.mkdir(parents=True)
    write_job(
        folder, Job("1", "Build", (JobStep(("index", "build")),), "2026-01-01T00:00:00+00:00")
    )
    (folder / "stop").touch()
    subprocess.run(
        [sys.executable, "-m", "ui.services.job_runner", str(folder)], check=True, timeout=60
    )
    job = read_job(folder)
    assert job
    assert state_of(job) is JobState.CANCELLED
    assert not job.steps[0].began


def test_a_damaged_record_is_left_out(jobs: Jobs) -> None:
    folder = jobs.home.jobs / "1"
    folder.mkdir(parents=True)
    (folder / "job.json").write_bytes(b'{"id": "1", "steps": [{}]')
    assert jobs.all() == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\records.xml", "records.xml"),
        (".hidden", "hidden"),
        ("-rf.xml", "rf.xml"),
        ("a\x1b[31m\n;b.xml", "a__31m__b.xml"),
        ("x" * 300 + ".nbib", "x" * 95 + ".nbib"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_no_name_at_all() -> None:
    with pytest.raises(BadInput):
        safe_name("../..")


def test_events_become_progress_in_words() -> None:
    reader = OutputReader(JobStep(("index", "build"), began="2026-01-01T00:00:00+00:00"))
    reader.take(b'{"event": "stage", "stage": "encode", "total": 6316}')
    reader.take(b'{"event": "progress", "done": 2304, "rate": 79.2, "seconds_left": 50.7}')
    job = Job("1", "Update <b>", (reader.step,), "2026-01-01T00:00:00+00:00", pid=os.getpid())
    shown = progress_html(replace(job, born=psutil.Process().create_time()))
    assert "2,304 of 6,316 passages · 79 a second · 51 s left" in shown
    assert 'value="2304" max="6316"' in shown
    assert "Update &lt;b&gt;" in shown


def test_what_a_command_prints_is_bounded_and_its_result_kept() -> None:
    reader = OutputReader(JobStep(("index", "verify")))
    for line in (b"[\n", b'  {"name": "files",\n', b'   "ok": false, "said": "gone"}\n', b"]\n"):
        reader.take(line)
    job = Job("1", "Verify", (reader.end(4, ""),), "2026-01-01T00:00:00+00:00", ended="x")
    assert state_of(job) is JobState.FAILED
    assert failures(job) == ["✗ files: gone"]
    flooded = OutputReader(JobStep(("index", "verify")))
    for _ in range(10_000):
        flooded.take(b"x" * 100 + b"\n")
    step = flooded.end(-signal.SIGKILL, "")
    assert step.result is None
    assert "SIGKILL" in step.error
