"""Convert annotators' files to `data/cells.jsonl`, which contains no article text.

python -m evaluation.table.keep dev=table-dev.jsonl blind=table-blind.jsonl > cells.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from corpora.home import Home
from corpora.store import open_corpus
from evaluation.table.annotations import kept


def main() -> None:
    """Write the lines to standard output."""
    with open_corpus(Home.locate().corpus) as store:
        for argument in sys.argv[1:]:
            part, _, name = argument.partition("=")
            lines = map(orjson.loads, Path(name).read_bytes().splitlines())
            for line in kept(store, lines, part):
                sys.stdout.write(line.decode() + "\n")


if __name__ == "__main__":
    main()
