"""`python -m evaluation.boolean HOME FILE…`, as `medcite evaluate boolean`."""

from __future__ import annotations

import sys
from pathlib import Path

from corpora.home import Home
from evaluation.boolean.comparison import compare_files

if __name__ == "__main__":
    for name, report in compare_files(Home(Path(sys.argv[1])), [Path(p) for p in sys.argv[2:]]):
        print(f"{name}: {report}", *report.different, sep="\n")  # noqa: T201
