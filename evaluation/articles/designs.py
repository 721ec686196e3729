"""Evaluate study designs on 240 manually read articles of the demo literature.

    medcite evaluate designs --home DEMO

Sample 1 was read before the current rules were written, sample 2 after. The readings in designs.tsv
are by one developer, who knew the labels; there was no second reader.
"""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

from agent.intervals import rate
from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.report import Figure, Report


def measure(home: Home) -> Report:
    """The share of each label that is right, and how many articles with a design got none.

    Raises:
        BadInput: the demo literature is not in `home`.
    """
    labelled: dict[str, Counter[EvidenceLevel]] = {"1": Counter(), "2": Counter()}
    right: dict[str, Counter[EvidenceLevel]] = {"1": Counter(), "2": Counter()}
    missed: Counter[str] = Counter()
    with open_corpus(home.corpus) as store:
        text = files("evaluation.articles").joinpath("designs.tsv").read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines(), delimiter="\t"):
            article = store.get(row["pmid"])
            if article is None:
                raise BadInput(
                    "This needs the demo literature.", "Fetch it: medcite corpus fetch demo."
                )
            level, read = article.evidence_level, EvidenceLevel[row["design"]]
            labelled[row["sample"]][level] += 1
            right[row["sample"]][level] += level is read
            missed[row["sample"]] += level is EvidenceLevel.UNSTATED is not read
    figures = [
        Figure.of(f"sample {sample}", rate(right[sample][level], counts[level]), group=level.label)
        for level in sorted({level for counts in labelled.values() for level in counts})
        for sample, counts in labelled.items()
        if level is not EvidenceLevel.UNSTATED
    ]
    figures += [
        Figure(f"sample {sample}", missed[sample], group="a design read, but not given")
        for sample in labelled
    ]
    return Report("designs", figures)
