"""Render records as HTML for the pages: pure functions; text of articles and users is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from corpora.article import Article, NoticeKind
from corpora.errors import MedciteError
from corpora.identifiers import doi_url, is_pmid, pmc_url, pubmed_url
from ui.render.inline import Span
from ui.render.text import language_name, reference
from ui.render.typography import quoted_html, slice_html, title_line

if TYPE_CHECKING:
    from retrieval.passage import Passage

_NOTICES = {
    NoticeKind.RETRACTED: ("bad", "Retracted", "Do not rely on this article."),
    NoticeKind.CONCERN: ("fair", "Expression of concern", "The editors have doubts about it."),
    NoticeKind.CORRECTED: ("unknown", "Corrected", "A correction was published."),
}


# Articles


def title_html(article: Article, spans: Sequence[Span] = (), number: int | None = None) -> str:
    """Render an article's title, with these spans of its text marked."""
    cited = f'<span class="number">{number}</span> ' if number is not None else ""
    return f'<h3 class="title">{cited}{title_line(article, spans)}</h3>'


def article_html(article: Article, spans: Sequence[Span] = ()) -> str:
    """Render an article without its title, with these spans of its text marked."""
    sections = "".join(
        f"<section>{f'<h4>{escape(label)}</h4>' if label else ''}"
        f"<p>{slice_html(article, start, end, spans)}</p></section>"
        for start, end, label in article.section_spans()
    )
    return (
        f'<article class="article">{notices_html(article)}'
        f'<p class="reference">{escape(reference(article))}</p>'
        f"{design_html(article, reason=True)}{links_html(article)}"
        f"{sections or _NO_ABSTRACT}</article>"
    )


def details_html(article: Article) -> str:
    """Render a record's metadata: authors, journal, date, types, headings, keywords, languages."""
    issue = f"{article.volume}{f'({article.issue})' if article.issue else ''}"
    printed = ", ".join(
        part for part in (article.journal, issue, article.pages, article.published) if part
    )
    rows = {
        "Authors": ", ".join(author.short for author in article.authors),
        "Published": printed,
        "Publication types": ", ".join(article.publication_types),
        "MeSH headings": "; ".join(article.mesh),
        "Keywords": ", ".join(article.keywords),
        "Language": ", ".join(map(language_name, article.languages)),
        "Original title": article.vernacular_title,
        "Records of": ", ".join(article.sources) if len(article.sources) > 1 else "",
    }
    return _definitions({name: escape(value) for name, value in rows.items() if value})


def hit_html(article: Article, passage: Passage | None = None, spans: Sequence[Span] = ()) -> str:
    """Render the part below an article's title in a list, with these spans of its text marked."""
    text = ""
    if passage is not None and passage.text != article.title:
        text = f'<p class="snippet">{_passage(article, passage, spans)}</p>'
    return (
        f'<div class="hit">{notices_html(article)}<p class="reference">'
        f"{escape(reference(article))} {design_html(article)}</p>{text}</div>"
    )


def found_html(count: str, more: str) -> str:
    """Render the number of articles found, and a note on them."""
    note = f' <span class="muted">{escape(more)}</span>' if more else ""
    return f'<p class="found" role="status"><strong>{escape(count)}</strong>{note}</p>'


def gist(article: Article) -> Passage | None:
    """Return the excerpt of an article without a query: its conclusion, else its beginning."""
    from retrieval.passage import Passage

    spans = dict(zip(article.sections, article.section_spans(), strict=True))
    concluding = [s for s in spans if s.category == "CONCLUSIONS" and not s.body]
    if not spans:
        return None
    start, end, label = spans[concluding[0] if concluding else article.sections[0]]
    return Passage("", article.pmid, label, start, end, article.text[start:end])


def missing_html(pmid: str) -> str:
    """Render an article that is not in the corpus, by its identifier."""
    link = _pmid_link(pmid) or escape(pmid)
    return f'<p class="hit">{link} <span class="muted">is no longer in this corpus.</span></p>'


def notices_html(article: Article) -> str:
    """Render banners for the article's editorial notices."""
    banners = []
    for kind, (tone, words, meaning) in _NOTICES.items():
        notices = [n for n in article.own_notices if n.kind is kind]
        if not notices:
            continue
        where = ", ".join(
            dict.fromkeys(
                _pmid_link(n.pmid) or _doi_link(n.doi) or escape(n.source) for n in notices
            )
        )
        notice = f" Notice: {where}." if where else ""
        banners.append(f'<p class="notice {tone}"><strong>{words}.</strong> {meaning}{notice}</p>')
    return "".join(banners)


def design_html(article: Article, *, reason: bool = False) -> str:
    """Render the study design and, optionally, the words it was recognised by."""
    design = article.design
    why = f' <span class="muted">{escape(design.reason)}</span>' if reason and design.reason else ""
    badge = f'<span class="design">{escape(design.level.label)}</span>{why}'
    return f'<p class="reference">{badge}</p>' if reason else badge


def links_html(article: Article) -> str:
    """Render links to PubMed, the publisher and the free full text."""
    links = []
    if article.from_pubmed:
        links.append(_link(pubmed_url(article.pmid), "PubMed"))
    if re.fullmatch(r"10\.\S+/\S+", article.doi):
        links.append(_link(doi_url(article.doi), "DOI"))
    if re.fullmatch(r"PMC\d+", article.pmcid):
        links.append(_link(pmc_url(article.pmcid), "Full text"))
    return f'<p class="links">{"".join(links)}</p>' if links else ""


def passages_html(article: Article, passages: Sequence[Passage]) -> str:
    """Render the passages of an article as indexed."""
    rows = "".join(
        f"<li><p>{_passage(article, p)}</p>"
        f'<p class="muted">{escape(p.section or "no section")}, {_page_of(article, p)}'
        f"{p.start}–{p.end}</p></li>"
        for p in passages
    )
    return f'<ol class="passages">{rows}</ol>'


def _page_of(article: Article, passage: Passage) -> str:
    page = article.page_at(passage.start)
    return f"p. {escape(page)}, " if page else ""


def _passage(article: Article, passage: Passage, spans: Sequence[Span] = ()) -> str:
    return quoted_html(article, passage.start, passage.end, passage.text, spans)


# Boxes and tables


def error_html(error: MedciteError) -> str:
    """Render an error and its next step."""
    return (
        f'<div class="box bad" role="alert"><strong>{escape(error.message)}</strong>'
        f"<p>{_commands(error.next_step)}</p></div>"
    )


def note_html(title: str, body: str) -> str:
    """Render a note by the application; `body` is HTML."""
    return (
        f'<div class="box fair" role="status"><strong>{escape(title)}</strong>'
        f"<div>{body}</div></div>"
    )


def facts_html(facts: dict[str, str]) -> str:
    """Render names and values side by side."""
    return _definitions({escape(name): escape(value) for name, value in facts.items()})


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Render a table; columns that contain only numbers are right-aligned."""
    right = [all(_is_number(row[i]) for row in rows) for i in range(len(head))]

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=right' if right[i] else ''}>{escape(cell)}</{tag}>"
            for i, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return (
        # Focusable by keyboard, because it scrolls on a phone.
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{line(head, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_NO_ABSTRACT = '<p class="muted">This record has no abstract.</p>'


def _definitions(rows: dict[str, str]) -> str:
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items())
        + "</dl>"
    )


def _commands(text: str) -> str:
    """Escape text, and mark up `commands` as code."""
    return re.sub(r"`([^`]+)`|(medcite (?:corpus|index) \w+)", _as_code, escape(text))


def _as_code(match: re.Match[str]) -> str:
    return f"<code>{match[1] or match[2]}</code>"


def _link(url: str, words: str) -> str:
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{words} ↗</a>'


def _doi_link(doi: str) -> str:
    return _link(doi_url(doi), f"doi:{escape(doi)}") if doi else ""


def _pmid_link(pmid: str) -> str:
    if not is_pmid(pmid):
        return ""
    return _link(pubmed_url(pmid), f"PMID {pmid}")


def _is_number(text: str) -> bool:
    return text.replace(",", "").isdigit()
