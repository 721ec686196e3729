"""Screening for a review: records, decisions of one or two reviewers, agreement; one SQLite file.

Each decision is committed before the next record is shown, and none is ever overwritten: the last
one counts. Two reviewers see only their own decisions until both have finished; from then on what
they differ on is settled by consensus.
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

# What is settled is kept as decisions of this name.
CONSENSUS = "consensus"
LONGEST_REASON = 200
_MOST_RECORDS = 100_000


class Verdict(StrEnum):
    """What a reviewer decided on a record."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, why (of an exclusion), and when."""

    verdict: Verdict
    reason: str = ""
    at: str = ""


Decisions = dict[str, Decision]  # by PMID


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reviewer is, in records."""

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
    """Two reviewers on the records that both decided on; `kappa` is Cohen's, None if undefined."""

    both: int
    same: int
    kappa: float | None
    conflicts: tuple[str, ...]

    def __str__(self) -> str:
        kappa = "undefined" if self.kappa is None else f"{self.kappa:.2f}"
        return (
            f"{self.same:,} of {self.both:,} records that both screened decided alike; Cohen's"
            f" kappa {kappa}; {len(self.conflicts):,} in conflict"
        )


class Screenings:
    """The screenings of a data directory. Safe to use from several threads and processes.

    Args:
        user: the signed-in user, who sees only what they review; "" where nobody signs in.

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
        """Begin a screening of these records, in their order.

        Args:
            numbers: `asdict` of the result set's PrismaNumbers.
            reviewers: one or two names; the user's own where none is given.

        Raises:
            BadInput: no name, one that is taken, no records or too many, a bad set of reviewers.
        """
        name = " ".join(name.split())
        names = list(dict.fromkeys(each.strip() for each in reviewers)) or [self._user or "me"]
        if not name:
            raise BadInput("A screening needs a name.", "Give it one.")
        if not pmids or len(pmids) > _MOST_RECORDS:
            raise BadInput(
                f"{len(pmids):,} records cannot be screened.",
                f"Start from a search that finds between 1 and {_MOST_RECORDS:,}.",
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
                raise BadInput(f"Another screening is called “{name}”.", "Choose another name.")
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
        """Those that the user may see, the last started first."""
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
        """The screening of this name.

        Raises:
            BadInput: there is none that the user may see.
        """
        every = self.all()
        for each in every:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in every) or "none"
        raise BadInput(
            f"No screening is called “{name}”.",
            f"Screenings: {names}. Begin one: medcite screen start NAME QUERY.",
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
    """One screening. `numbers` are PRISMA's of the result set that it began from."""

    _all: Screenings
    number: int
    name: str
    query: str
    started: str
    numbers: dict[str, Any]
    reviewers: tuple[str, ...]

    def pmids(self) -> list[str]:
        """Its records in the order of the result set."""
        with self._all._open() as db:
            rows = db.execute(
                "SELECT pmid FROM record WHERE screening = ? ORDER BY place", (self.number,)
            )
            return [pmid for (pmid,) in rows]

    def reviewer(self, name: str = "") -> str:
        """The reviewer of this name; the user, or the only one there is, without one.

        Raises:
            BadInput: they do not review this, are somebody else, or have to be named.
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
        raise BadInput("There are two reviewers.", f"Say who you are: {who}.")

    def decide(self, reviewer: str, pmid: str, verdict: Verdict, reason: str = "") -> None:
        """Keep a decision; an earlier one on the record no longer counts.

        Raises:
            BadInput: it is no record of this, the reviewer has finished, the reason is too long.
        """
        self._keep(reviewer, pmid, verdict, reason)

    def take_back(self, reviewer: str, pmid: str) -> None:
        """Make a record one that is not decided on."""
        self._keep(reviewer, pmid, "", "")

    def _keep(self, reviewer: str, pmid: str, verdict: str, reason: str) -> None:
        reason = " ".join(reason.split())
        if len(reason) > LONGEST_REASON:
            raise BadInput(f"A reason has at most {LONGEST_REASON} characters.", "Shorten it.")
        if reviewer != CONSENSUS and self._ended(reviewer):
            raise BadInput(f"{reviewer} has finished.", "Open it again: medcite screen reopen.")
        with self._all._open() as db:
            if not db.execute(
                "SELECT 1 FROM record WHERE screening = ? AND pmid = ?", (self.number, pmid)
            ).fetchone():
                raise BadInput(
                    f"{pmid} is no record of “{self.name}”.", "See: medcite screen rank NAME."
                )
            db.execute(
                "INSERT INTO decision (screening, reviewer, pmid, verdict, reason, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (self.number, reviewer, pmid, verdict,
                 reason if verdict == Verdict.EXCLUDE else "", now()),
            )  # fmt: skip

    def decisions(self, reviewer: str) -> Decisions:
        """A reviewer's own, the last made last."""
        with self._all._open() as db:
            rows = db.execute(
                "SELECT pmid, verdict, reason, at FROM decision WHERE id IN (SELECT max(id) FROM"
                " decision WHERE screening = ? AND reviewer = ? GROUP BY pmid) ORDER BY id",
                (self.number, reviewer),
            ).fetchall()
        return {p: Decision(Verdict(v), reason, at) for p, v, reason, at in rows if v}

    def progress(self, reviewer: str) -> Progress:
        """How far one reviewer is."""
        made = [each.verdict for each in self.decisions(reviewer).values()]
        included, excluded, undecided = (made.count(verdict) for verdict in Verdict)
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
        """Say that a reviewer is done, whether or not every record was decided on."""
        self._set_finished(reviewer, now())

    def reopen(self, reviewer: str) -> None:
        """Let a reviewer go on.

        Raises:
            BadInput: two reviewers have finished, and know each other's decisions.
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
        return all(self._ended(each) for each in self.reviewers)

    def agreement(self) -> Agreement:
        """How far two reviewers agree, and on what they differ.

        Raises:
            BadInput: there is one reviewer, or one has not finished.
        """
        if len(self.reviewers) < 2:
            raise BadInput(
                "There is one reviewer.", "Agreement needs two: --reviewer A --reviewer B."
            )
        self._need_finished()
        first, second = (self.decisions(each) for each in self.reviewers)
        both = [pmid for pmid in self.pmids() if pmid in first and pmid in second]
        pairs = [(first[pmid].verdict, second[pmid].verdict) for pmid in both]
        every = [pmid for pmid in self.pmids() if pmid in first or pmid in second]
        differ = tuple(p for p in every if _verdict(first, p) != _verdict(second, p))
        return Agreement(len(both), sum(a == b for a, b in pairs), cohen_kappa(pairs), differ)

    def settle(self, pmid: str, verdict: Verdict, reason: str = "") -> None:
        """Decide by consensus on what two reviewers differ on.

        Raises:
            BadInput: there is no conflict about it, or one has not finished.
        """
        if pmid not in self.agreement().conflicts:
            raise BadInput(f"There is no conflict about {pmid}.", "See: medcite screen agreement.")
        self._keep(CONSENSUS, pmid, verdict, reason)

    def outcome(self) -> Decisions:
        """What the screening came to: what is settled by one reviewer, by both, or by consensus.

        Raises:
            BadInput: there are two reviewers, of whom one has not finished.
        """
        if len(self.reviewers) == 1:
            return self.decisions(self.reviewers[0])
        self._need_finished()
        first, second = (self.decisions(each) for each in self.reviewers)
        agreed = {p: d for p, d in first.items() if _verdict(second, p) == d.verdict}
        return agreed | self.decisions(CONSENSUS)

    def _need_finished(self) -> None:
        if not self.finished:
            raise BadInput(
                "Not every reviewer has finished, and until then nobody sees another's decisions.",
                "Each says so: medcite screen finish NAME --reviewer WHO.",
            )


def _verdict(decisions: Decisions, pmid: str) -> Verdict | None:
    return decisions[pmid].verdict if pmid in decisions else None
