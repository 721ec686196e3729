"""Articles and what a search found as JSON; answers write their own (`agent.answer`)."""

from __future__ import annotations

from typing import Any

from agent.answer import verdict_dict
from agent.assistant import Step
from corpora.article import Article
from retrieval.passage import Evidence
from ui.server.forms import ArticleRecord, FoundRecord, PassageRecord, SectionRecord
from ui.server.library import pubmed_url


def notices(article: Article) -> list[str]:
    """What editors say about the article."""
    return [notice.kind.value for notice in article.notices if not notice.issued_by]


def article_url(article: Article) -> str:
    """The article's page: PubMed's, its DOI's or PMC's; "" where it has none."""
    if url := pubmed_url(article):
        return url
    if article.doi:
        return f"https://doi.org/{article.doi}"
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{article.pmcid}/" if article.pmcid else ""


def article_record(article: Article) -> ArticleRecord:
    """All that the corpus knows of an article."""
    design = article.design
    return ArticleRecord(
        pmid=article.pmid,
        doi=article.doi,
        pmcid=article.pmcid,
        title=article.title,
        authors=[author.short for author in article.authors],
        journal=article.journal,
        year=article.year,
        published=article.published,
        volume=article.volume,
        issue=article.issue,
        pages=article.pages,
        publication_types=list(article.publication_types),
        mesh=list(article.mesh),
        keywords=list(article.keywords),
        languages=list(article.languages),
        design=design.level.label,
        design_reason=design.reason,
        notices=notices(article),
        retracted=article.retracted,
        full_text=bool(article.body),
        url=article_url(article),
        sections=[
            SectionRecord(label=each.label, text=each.text, body=each.body)
            for each in article.sections
        ],
    )


def found_record(evidence: Evidence) -> FoundRecord:
    """An article that was found, and its passage nearest to the query."""
    article, passage = evidence.article, evidence.passage
    return FoundRecord(
        rank=evidence.rank,
        pmid=article.pmid,
        title=article.title,
        journal=article.journal,
        year=article.year,
        doi=article.doi,
        design=article.design.level.label,
        notices=notices(article),
        retracted=article.retracted,
        score=evidence.score,
        dense_rank=evidence.dense_rank,
        lexical_rank=evidence.lexical_rank,
        passage=PassageRecord(
            key=passage.id,
            section=passage.section,
            start=passage.start,
            end=passage.end,
            text=passage.text,
        ),
    )


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
