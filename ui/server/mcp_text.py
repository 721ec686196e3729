"""Render articles and verdicts as text for agents, always with identifiers."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Verdict
from corpora.article import Article
from retrieval.passage import Evidence
from ui.server.shared import DISCLAIMER, notice_line, reference, study_line, tally

# Limit on a full text; an agent's context window holds several of these.
_MOST_CHARACTERS = 100_000


def found_text(results: Sequence[Evidence]) -> str:
    """Render search results, each with its best passage."""
    if not results:
        return "No articles were found. Try other words, or fewer filters."
    return "\n\n".join(f"{hit.rank}. {_head(hit.article)}\n{hit.passage.text}" for hit in results)


def related_text(neighbours: Sequence[tuple[Article, float]]) -> str:
    """Render articles by similarity, the most similar first."""
    if not neighbours:
        return "The index has no similar articles."
    return "\n\n".join(
        f"{n}. {_head(article)}" for n, (article, _) in enumerate(neighbours, start=1)
    )


def metadata_text(article: Article) -> str:
    """Render an article's metadata and abstract."""
    lines = [_head(article)]
    lines += [f"DOI: {article.doi}"] if article.doi else []
    lines += [f"PMCID: {article.pmcid}"] if article.pmcid else []
    lines += [f"MeSH: {'; '.join(article.mesh)}"] if article.mesh else []
    lines += [f"Link: {url}"] if (url := article.url) else []
    abstract = [_section(s.label, s.text) for s in article.sections if not s.body]
    return "\n".join([*lines, *abstract])


def full_text(article: Article) -> str:
    """Render an article's full text or, with a note, its abstract if the corpus has no more."""
    if not article.body:
        note = "The corpus has no full text of this article; this is its abstract."
        return f"{note}\n\n{metadata_text(article)}"
    whole = "\n\n".join([_head(article), *(_section(s.label, s.text) for s in article.sections)])
    if len(whole) <= _MOST_CHARACTERS:
        return whole
    return f"{whole[:_MOST_CHARACTERS]}\n\n[Truncated: {len(whole):,} characters in total.]"


def verdicts_text(verdicts: Sequence[Verdict], cited: dict[str, Article]) -> str:
    """Render each sentence with its verdict, its findings and the deciding words."""
    lines = []
    for number, verdict in enumerate(verdicts, start=1):
        keys = "".join(f" [{key}]" for key in verdict.claim.keys)
        lines.append(f"{number}. {verdict.label.value}: {verdict.claim.text}{keys}")
        lines += [f"   {check.name}: {check.finding}" for check in verdict.checks]
        lines += [f"   {quote.key} says: “{quote.text}”" for quote in verdict.quotes[:2]]
    lines += [
        f"{key} IS RETRACTED: {notice_line(article)}"
        for key, article in cited.items()
        if article.retracted
    ]
    return "\n".join([*lines, "", tally([v.label for v in verdicts]), DISCLAIMER])


def _head(article: Article) -> str:
    notice = notice_line(article)
    parts = (article.title, reference(article), study_line(article), notice)
    return "\n".join(part for part in parts if part)


def _section(label: str, text: str) -> str:
    return f"{label}: {text}" if label else text
