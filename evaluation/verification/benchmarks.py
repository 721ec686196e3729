"""Verification benchmarks by name, for `medcite evaluate verification`."""

from __future__ import annotations

from pathlib import Path

from agent.models.choice import parse_model
from agent.verification.judge_test import judging_of
from agent.verification.local_verifier import LocalVerifier
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.report import Report
from evaluation.verification import blind, cited, leave_out, report, with_model
from evaluation.verification.written import Part

BENCHMARKS = (
    "blind",
    "written",
    "checks",
    "people",
    "perturbations",
    "speed",
    "citations",
    "model",
)


def run(
    benchmark: str,
    home: Home,
    *,
    data: Path | None = None,
    healthver: Path | None = None,
    answers: Path | None = None,
    questions: int = 300,
    model: str = "",
    part: str = Part.TEST,
    baselines: bool = False,
) -> Report:
    """Run one benchmark over the literature of `home` or on `data`.

    Raises:
        BadInput: there is no such benchmark or part, or it needs data that was not given.
    """
    if part not in [*Part]:
        raise BadInput(f"There is no part {part}.", f"Choose from {', '.join(Part)}.")
    match benchmark:
        case "blind":
            return blind.near_misses_and_drafts(_required(data, "--data"), LocalVerifier())
        case "written":
            return blind.written(home.root, LocalVerifier(), Part(part))
        case "checks":
            return leave_out.checks(home.root, data)
        case "people":
            return blind.people(_required(data, "--data"), LocalVerifier())
        case "citations":
            return cited.citations(home, _required(answers, "--answers"), questions)
        case "model":
            cases = (
                with_model.labelled(healthver, questions)
                if healthver
                else with_model.perturbed(home, questions)
            )
            opened = with_model.opened(model, home)
            judging = judging_of(home, parse_model(model, home), opened.name)
            return with_model.compared(cases, opened, judging)
        case "speed":
            return report.speed(home.root)
        case "perturbations":
            return report.perturbations(home.root, baselines=baselines)
    raise BadInput(f"There is no benchmark {benchmark}.", f"Choose from {', '.join(BENCHMARKS)}.")


def _required(path: Path | None, option: str) -> Path:
    if path is None:
        raise BadInput(f"This benchmark needs {option}.", f"Give its data with {option} FOLDER.")
    return path
