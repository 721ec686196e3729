"""Convert annotators' files to `data/cells.jsonl.gz`, which contains no article text.

python -m evaluation.table.keep dev=DEV.jsonl blind=BLIND.jsonl train=TRAIN.jsonl > cells.jsonl.gz
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import orjson

from corpora.home import Home
from corpora.store import open_corpus
from evaluation.table.annotations import kept


def main() -> None:
    """Write the compressed lines to standard output."""
    compressed: list[bytes] = []
    with open_corpus(Home.locate().corpus) as store:
        for argument in sys.argv[1:]:
            part, _, name = argument.partition("=")
            lines = map(orjson.loads, Path(name).read_bytes().splitlines())
            compressed += kept(store, lines, part)
    # Without a time, so that the same lines give the same bytes.
    sys.stdout.buffer.write(gzip.compress(b"\n".join(compressed) + b"\n", mtime=0))


if __name__ == "__main__":
    main()
