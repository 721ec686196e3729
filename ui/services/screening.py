"""Screening for a review: records, decisions of one or two reviewers, agreement; one SQLite file.

Each decision is committed before the next record is shown, and none is overwritten: the last one
counts. Two reviewers see only their own decisions until both have finished; conflicts are then
settled by consensus.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from corpora.dates import now
from corpora.errors import BadInput
from corpora.home import Home
from ui.services.kappa import cohen_kappa
from ui.services.screening_schema import SCHEMA

# Settled conflicts are stored as decisions of this reviewer.
CONSENSUS = "consensus"
LONGEST_REASON = 200
_MOST_RECORDS = 100_000


class ScreeningVerdict(StrEnum):
    """A reviewer's verdict on a record."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reason (for exclusions) and its time."""

    verdict: ScreeningVerdict
    reason: str = ""
    at: str = ""


Decisions = dict[str, Decision]  # by PMID


@dataclass(frozen=True, slots=True)
class Progress:
    """A reviewer's progress, in records."""

    reviewer: str
    records: int
    included: int
    excluded: int
    undecided: int
    finished: bool

    @property
    def decided(self) -> int:
        """Records with a verdict of any kind."""
        return self.included + self.excluded + self.undecided

    def __str__(self) -> str:
        end = "; finished" if self.finished else ""
        return (
            f"{self.reviewer}: {self.decided:,} of {self.records:,} screened, {self.included:,}"
            f" included, {self.excluded:,} excluded, {self.undecided:,} undecided{end}"
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on the records decided by both reviewers; `kappa` is Cohen's, None if undefined."""

    both: int
    same: int
    kappa: float | None
    conflicts: tuple[str, ...]

    def __str__(self) -> str:
        kappa = "undefined" if self.kappa is None else f"{self.kappa:.2f}"
        return (
            f"Same decision on {self.same:,} of {self.both:,} records screened by both; Cohen's"
            f" kappa {kappa}; {len(self.conflicts):,} in conflict"
        )


class Screenings:
    """The screenings of a data directory; safe for several threads and processes.

    Args:
        user: the signed-in user, who sees only screenings they review; "" without sign-in.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, user: str = "") -> None:
        self._home = home
        self._user = user

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return SCHEMA.transaction(self._home.screening)

    def start(
        self,
        name: str,
        query: str,
        pmids: Sequence[str],
        numbers: dict[str, Any],
        reviewers: Sequence[str] = (),
    ) -> Screening:
        """Start a screening of these records, in order.

        Args:
            numbers: `asdict` of the result set's PrismaNumbers.
            reviewers: one or two names; by default the user's own.

        Raises:
            BadInput: the name is empty or taken, there are no records or too many, or the
                reviewers are invalid.
        """
        name = " ".join(name.split())
        names = list(dict.fromkeys(r.strip() for r in reviewers)) or [self._user or "me"]
        if not name:
            raise BadInput("A screening needs a name.", "Enter a name.")
        if not pmids or len(pmids) > _MOST_RECORDS:
            raise BadInput(
                f"{len(pmids):,} records cannot be screened.",
                f"Start from a search with 1 to {_MOST_RECORDS:,} results.",
            )
        if len(names) > 2 or CONSENSUS in names or not all(names):
            raise BadInput(
                f"{', '.join(reviewers)} cannot be the reviewers.",
                f"Name one or two people; “{CONSENSUS}” is not a person.",
            )
        if self._user and self._user not in names:
            raise BadInput("You are not among the reviewers.", f"Name yourself: {self._user}.")
        with self._open() as db:
            if db.execute("SELECT 1 FROM screening WHERE name = ?", (name,)).fetchone():
                raise BadInput(f"There already is a screening “{name}”.", "Choose another name.")
            number = db.execute(
                "INSERT INTO screening (name, query, started, numbers) VALUES (?, ?, ?, ?)",
                (name, query, now(), orjson.dumps(numbers).decode()),
            ).lastrowid
            db.executemany("INSERT INTO reviewer VALUES (?, ?, '')", [(number, n) for n in names])
            db.executemany(
                "INSERT INTO record VALUES (?, ?, ?)",
                [(number, place, pmid) for place, pmid in enumerate(dict.fromkeys(pmids))],
            )
        return self.find(name)

    def all(self) -> list[Screening]:
        """Return the screenings the user may see, latest first."""
        if not self._home.screening.exists():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT id, name, query, started, numbers FROM screening ORDER BY id DESC"
            ).fetchall()
            people: dict[int, list[str]] = {}
            for number, name in db.execute("SELECT screening, name FROM reviewer ORDER BY name"):
                people.setdefault(number, []).append(name)
        return [
            Screening(self, number, name, query, started, orjson.loads(numbers),
                      tuple(people[number]))
            for number, name, query, started, numbers in rows
            if not self._user or self._user in people[number]
        ]  # fmt: skip

    def find(self, name: str) -> Screening:
        """Return the screening of this name.

        Raises:
            BadInput: there is none that the user may see.
        """
        screenings = self.all()
        for screening in screenings:
            if screening.name == name:
                return screening
        names = ", ".join(s.name for s in screenings) or "none"
        raise BadInput(
            f"There is no screening “{name}”.",
            f"Existing screenings: {names}. To start one: medcite screen start NAME QUERY.",
        )

    def delete(self, name: str) -> None:
        """Remove a screening with all its decisions."""
        number = self.find(name).number
        with self._open() as db:
            db.execute("DELETE FROM screening WHERE id = ?", (number,))
            for table in ("reviewer", "record", "decision"):
                db.execute(f"DELETE FROM {table} WHERE screening = ?", (number,))


@dataclass(frozen=True, slots=True)
class Screening:
    """One screening; `numbers` are the PRISMA numbers of its result set."""

    _all: Screenings
    number: int
    name: str
    query: str
    started: str
    numbers: dict[str, Any]
    reviewers: tuple[str, ...]

    def pmids(self) -> list[str]:
        """Return the records in the order of the result set."""
        with self._all._open() as db:
            rows = db.execute(
                "SELECT pmid FROM record WHERE screening = ? ORDER BY place", (self.number,)
            )
            return [pmid for (pmid,) in rows]

    def reviewer(self, name: str = "") -> str:
        """Return the reviewer of this name; without a name, the user or the only reviewer.

        Raises:
            BadInput: there is no such reviewer, the user is another one, or a name is needed.
        """
        user = self._all._user
        if user and name not in ("", user):
            raise BadInput(f"You are not {name}.", "Each reviewer sees only their own decisions.")
        name = name or user or (self.reviewers[0] if len(self.reviewers) == 1 else "")
        if name in self.reviewers:
            return name
        who = " or ".join(self.reviewers)
        if name:
            raise BadInput(f"{name} does not review “{self.name}”.", f"Name {who}.")
        raise BadInput("There are two reviewers.", f"Name one with --reviewer: {who}.")

    def decide(self, reviewer: str, pmid: str, verdict: ScreeningVerdict, reason: str = "") -> None:
        """Record a decision, which supersedes earlier ones on the record.

        Raises:
            BadInput: the record is not in this screening, the reviewer has finished, or the reason
                is too long.
        """
        self._insert(reviewer, pmid, verdict, reason)

    def take_back(self, reviewer: str, pmid: str) -> None:
        """Withdraw the decision on a record."""
        self._insert(reviewer, pmid, "", "")

    def _insert(self, reviewer: str, pmid: str, verdict: str, reason: str) -> None:
        reason = " ".join(reason.split())
        if len(reason) > LONGEST_REASON:
            raise BadInput(f"A reason has at most {LONGEST_REASON} characters.", "Shorten it.")
        if reviewer != CONSENSUS and self._ended(reviewer):
            raise BadInput(f"{reviewer} has finished.", "To continue: medcite screen reopen.")
        with self._all._open() as db:
            if not db.execute(
                "SELECT 1 FROM record WHERE screening = ? AND pmid = ?", (self.number, pmid)
            ).fetchone():
                raise BadInput(
                    f"{pmid} is not a record of “{self.name}”.", "See: medcite screen rank NAME."
                )
            db.execute(
                "INSERT INTO decision (screening, reviewer, pmid, verdict, reason, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (self.number, reviewer, pmid, verdict,
                 reason if verdict == ScreeningVerdict.EXCLUDE else "", now()),
            )  # fmt: skip

    def decisions(self, reviewer: str) -> Decisions:
        """Return a reviewer's decisions, latest last."""
        with self._all._open() as db:
            rows = db.execute(
                "SELECT pmid, verdict, reason, at FROM decision WHERE id IN (SELECT max(id) FROM"
                " decision WHERE screening = ? AND reviewer = ? GROUP BY pmid) ORDER BY id",
                (self.number, reviewer),
            ).fetchall()
        return {p: Decision(ScreeningVerdict(v), reason, at) for p, v, reason, at in rows if v}

    def progress(self, reviewer: str) -> Progress:
        """Return a reviewer's progress."""
        verdicts = [decision.verdict for decision in self.decisions(reviewer).values()]
        included, excluded, undecided = (verdicts.count(verdict) for verdict in ScreeningVerdict)
        with self._all._open() as db:
            (records,) = db.execute(
                "SELECT count(*) FROM record WHERE screening = ?", (self.number,)
            ).fetchone()
        return Progress(reviewer, records, included, excluded, undecided, self._ended(reviewer))

    def _ended(self, reviewer: str) -> bool:
        with self._all._open() as db:
            row = db.execute(
                "SELECT finished FROM reviewer WHERE screening = ? AND name = ?",
                (self.number, reviewer),
            ).fetchone()
        return bool(row and row[0])

    def finish(self, reviewer: str) -> None:
        """Mark a reviewer as finished, whether or not every record is decided."""
        self._set_finished(reviewer, now())

    def reopen(self, reviewer: str) -> None:
        """Let a reviewer continue.

        Raises:
            BadInput: both reviewers have finished, so they can see each other's decisions.
        """
        if len(self.reviewers) > 1 and self.finished:
            raise BadInput("Both reviewers have finished.", "Settle conflicts by consensus.")
        self._set_finished(reviewer, "")

    def _set_finished(self, reviewer: str, moment: str) -> None:
        with self._all._open() as db:
            db.execute(
                "UPDATE reviewer SET finished = ? WHERE screening = ? AND name = ?",
                (moment, self.number, reviewer),
            )

    @property
    def finished(self) -> bool:
        """Whether every reviewer has finished."""
        return all(self._ended(reviewer) for reviewer in self.reviewers)

    def agreement(self) -> Agreement:
        """Return the agreement of two reviewers, and their conflicts.

        Raises:
            BadInput: there is only one reviewer, or one has not finished.
        """
        if len(self.reviewers) < 2:
            raise BadInput(
                "There is only one reviewer.", "Agreement needs two: --reviewer A --reviewer B."
            )
        self._need_finished()
        first, second = (self.decisions(reviewer) for reviewer in self.reviewers)
        both = [pmid for pmid in self.pmids() if pmid in first and pmid in second]
        pairs = [(first[pmid].verdict, second[pmid].verdict) for pmid in both]
        either = [pmid for pmid in self.pmids() if pmid in first or pmid in second]
        differ = tuple(p for p in either if _verdict(first, p) != _verdict(second, p))
        return Agreement(len(both), sum(a == b for a, b in pairs), cohen_kappa(pairs), differ)

    def settle(self, pmid: str, verdict: ScreeningVerdict, reason: str = "") -> None:
        """Record the consensus on a conflict.

        Raises:
            BadInput: there is no conflict on the record, or a reviewer has not finished.
        """
        if pmid not in self.agreement().conflicts:
            raise BadInput(f"There is no conflict on {pmid}.", "See: medcite screen agreement.")
        self._insert(CONSENSUS, pmid, verdict, reason)

    def outcome(self) -> Decisions:
        """Return the final decisions: of the only reviewer, or agreed by both or by consensus.

        Raises:
            BadInput: there are two reviewers, and one has not finished.
        """
        if len(self.reviewers) == 1:
            return self.decisions(self.reviewers[0])
        self._need_finished()
        first, second = (self.decisions(reviewer) for reviewer in self.reviewers)
        agreed = {p: d for p, d in first.items() if _verdict(second, p) == d.verdict}
        return agreed | self.decisions(CONSENSUS)

    def _need_finished(self) -> None:
        if not self.finished:
            raise BadInput(
                "Not every reviewer has finished; until then decisions stay hidden from the other.",
                "To finish: medcite screen finish NAME --reviewer WHO.",
            )


def _verdict(decisions: Decisions, pmid: str) -> ScreeningVerdict | None:
    return decisions[pmid].verdict if pmid in decisions else None
