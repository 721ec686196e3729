"""Evaluate study designs on 240 manually read articles of the demo literature.

    python -m evaluation.articles.designs

Sample 1 was read before the current rules were written, sample 2 after. The readings in designs.tsv
are by one developer, who knew the labels; there was no second reader.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from importlib.resources import files

from corpora.evidence_level import EvidenceLevel
from corpora.home import Home
from corpora.store import open_corpus


def main() -> None:
    """Print the precision of each label, and how many articles with a design got none."""
    labelled: dict[str, Counter[EvidenceLevel]] = {"1": Counter(), "2": Counter()}
    right: dict[str, Counter[EvidenceLevel]] = {"1": Counter(), "2": Counter()}
    missed: Counter[str] = Counter()
    with open_corpus(Home.locate().corpus) as store:
        text = files("evaluation.articles").joinpath("designs.tsv").read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines(), delimiter="\t"):
            article = store.get(row["pmid"])
            if article is None:
                raise SystemExit("This needs the demo literature: medcite corpus fetch demo")
            level, read = article.evidence_level, EvidenceLevel[row["design"]]
            labelled[row["sample"]][level] += 1
            right[row["sample"]][level] += level is read
            missed[row["sample"]] += level is EvidenceLevel.UNSTATED is not read
    for sample, counts in labelled.items():
        sys.stdout.write(f"sample {sample}\n")
        for level in sorted(counts):
            if level is not EvidenceLevel.UNSTATED:
                count = f"{right[sample][level]}/{counts[level]}"
                sys.stdout.write(f"  {level.label:40} {count:>7}\n")
        sys.stdout.write(f"  a design read, but not given             {missed[sample]:>7}\n")


if __name__ == "__main__":
    main()
