"""Measure the local verifier.

    python -m evaluation.verification perturbations --home HOME [--baselines]
    python -m evaluation.verification healthver --healthver CSV [--folds FOLDER]
    python -m evaluation.verification speed --home HOME
    python -m evaluation.verification citations --home HOME --answers FOLDER [--questions N]

Each prints a table and writes all it found as JSON with --out. `--folds` is the folder that
`training.train folds` wrote: every pair is then judged by a network that has not seen its claim;
without it the shipped network is measured, which has seen them all.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from corpora.home import Home
from evaluation.verification import cited, report


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", choices=["perturbations", "healthver", "speed", "citations"])
    parser.add_argument("--home", type=Path, help="data directory with the literature asked of")
    parser.add_argument("--healthver", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--answers", type=Path, help="folder with experts' answers.jsonl")
    parser.add_argument("--questions", type=int, default=300, help="so many, drawn at random")
    parser.add_argument("--baselines", action="store_true", help="cosine and ROUGE-L too")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.benchmark == "healthver":
        found = report.healthver(options.healthver, options.folds)
    elif options.benchmark == "citations":
        found = cited.citations(Home.locate(options.home), options.answers, options.questions)
    elif options.benchmark == "speed":
        found = report.speed(options.home)
    else:
        found = report.perturbations(options.home, baselines=options.baselines)
    sys.stdout.write(found.table + "\n")
    if options.out:
        options.out.write_text(json.dumps(found.figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
