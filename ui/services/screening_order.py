"""Rank the records of a screening for a reviewer, and export its decisions."""

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
from ui.services.screening import Decision, Decisions, Screening, ScreeningVerdict

if TYPE_CHECKING:
    from retrieval.encoder import Vectors

_END = "ER  - \r\n"
_LABELS = {ScreeningVerdict.INCLUDE: 1, ScreeningVerdict.EXCLUDE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class RecordVectors:
    """The records of a screening with their vectors, (n, dimension), zeros if not indexed."""

    pmids: tuple[str, ...]
    vectors: Vectors

    def ranked(self, decisions: Decisions) -> list[str]:
        """Return the PMIDs neither included nor excluded, most likely to be included first.

        The order is that of the result set until a record is included. Records marked undecided do
        not influence the ranking, and come last.
        """
        from retrieval.active_learning import ranked

        verdicts = {pmid: decisions[pmid].verdict for pmid in decisions}
        labels = np.array([_LABELS.get(verdicts.get(p), -1) for p in self.pmids], dtype=np.int64)  # type: ignore[arg-type]
        order = [self.pmids[row] for row in ranked(self.vectors, labels)]
        return sorted(order, key=lambda pmid: pmid in verdicts)


def record_vectors(home: Home, store: ArticleStore, screening: Screening) -> RecordVectors:
    """Read the vectors from the index in use; no encoder is loaded.

    Raises:
        NoIndex, Damaged: there is no index, or it has another format.
    """
    from retrieval.browse import mean_vectors
    from retrieval.open_version import IndexVersion
    from retrieval.version import Versions

    pmids = screening.pmids()
    matches = (store.find(pmid) for pmid in pmids)
    ids = [match[0] if match else -1 for match in matches]
    version = IndexVersion.open(Versions(home.indexes).current())
    means = mean_vectors(version, [number for number in ids if number >= 0])
    vectors = np.zeros((len(ids), means.shape[1]), dtype=np.float32)
    vectors[np.array(ids) >= 0] = means
    return RecordVectors(tuple(pmids), vectors)


def decisions_ris(
    screening: Screening, store: ArticleStore, only: ScreeningVerdict | None = None
) -> str:
    """Export the records as RIS, each with its decision as a note.

    Args:
        only: export only records with this verdict.

    Raises:
        BadInput: there are two reviewers, and one has not finished.
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
    """The numbers of a title and abstract screening for the PRISMA 2020 flow diagram.

    `open` records are not screened, undecided or in conflict; `reasons` counts exclusions.
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
    """Count the outcomes of the records.

    Raises:
        BadInput: there are two reviewers, and one has not finished.
    """
    outcome, pmids = screening.outcome(), screening.pmids()
    if len(screening.reviewers) == 1:
        screened = set(outcome)
    else:
        screened = set().union(*(screening.decisions(name) for name in screening.reviewers))
    verdicts = Counter(outcome[pmid].verdict for pmid in pmids if pmid in outcome)
    excluded: Sequence[Decision] = [
        decision for decision in outcome.values() if decision.verdict is ScreeningVerdict.EXCLUDE
    ]
    reasons = Counter(decision.reason or "No reason given" for decision in excluded)
    included = verdicts[ScreeningVerdict.INCLUDE]
    return FlowNumbers(
        screening.numbers["by_source"],
        screening.numbers["records"],
        screening.numbers["duplicates"],
        len(screened),
        len(excluded),
        dict(reasons.most_common()),
        len(pmids) - included - len(excluded),
        included,
    )
