"""Measure verification.

    python -m evaluation.verification blind --data FOLDER
    python -m evaluation.verification written --home HOME [--part tune]
    python -m evaluation.verification checks --home HOME [--data FOLDER]
    python -m evaluation.verification people --data FOLDER
    python -m evaluation.verification perturbations --home HOME [--baselines]
    python -m evaluation.verification speed --home HOME
    python -m evaluation.verification citations --home HOME --answers FOLDER [--questions N]
    python -m evaluation.verification model --home HOME --model MODEL [--healthver CSV] [--questions N]

Each prints a table and writes all it found as JSON with --out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from agent.verification.trained import LocalVerifier
from corpora.home import Home
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


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--home", type=Path, help="data directory with the literature asked of")
    parser.add_argument("--data", type=Path, help="folder of the evaluation data")
    parser.add_argument("--healthver", type=Path)
    parser.add_argument("--answers", type=Path, help="folder with experts' answers.jsonl")
    parser.add_argument("--questions", type=int, default=300, help="so many, drawn at random")
    parser.add_argument("--model", help="a language model to verify with, as `--model` has it")
    parser.add_argument("--part", choices=[*Part], default=Part.TEST, help="of the written claims")
    parser.add_argument("--baselines", action="store_true", help="cosine and ROUGE-L too")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.benchmark == "blind":
        found = blind.near_misses_and_drafts(options.data, LocalVerifier())
    elif options.benchmark == "written":
        found = blind.written(Home.locate(options.home).root, LocalVerifier(), Part(options.part))
    elif options.benchmark == "checks":
        found = leave_out.checks(Home.locate(options.home).root, options.data)
    elif options.benchmark == "people":
        found = blind.people(options.data, LocalVerifier())
    elif options.benchmark == "citations":
        found = cited.citations(Home.locate(options.home), options.answers, options.questions)
    elif options.benchmark == "model":
        found = _with_model(options)
    elif options.benchmark == "speed":
        found = report.speed(options.home)
    else:
        found = report.perturbations(options.home, baselines=options.baselines)
    sys.stdout.write(found.table + "\n")
    if options.out:
        options.out.write_text(json.dumps(found.figures, indent=1) + "\n", encoding="utf-8")


def _with_model(options: argparse.Namespace) -> report.Found:
    home, most = Home.locate(options.home), options.questions
    cases = (
        with_model.labelled(options.healthver, most)
        if options.healthver
        else with_model.perturbed(home, most)
    )
    return with_model.compared(cases, with_model.opened(options.model, home))


if __name__ == "__main__":
    main()
