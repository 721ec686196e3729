"""Link editorial notices in both directions.

PubMed links an article and its notice in both records, but the two are revised on different days
and may be in different files. What either record states is shown with both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from corpora.article import Article, Notice, NoticeKind

_AT_ONCE = 500


class NoticeLinks:
    """Statements about articles by other articles of the store and by lists of retractions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def state(self, article: Article) -> None:
        """Store a record's statements about others; `withdraw` those of its older form first."""
        source = " ".join(
            part for part in (article.journal_abbreviation, article.published[:4]) if part
        )
        pmid, doi = (article.pmid, "") if article.from_pubmed else ("", article.doi)
        for notice in article.notices:
            about = notice.pmid or (f"doi:{notice.doi.lower()}" if notice.doi else "")
            own = (article.pmid, f"doi:{article.doi.lower()}")
            if about and about not in own:
                stated = Notice(notice.kind, pmid, source, not notice.issued_by, doi)
                self.keep(about, stated, article.pmid)

    def keep(self, about: str, notice: Notice, said_by: str) -> None:
        """Store a statement about the article with a PMID or "doi:…"."""
        self._db.execute(
            "INSERT OR REPLACE INTO notice (about, kind, issued_by, said_by, pmid, doi, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (about, notice.kind, notice.issued_by, said_by, notice.pmid, notice.doi, notice.source),
        )

    def withdraw(self, said_by: str) -> None:
        """Delete the statements of a record or of a list of retractions."""
        self._db.execute("DELETE FROM notice WHERE said_by = ?", (said_by,))

    def about(self, said_by: str) -> list[str]:
        """The articles that a record or list makes statements about."""
        rows = self._db.execute("SELECT DISTINCT about FROM notice WHERE said_by = ?", (said_by,))
        return [about for (about,) in rows]

    def linked(self, articles: Sequence[Article]) -> list[Article]:
        """The articles, each with the notices that only other records state."""
        notices: dict[str, list[Notice]] = {}
        names = [name for article in articles for name in _names(article)]
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            rows = self._db.execute(
                "SELECT about, kind, pmid, source, issued_by, doi FROM notice WHERE about IN"
                f" ({','.join('?' * len(part))}) ORDER BY about, kind, issued_by, said_by",
                part,
            )
            for about, kind, pmid, source, issued_by, doi in rows:
                notice = Notice(NoticeKind(kind), pmid, source, bool(issued_by), doi)
                notices.setdefault(about, []).append(notice)
        if not notices:
            return list(articles)
        return [
            _with(article, [n for name in _names(article) for n in notices.get(name, ())])
            for article in articles
        ]


def _names(article: Article) -> list[str]:
    return [article.pmid, f"doi:{article.doi.lower()}"] if article.doi else [article.pmid]


def _with(article: Article, stated: Sequence[Notice]) -> Article:
    own = {(n.kind, n.pmid, n.doi, n.issued_by) for n in article.notices}
    new = list(
        {
            key: n for n in stated if (key := (n.kind, n.pmid, n.doi, n.issued_by)) not in own
        }.values()
    )
    if not new:
        return article
    specified = {(n.kind, n.issued_by) for n in new}
    # A bare "retracted" is dropped in favour of a notice with a source.
    kept = [
        n
        for n in article.notices
        if n.pmid or n.doi or n.source or (n.kind, n.issued_by) not in specified
    ]
    return replace(article, notices=(*kept, *new))
