"""Convert articles and search results to response models; for answers see `agent.answer`."""

from __future__ import annotations

from typing import Any

from agent.answer import verdict_dict
from agent.assistant import Step
from corpora.article import Article
from retrieval.passage import Evidence
from retrieval.records import article_dict, evidence_dict
from ui.server.forms import ArticleRecord, FoundRecord, SectionRecord


def article_record(article: Article) -> ArticleRecord:
    """Return an article's full record."""
    return ArticleRecord(
        **article_dict(article),
        pmcid=article.pmcid,
        authors=[author.short for author in article.authors],
        published=article.published,
        volume=article.volume,
        issue=article.issue,
        pages=article.pages,
        publication_types=list(article.publication_types),
        mesh=list(article.mesh),
        keywords=list(article.keywords),
        languages=list(article.languages),
        full_text=bool(article.body),
        url=article.url,
        sections=[
            SectionRecord(label=section.label, text=section.text, body=section.body)
            for section in article.sections
        ],
    )


def found_record(evidence: Evidence) -> FoundRecord:
    """Return a search result's record."""
    return FoundRecord(**evidence_dict(evidence))


def step_event(step: Step) -> tuple[str, Any] | None:
    """Return name and data of the event for a step of an answer; None if there is none."""
    update = step.update
    if "answer" in update:
        return "answer", update["answer"].to_dict()
    if "verdicts" in update:
        return "verdicts", [verdict_dict(verdict, {}) for verdict in update["verdicts"]]
    if "claims" in update:
        claims = [{"claim": claim.text, "keys": list(claim.keys)} for claim in update["claims"]]
        return "claims", claims
    if "evidence" in update:
        return "evidence", [found_record(hit).model_dump() for hit in update["evidence"]]
    return ("plan", update["plan"].to_dict()) if "plan" in update else None
