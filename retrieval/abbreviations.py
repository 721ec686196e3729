"""Abbreviations as defined by the corpus itself: "heart failure with … (HFrEF)".

Pairs are extracted by the method of Schwartz and Hearst, "A simple algorithm for identifying
abbreviation definitions in biomedical text", PSB 2003: a short form in parentheses, preceded by the
shortest run of words whose letters contain it in order. They are stored with the number of articles
that give that definition; a query with one form also searches for the other.

Only definitions in parentheses are recognised, and the most frequent expansion is used.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from corpora.article import Article
from corpora.errors import Damaged

Terms = Callable[[str], list[str]]

ABBREVIATIONS = "abbreviations.sqlite"

_BRACKETED = re.compile(r"\(([^()]{2,40})\)")
_SHORT_FORM = re.compile(r"^[A-Za-zα-ωΑ-Ω0-9][\w./+-]{1,9}$")
_WORD = re.compile(r"\S+")
# A word of a question that can be an abbreviation: "HFrEF", "SGLT2i", "NOACs", "COVID-19".
_CANDIDATE = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z0-9]|\w*[A-Z][a-z]?[A-Z]|[a-z]+[A-Z])[\w-]{2,12}\b")
_LONGEST_NAME = 8
# An expansion is used if this share of the articles that define the abbreviation agree on it.
_AGREED = 0.5
# A large corpus contains many definitions used by a single author.
_RARE_BELOW = 2
_LARGE = 100_000
_KEPT_IN_MEMORY = 200_000


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """(short form, long form) of each definition in a text."""
    for match in _BRACKETED.finditer(text):
        short = match[1].split(";")[0].split(",")[0].strip()
        if not _is_short_form(short):
            continue
        before = text[max(0, match.start() - 250) : match.start()]
        # A definition does not cross the end of a line or sentence, or another bracket.
        before = re.split(r"[.;:!?)\]]\s|\n", before)[-1].rstrip()
        words = list(_WORD.finditer(before))
        most = min(len(short) + 5, len(short) * 2)
        if not words:
            continue
        window = before[words[max(0, len(words) - most)].start() :]
        long = _longest_match(short, window)
        if long and len(long) > len(short) and short.casefold() not in long.casefold().split():
            yield short, " ".join(long.split())


def _is_short_form(text: str) -> bool:
    return (
        bool(_SHORT_FORM.match(text))
        and any(c.isupper() for c in text)
        and any(c.isalpha() for c in text[:2])
        and not text.istitle()
    )


def _longest_match(short: str, window: str) -> str:
    """The end of `window` whose letters contain the short form; "" if there is none.

    Matched from the right; the first letter must begin a word (Schwartz and Hearst's rule).
    """
    at = len(window) - 1
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].casefold()
        if not letter.isalnum():
            continue
        while at >= 0 and (
            window[at].casefold() != letter or (index == 0 and at > 0 and window[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
        at -= 1
    start = window.rfind(" ", 0, at + 1) + 1
    return window[start:].strip(" \"'“”‘’,-")


class AbbreviationWriter:
    """Collects definitions into a file of an index version with bounded memory."""

    def __init__(self, path: Path, terms: Terms) -> None:
        self._terms = terms
        self._counts: Counter[tuple[str, str]] = Counter()
        self._articles = 0
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;"
            "CREATE TABLE pair (short TEXT, long TEXT, count INTEGER, PRIMARY KEY (short, long))"
            " WITHOUT ROWID;"
        )

    def passing(self, articles: Iterable[tuple[int, Article]]) -> Iterator[tuple[int, Article]]:
        """Pass articles through unchanged and collect their definitions."""
        for pair in articles:
            self._articles += 1
            self._counts.update(
                {(s, " ".join(self._terms(long))) for s, long in definitions(pair[1].text)}
            )
            if len(self._counts) >= _KEPT_IN_MEMORY:
                self._write()
            yield pair
        self._write()

    def close(self) -> None:
        if self._articles > _LARGE:
            self._db.execute("DELETE FROM pair WHERE count < ?", (_RARE_BELOW,))
        self._db.execute("CREATE INDEX by_long ON pair (long)")
        self._db.close()

    def _write(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO pair VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(short, long, count) for (short, long), count in sorted(self._counts.items())],
        )
        self._db.execute("COMMIT")
        self._counts.clear()


class Abbreviations:
    """The definitions of an index version; safe to use from several threads.

    Raises:
        Damaged: the file is missing or has no such table.
    """

    def __init__(self, path: Path, terms: Terms) -> None:
        self._terms = terms
        try:
            # SQLite serialises queries from several threads on one connection.
            self._db = sqlite3.connect(
                f"file:{path.as_posix()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._db.execute("SELECT count(*) FROM pair")
        except sqlite3.Error as error:
            raise Damaged(f"{path} cannot be read.", "Rebuild: medcite index build.") from error

    def expansions(self, text: str) -> list[str]:
        """Index terms of the other forms of abbreviations in a text, without its own terms."""
        own = self._terms(text)
        words = {
            form
            for word in _CANDIDATE.findall(text)
            for form in (word, word.removesuffix("s"), word.replace("-", ""))
        }
        names = {
            " ".join(own[start : start + size])
            for size in range(2, _LONGEST_NAME + 1)
            for start in range(len(own) - size + 1)
        }
        forms = [
            *self._agreed("short", "long", words),
            *(
                term
                for short in self._agreed("long", "short", names)
                for term in self._terms(short)
            ),
        ]
        return [term for form in forms for term in dict.fromkeys(form.split()) if term not in own]

    def _agreed(self, source: str, target: str, forms: set[str]) -> list[str]:
        """For each form the most frequent counterpart, if enough articles agree on it."""
        if not forms:
            return []
        marks = ",".join("?" * len(forms))
        rows = self._db.execute(
            f"SELECT {source}, {target}, count FROM pair WHERE {source} IN ({marks})"
            f" ORDER BY {source}, count DESC, {target}",
            sorted(forms),
        ).fetchall()
        readings: dict[str, list[tuple[str, int]]] = {}
        for form, other, count in rows:
            readings.setdefault(form, []).append((other, count))
        return [
            first[0][0]
            for first in readings.values()
            if first[0][1] >= _AGREED * sum(count for _, count in first)
        ]
