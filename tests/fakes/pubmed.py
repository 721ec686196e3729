"""PubMed XML made to order, for tests that need one particular record."""

from __future__ import annotations

from io import BytesIO


def record(
    pmid: str,
    title: str = "A title",
    *,
    abstract: str = "<AbstractText>Some findings.</AbstractText>",
    article: str = "",
    citation: str = "",
    data: str = "",
    date: str = "<Year>2024</Year>",
    version: int = 1,
    revised: str = "",
) -> str:
    """One PubmedArticle; `article`, `citation` and `data` are XML put into those elements."""
    year, month, day = (revised or "2024-01-01").split("-")
    return f"""<PubmedArticle><MedlineCitation>
<PMID Version="{version}">{pmid}</PMID>
<DateRevised><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></DateRevised>
<Article><Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal>
<ArticleTitle>{title}</ArticleTitle><Abstract>{abstract}</Abstract>{article}</Article>
{citation}</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"""


def deletion(*pmids: str) -> str:
    return (
        "<DeleteCitation>" + "".join(f"<PMID>{pmid}</PMID>" for pmid in pmids) + "</DeleteCitation>"
    )


def notice(kind: str, pmid: str) -> str:
    """A CommentsCorrectionsList with one entry, to pass as `citation`."""
    return (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>J. 2024</RefSource>'
        f"<PMID>{pmid}</PMID></CommentsCorrections></CommentsCorrectionsList>"
    )


def pubmed_xml(*records: str) -> bytes:
    """A whole file of such records."""
    body = "\n".join(records)
    return f'<?xml version="1.0"?>\n<PubmedArticleSet>\n{body}\n</PubmedArticleSet>'.encode()


def stream(*records: str) -> BytesIO:
    return BytesIO(pubmed_xml(*records))
