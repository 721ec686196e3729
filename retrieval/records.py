"""Articles and search results as JSON, for the command line, the server and answers."""

from __future__ import annotations

from typing import Any

from corpora.article import Article
from retrieval.passage import Evidence


def article_dict(article: Article) -> dict[str, Any]:
    """An article's metadata in short, with its editorial notices."""
    design = article.design
    return {
        "pmid": article.pmid,
        "title": article.title,
        "journal": article.journal,
        "year": article.year,
        "doi": article.doi,
        "design": design.level.label,
        "design_reason": design.reason,
        "notices": [notice.kind.value for notice in article.own_notices],
        "retracted": article.retracted,
    }


def evidence_dict(evidence: Evidence) -> dict[str, Any]:
    """A retrieved article, its scores, and its passage nearest to the query."""
    passage = evidence.passage
    return {
        "rank": evidence.rank,
        **article_dict(evidence.article),
        "score": evidence.score,
        "dense_rank": evidence.dense_rank,
        "lexical_rank": evidence.lexical_rank,
        "passage": {
            "key": passage.id,
            "section": passage.section,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
        },
    }
