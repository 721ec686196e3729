"""The order in which a reviewer is shown the records of a screening; what it came to as RIS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corpora.article import Article
from corpora.home import Home
from corpora.store import ArticleStore
from ui.render.bibliography import bibliography
from ui.services.screening import Decision, Decisions, Screening, Verdict

if TYPE_CHECKING:
    from retrieval.encoder import Vectors

_END = "ER  - \r\n"
_LABELS = {Verdict.INCLUDE: 1, Verdict.EXCLUDE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class RecordVectors:
    """The records of a screening with their (n, dimension) vectors, zeros for what has none."""

    pmids: tuple[str, ...]
    vectors: Vectors

    def ranked(self, decisions: Decisions) -> list[str]:
        """PMIDs of what is not decided on, the likeliest to be included first.

        They are in the order of the result set until something was included. What is undecided
        teaches nothing, and comes last.
        """
        from retrieval.relevance import ranked

        verdicts = {pmid: decisions[pmid].verdict for pmid in decisions}
        labels = np.array([_LABELS.get(verdicts.get(p), -1) for p in self.pmids], dtype=np.int64)  # type: ignore[arg-type]
        order = [self.pmids[each] for each in ranked(self.vectors, labels)]
        return sorted(order, key=lambda pmid: pmid in verdicts)


def record_vectors(home: Home, store: ArticleStore, screening: Screening) -> RecordVectors:
    """Read the vectors from the index in use; no encoder is loaded.

    Raises:
        NoIndex, Damaged: there is no index, or it is of another format.
    """
    from retrieval.browse import mean_vectors
    from retrieval.open_version import IndexVersion
    from retrieval.version import Versions

    pmids = screening.pmids()
    known = (store.find(pmid) for pmid in pmids)
    ids = [pair[0] if pair else -1 for pair in known]
    version = IndexVersion.open(Versions(home.indexes).current())
    there = [number for number in ids if number >= 0]
    means = mean_vectors(version, there)
    vectors = np.zeros((len(ids), means.shape[1]), dtype=np.float32)
    vectors[np.array(ids) >= 0] = means
    return RecordVectors(tuple(pmids), vectors)


def decisions_ris(screening: Screening, store: ArticleStore, only: Verdict | None = None) -> str:
    """The records as RIS, each with a note of what was decided; `only` those of one verdict.

    Raises:
        BadInput: there are two reviewers, of whom one has not finished.
    """
    outcome = screening.outcome()
    pmids = [
        pmid
        for pmid in screening.pmids()
        if only is None or (pmid in outcome and outcome[pmid].verdict is only)
    ]
    articles = ((pmid, store.get(pmid) or Article(pmid, "")) for pmid in pmids)
    return "".join(
        bibliography([article], "ris").replace(_END, f"N1  - {_note(outcome.get(pmid))}\r\n{_END}")
        for pmid, article in articles
    )


def _note(decision: Decision | None) -> str:
    if decision is None:
        return "Screening: not decided"
    reason = f" ({decision.reason})" if decision.reason else ""
    return f"Screening: {decision.verdict.value}{reason}"


@dataclass(frozen=True, slots=True)
class FlowNumbers:
    """What the flow diagram of PRISMA 2020 shows of a screening of titles and abstracts.

    `open` records were not screened, are undecided, or in conflict; `reasons` counts exclusions.
    """

    by_source: dict[str, int]
    identified: int
    duplicates: int
    screened: int
    excluded: int
    reasons: dict[str, int]
    open: int
    included: int


def flow_numbers(screening: Screening) -> FlowNumbers:
    """Count what became of the records.

    Raises:
        BadInput: there are two reviewers, of whom one has not finished.
    """
    outcome, pmids = screening.outcome(), screening.pmids()
    if len(screening.reviewers) == 1:
        seen = set(outcome)
    else:
        seen = set().union(*(screening.decisions(each) for each in screening.reviewers))
    verdicts = Counter(outcome[pmid].verdict for pmid in pmids if pmid in outcome)
    excluded: Sequence[Decision] = [
        each for each in outcome.values() if each.verdict is Verdict.EXCLUDE
    ]
    reasons = Counter(each.reason or "No reason given" for each in excluded)
    included = verdicts[Verdict.INCLUDE]
    return FlowNumbers(
        screening.numbers["by_source"],
        screening.numbers["records"],
        screening.numbers["duplicates"],
        len(seen),
        len(excluded),
        dict(reasons.most_common()),
        len(pmids) - included - len(excluded),
        included,
    )
