"""Render jobs as text and HTML: pure functions; all text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from corpora.identifiers import is_pmid
from ui.render.units import ago, counted, duration
from ui.services.jobs import Job, JobState, JobStep, state_of

_DOING = {
    ("corpus", "add"): "Importing",
    ("corpus", "fetch", "demo"): "Fetching and importing",
    ("corpus", "fetch", "pubmed"): "Fetching and importing",
    ("corpus", "remove"): "Removing",
    ("index", "build"): "Loading the encoder",
    ("index", "verify"): "Comparing files and re-encoding a sample",
    ("index", "rollback"): "Checking the version",
    ("index", "prune"): "Removing",
    ("models", "pull"): "Contacting the hub",
    ("models", "speed"): "Running a model for ten seconds",
    ("models", "judge"): "Loading the model",
}
_STAGES = {
    "split": ("Splitting into passages", "articles"),
    "encode": ("Encoding", "passages"),
    "index": ("Indexing", "articles"),
    "download": ("Downloading", "MB"),
    "judge": ("Judging claims", "claims"),
}
_TONES = {
    JobState.DONE: "good",
    JobState.INCOMPLETE: "fair",
    JobState.CANCELLED: "unknown",
    JobState.FAILED: "bad",
    JobState.LOST: "bad",
}
_COUNTS = (
    ("added", "new"),
    ("joined", "joined to existing ones"),
    ("replaced", "replaced"),
    ("unchanged", "unchanged"),
    ("outdated", "older than the stored ones"),
    ("deleted", "deleted"),
    ("unread", "not read"),
)
_SIGNS = {"good": "✓", "fair": "◐", "unknown": "○", "bad": "✗"}
_MOST_SHOWN = 20


def progress_html(job: Job) -> str:
    """Render a running job: its activity, progress and time left."""
    step = job.step
    stage, unit = _stage(step)
    if state_of(job) is JobState.STOPPING:
        stage = "Stopping; finished work is kept"
    number = job.steps.index(step) + 1
    place = f"Step {number} of {len(job.steps)} · " if len(job.steps) > 1 else ""
    facts = [f"{step.done:,} of {step.total:,} {unit}" if step.total else ""]
    if not step.total and step.done:
        facts = [f"{step.done:,} {unit}"]
    facts.append(f"{step.rate:,.0f} a second" if step.rate else "")
    facts.append(f"{duration(step.left)} left" if step.left else "")
    share = f' value="{step.done}" max="{step.total}"' if step.total else ""
    who = f", by {escape(job.by)}" if job.by else ""
    return (
        f'<div class="job"><strong>{escape(job.title)}</strong>'
        f' <span class="muted">started {ago(job.began)}{who}</span>'
        f'<progress aria-label="{escape(job.title)}"{share}></progress>'
        f'<p>{place}{escape(stage)}<span class="muted"> {" · ".join(f for f in facts if f)}</span>'
        "</p></div>"
    )


def outcome_html(job: Job) -> str:
    """Render how a job ended, with its failures."""
    state = state_of(job)
    tone = _TONES.get(state, "unknown")
    items = "".join(f"<li>{escape(line)}</li>" for line in failures(job))
    step = job.step
    advice = f"<p>{escape(step.next_step)}</p>" if step.next_step else ""
    role = "alert" if tone == "bad" else "status"
    return (
        f'<div class="box {tone}" role="{role}"><strong>{_SIGNS[tone]} {escape(job.title)}:'
        f" {escape(str(state))}</strong><p>{escape(outcome(job))}</p>"
        f"{f'<ul>{items}</ul>' if items else ''}{advice}</div>"
    )


def outcome(job: Job) -> str:
    """Say how a job ended, one sentence per step that reported something."""
    sentences = [_summary(step) for step in job.steps if step.ended]
    if state_of(job) is JobState.LOST:
        sentences.append(
            "Its process ended without reporting: it was killed, or ran out of memory."
            " Finished work is kept."
        )
    elif state_of(job) is JobState.CANCELLED:
        sentences = [s for s in sentences if s and not s.lstrip().startswith("Stopped")]
        sentences.append("Stopped; finished work is kept.")
    return " ".join(s for s in sentences if s)


def failures(job: Job) -> list[str]:
    """List the files and records that a job's imports could not read, and checks that failed."""
    lines = []
    for step in job.steps:
        if isinstance(step.result, dict):
            for file in step.result.get("files", []):
                lines += _failures_of(file)
        elif isinstance(step.result, list):
            lines += [f"{_mark(c['ok'])} {c['name']}: {c['said']}" for c in step.result]
    if len(lines) > _MOST_SHOWN:
        lines = [*lines[:_MOST_SHOWN], f"and {len(lines) - _MOST_SHOWN} more, in the tables below"]
    return lines


def job_rows(jobs: Sequence[Job]) -> list[tuple[str, ...]]:
    """Return rows for a table of ended jobs: title, start, duration, outcome, details."""
    return [
        (job.title, ago(job.began), _took(job), str(state_of(job)), outcome(job))
        for job in jobs
        if state_of(job).over
    ]


def _took(job: Job) -> str:
    if not job.ended:
        return ""
    span = datetime.fromisoformat(job.ended) - datetime.fromisoformat(job.began)
    return duration(span.total_seconds())


def _stage(step: JobStep) -> tuple[str, str]:
    if step.stage in _STAGES:
        return _STAGES[step.stage]
    if step.stage.startswith("fetch "):
        return "Fetching and importing", step.stage.removeprefix("fetch ")
    if step.stage.startswith("file "):
        return f"Importing {step.stage}", "records"
    return _DOING.get(step.command, "Working"), ""


def _failures_of(file: Mapping[str, Any]) -> list[str]:
    name = str(file["path"]).rpartition("/")[2]
    lines = [f"{name}: {file['error']}"] if file["error"] else []
    for bad in file["unread"]:
        lines.append(f"{name}, {_place(bad)}: {bad['reason']}")
    for remark in file.get("remarks", ()):
        lines.append(f"{name}, {_place(remark)}: {remark['text']}")
    return lines


def _place(where: Mapping[str, Any]) -> str:
    """Name a record by number, line and identifier: "record 3, line 17 (PMID 9)"."""
    identifier = str(where["pmid"])
    parts = [f"record {where['position']}"] if where["position"] else ["the file"]
    parts += [f"line {where['line']}"] if where.get("line") else []
    suffix = f" ({'PMID ' if is_pmid(identifier) else ''}{identifier})" if identifier else ""
    return ", ".join(parts) + suffix


def _mark(ok: bool | None) -> str:
    return {True: "✓", False: "✗", None: "?"}[ok]


def _summary(step: JobStep) -> str:
    if step.error:
        return step.error
    result = step.result
    if isinstance(result, list):
        bad = sum(check["ok"] is False for check in result)
        return (
            f"{counted(bad, 'check')} failed."
            if bad
            else "The index is unchanged since it was built."
        )
    if not isinstance(result, dict):
        return ""
    if "added" in result:
        counts = ", ".join(f"{result[key]:,} {word}" for key, word in _COUNTS if result.get(key))
        if result.get("dry_run"):
            return f"Would be imported: {counts or 'nothing new'}. Nothing was imported."
        return f"Articles: {counts or 'none new, imported before'}."
    if "decode" in result:
        return (
            f"{result['model']} reads {result['prefill']:,.1f} tokens per second and writes"
            f" {result['decode']:,.1f}."
        )
    if "model" in result:  # judged, or pulled
        return f"{result['model']} {result.get('told', 'is downloaded; press Use')}."
    if result.get("unchanged"):
        return "The index was up to date."
    if "encoded" in result:
        return (
            f"Index of {counted(result['articles'], 'article')} in use;"
            f" {counted(result['encoded'], 'passage')} newly encoded."
        )
    if "before" in result:
        return f"Now in use, instead of {result['before']}."
    if isinstance(removed := result.get("removed"), int):
        return f"{counted(removed, 'article')} removed."
    return f"{len(removed)} removed." if removed else ""
