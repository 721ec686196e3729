"""Articles and what a search found as JSON; answers write their own (`agent.answer`)."""

from __future__ import annotations

from typing import Any

from agent.answer import verdict_dict
from agent.assistant import Step
from corpora.article import Article
from retrieval.passage import Evidence
from retrieval.records import article_dict, evidence_dict
from ui.server.forms import ArticleRecord, FoundRecord, SectionRecord


def article_record(article: Article) -> ArticleRecord:
    """All that the corpus knows of an article."""
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
            SectionRecord(label=each.label, text=each.text, body=each.body)
            for each in article.sections
        ],
    )


def found_record(evidence: Evidence) -> FoundRecord:
    """An article that was found, and its passage nearest to the query."""
    return FoundRecord(**evidence_dict(evidence))


def step_event(step: Step) -> tuple[str, Any] | None:
    """(name, data) of the event that a step of an answer makes; None where it makes none."""
    update = step.update
    if "answer" in update:
        return "answer", update["answer"].to_dict()
    if "verdicts" in update:
        return "verdicts", [verdict_dict(verdict, {}) for verdict in update["verdicts"]]
    if "claims" in update:
        claims = [{"claim": claim.text, "keys": list(claim.keys)} for claim in update["claims"]]
        return "claims", claims
    if "evidence" in update:
        return "evidence", [found_record(each).model_dump() for each in update["evidence"]]
    return ("plan", update["plan"].to_dict()) if "plan" in update else None
