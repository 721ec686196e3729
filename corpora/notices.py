"""Editorial notices linked both ways.

PubMed links an article and the notice about it in both records, but the two are revised on
different days and may be in different files. What either record says is shown with both.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from corpora.article import Article, Notice, NoticeKind

_AT_ONCE = 500
# What NLM writes before the place of a notice; whether the record itself is the notice.
NOTICE_WORDS = {
    (NoticeKind.RETRACTED, False): "Retraction in",
    (NoticeKind.RETRACTED, True): "Retraction of",
    (NoticeKind.CONCERN, False): "Expression of concern in",
    (NoticeKind.CONCERN, True): "Expression of concern for",
    (NoticeKind.CORRECTED, False): "Erratum in",
    (NoticeKind.CORRECTED, True): "Erratum for",
}
_PMID = re.compile(r"PMID: ?(\d+)")


def read_notice(kind: NoticeKind, place: str, *, issued_by: bool) -> Notice:
    """The notice at a place such as "Arch Invent Trials. 2022;13(1):5. PMID: 99000002"."""
    found = _PMID.search(place)
    source = place[: found.start()].strip(" .") if found else place
    return Notice(kind, found[1] if found else "", source, issued_by)


class NoticeLinks:
    """What the articles of a store say about each other."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def state(self, article: Article) -> None:
        """Keep what a record says about others; `withdraw` what an older form of it said first."""
        source = " ".join(
            part for part in (article.journal_abbreviation, article.published[:4]) if part
        )
        for notice in article.notices:
            if notice.pmid and notice.pmid != article.pmid:
                self._db.execute(
                    "INSERT OR REPLACE INTO notice (pmid, kind, issued_by, other, source)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (notice.pmid, notice.kind, not notice.issued_by, article.pmid, source),
                )

    def withdraw(self, pmid: str) -> None:
        """Forget what a record said."""
        self._db.execute("DELETE FROM notice WHERE other = ?", (pmid,))

    def linked(self, articles: Sequence[Article]) -> list[Article]:
        """The articles, each with the notices that only the other record names."""
        said: dict[str, list[Notice]] = {}
        for start in range(0, len(articles), _AT_ONCE):
            pmids = [article.pmid for article in articles[start : start + _AT_ONCE]]
            rows = self._db.execute(
                "SELECT pmid, kind, other, source, issued_by FROM notice WHERE pmid IN"
                f" ({','.join('?' * len(pmids))}) ORDER BY pmid, kind, issued_by, other",
                pmids,
            )
            for pmid, kind, other, source, issued_by in rows:
                notice = Notice(NoticeKind(kind), other, source, bool(issued_by))
                said.setdefault(pmid, []).append(notice)
        if not said:
            return list(articles)
        return [_with(article, said.get(article.pmid, ())) for article in articles]


def _with(article: Article, said: Sequence[Notice]) -> Article:
    own = {(n.kind, n.pmid, n.issued_by) for n in article.notices}
    new = [n for n in said if (n.kind, n.pmid, n.issued_by) not in own]
    if not new:
        return article
    named = {(n.kind, n.issued_by) for n in new}
    # A bare "retracted" gives way to the notice that says where.
    kept = [n for n in article.notices if n.pmid or n.source or (n.kind, n.issued_by) not in named]
    return replace(article, notices=(*kept, *new))
