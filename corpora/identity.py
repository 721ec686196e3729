"""Decide which records describe the same article, whatever database they come from.

A shared PMID, DOI or PMCID decides; without one, title, year and first author. A stronger
identifier that differs overrules a weaker one that agrees: different PMIDs are different articles.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from corpora.article import Article
from corpora.evidence_level import is_notice

PDF = "PDF"
# Many articles share a shorter title ("Editorial", "Reply to the authors").
_SHORTEST_TITLE = 24
# Least share of words that titles with one DOI have in common: all abstracts of a supplement
# have its DOI.
_LEAST_SHARED = 0.5
_MARK = re.compile(
    r"^\W*(?:retracted|withdrawn)(?:\s+(?:article|paper))?\W+|\W*[\[(]\s*retracted[^\])]*[\])]\W*$",
    re.IGNORECASE,
)
_OTHER_REPORTS = re.compile(
    r"congress|conference|meeting abstract|abstract|preprint|registered trial|protocol",
    re.IGNORECASE,
)


def names_of(article: Article) -> set[int]:
    """The names a record is looked up by (key, DOI, PMCID and title), as 64-bit integers."""
    names = [f"key {article.pmid.casefold()}"]
    if article.doi:
        names.append(f"doi {article.doi.casefold()}")
    if article.pmcid:
        names.append(f"pmcid {article.pmcid.casefold()}")
    if title := title_name(article):
        names.append(f"title {title}")
    return {number_of(name) for name in names}


def number_of(name: str) -> int:
    """A name of an article ("doi 10.1000/x", "key 123") as a 64-bit integer."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def title_name(article: Article) -> str:
    """A title normalised for comparison; "" if it does not identify an article by itself."""
    title = plain_title(article.title)
    if len(title) < _SHORTEST_TITLE or not (article.year or article.sources == (PDF,)):
        return ""
    return "" if is_notice(article.publication_types, _MARK.sub("", article.title)) else title


def plain_title(title: str) -> str:
    """Letters and digits only, in lower case, without accents and without a retraction mark."""
    folded = unicodedata.normalize("NFKD", _MARK.sub("", title).casefold())
    return "".join(c for c in folded if c.isalnum())


def unmarked(title: str) -> str:
    """A title without the mark of a retracted article."""
    return _MARK.sub("", title) or title


def same_article(one: Article, other: Article) -> str:
    """What shows that two records describe one article ("PMID", "DOI", …); "" if nothing does."""
    if one.from_pubmed and other.from_pubmed:
        return "PMID" if one.pmid == other.pmid else ""
    if one.doi and one.doi.casefold() == other.doi.casefold():
        agree = _titles_agree(one, other) or _first(one) == _first(other) or _is_pdf(one, other)
        return "DOI" if agree else ""
    if one.pmcid and one.pmcid == other.pmcid:
        return "PMCID"
    if one.pmid == other.pmid and not one.pmid.startswith("title:"):
        return "identifier"
    if (one.doi and other.doi) or (one.pmcid and other.pmcid):
        return ""
    if _reports(one) != _reports(other):
        return ""
    return "title, year and first author" if _same_by_title(one, other) else ""


def _same_by_title(one: Article, other: Article) -> bool:
    title = title_name(one)
    if not title or title != title_name(other):
        return False
    if _is_pdf(one, other):
        # A PDF seldom names its authors, and its year is a guess.
        return abs(one.year - other.year) <= 1 or not (one.year and other.year)
    same_place = bool(one.pages) and (one.volume, _page(one)) == (other.volume, _page(other))
    # An article printed in January was ahead of print in the previous year.
    if abs(one.year - other.year) > (1 if same_place else 0):
        return False
    first, second = _first(one), _first(other)
    if first and second:
        return first == second
    return (
        same_place
        or _journal(one) == _journal(other) != ""
        or _abstract(one) == _abstract(other) != ""
    )


def _is_pdf(one: Article, other: Article) -> bool:
    return (PDF,) in (one.sources, other.sources)


def _titles_agree(one: Article, other: Article) -> bool:
    words, others = _words(one.title), _words(other.title)
    if not (words and others):
        return True
    return len(words & others) / min(len(words), len(others)) >= _LEAST_SHARED


def _words(title: str) -> set[str]:
    return set(re.findall(r"\w{3,}", title.casefold()))


def _first(article: Article) -> str:
    if not article.authors:
        return ""
    author = article.authors[0]
    return plain_title(author.last or author.collective)


def _page(article: Article) -> str:
    return re.split(r"[-–]", article.pages)[0].strip()


def _journal(article: Article) -> str:
    return plain_title(article.journal or article.journal_abbreviation)


def _abstract(article: Article) -> str:
    return plain_title(" ".join(s.text for s in article.sections if not s.body))[:200]


def _reports(article: Article) -> set[str]:
    """The kinds of report of a record that are published separately from the article."""
    return {
        match[0].lower()
        for kind in article.publication_types
        if (match := _OTHER_REPORTS.search(kind))
    }
