"""`python -m evaluation.performance reading FILE…`, or another benchmark and a data directory."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from corpora.home import Home


def main() -> None:
    """Run one benchmark and print its figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.performance")
    parser.add_argument(
        "benchmark", choices=["reading", "encoding", "searching", "rebuilding", "asking"]
    )
    parser.add_argument("paths", nargs="+", type=Path, help="PubMed files, or data directories")
    parser.add_argument("--articles", type=int, default=2_000, help="for encoding")
    parser.add_argument("--vectors", type=int, default=1_000_000, help="for searching")
    parser.add_argument("--dense-type", default="ivf", help="for searching")
    parser.add_argument("--questions", type=Path, help="JSON Lines of questions, for asking")
    options = parser.parse_args()
    home = Home.locate(options.paths[0])
    if options.benchmark == "reading":
        from evaluation.performance import reading

        told = reading.compare(options.paths)
    elif options.benchmark == "encoding":
        from evaluation.performance import encoding

        told = encoding.compare(home, options.articles)
    elif options.benchmark == "searching":
        from evaluation.performance import searching

        told = searching.compare(home, options.vectors, options.dense_type)
    elif options.benchmark == "asking":
        from evaluation.performance import asking

        if options.questions is None:
            parser.error("asking needs --questions")
        told = asking.compare([Home.locate(path) for path in options.paths], options.questions)
    else:
        from evaluation.performance import rebuilding

        told = rebuilding.compare(home)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
