"""Articles and verdicts as text that an agent reads; identifiers always stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Verdict
from corpora.article import Article
from retrieval.passage import Evidence
from ui.server.library import DISCLAIMER, notice_line, reference, study_line, tally

# Of a full text; an agent's window holds several of these.
_MOST_CHARACTERS = 100_000


def found_text(results: Sequence[Evidence]) -> str:
    """A ranking, each article with the passage that was found."""
    if not results:
        return "Nothing was found. Try other words, or fewer filters."
    return "\n\n".join(
        f"{each.rank}. {_head(each.article)}\n{each.passage.text}" for each in results
    )


def related_text(near: Sequence[tuple[Article, float]]) -> str:
    """Articles by likeness, the nearest first."""
    if not near:
        return "The index holds nothing near it."
    return "\n\n".join(f"{n}. {_head(article)}" for n, (article, _) in enumerate(near, start=1))


def metadata_text(article: Article) -> str:
    """What is known of an article, with its abstract."""
    lines = [_head(article)]
    lines += [f"DOI: {article.doi}"] if article.doi else []
    lines += [f"PMCID: {article.pmcid}"] if article.pmcid else []
    lines += [f"MeSH: {'; '.join(article.mesh)}"] if article.mesh else []
    lines += [f"Link: {url}"] if (url := article.url) else []
    abstract = [_section(s.label, s.text) for s in article.sections if not s.body]
    return "\n".join([*lines, *abstract])


def full_text(article: Article) -> str:
    """The article's full text; where the corpus has none, its abstract, which is then said."""
    if not article.body:
        said = "The corpus has no full text of this article; this is its abstract."
        return f"{said}\n\n{metadata_text(article)}"
    whole = "\n\n".join([_head(article), *(_section(s.label, s.text) for s in article.sections)])
    if len(whole) <= _MOST_CHARACTERS:
        return whole
    return f"{whole[:_MOST_CHARACTERS]}\n\n[Cut: {len(whole):,} characters in all.]"


def verdicts_text(verdicts: Sequence[Verdict], cited: dict[str, Article]) -> str:
    """Each sentence with its verdict, what was found, and the words that decided."""
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
