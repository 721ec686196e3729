"""Normalise the output of all readers to the form in which articles are stored.

Readers return what a file says. Here markup, entities and invisible characters are removed from
text, placeholders for a missing title or abstract are dropped, identifiers, languages and dates get
one form, and a retraction becomes a notice however it is stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record, Section
from corpora.identifiers import doi_of, made_identifier, pmcid_of
from corpora.labels import category_of
from corpora.languages import language_codes
from corpora.text_cleanup import cleaned, cleaned_text, is_clean, parted
from corpora.typography import SetText, set_lines, within

_NO_TITLE = re.compile(
    r"[\[(\s]*(?:(?:title )?not available|no title(?: available| given)?|title not available|untitled"
    r"|nan|null|none|n/?a|undefined)[\])\s.]*",
    re.IGNORECASE,
)
_NO_ABSTRACT = re.compile(
    r"[\[(\s]*(?:no abstract(?: (?:is )?(?:available|provided|given|found|present))?|abstract (?:is )?not"
    r" available|not available|abstract|nan|null|none|n/?a|undefined)[\])\s.]*",
    re.IGNORECASE,
)
_ABSENT = frozenset({"nan", "null", "none", "n/a", "undefined", "unknown", "unavailable", "<na>"})
_FIELDS = ("journal", "journal_abbreviation", "volume", "issue", "pages")
_LISTS = ("publication_types", "mesh", "keywords", "major_mesh")
_ODD = re.compile(
    r"^[ \t]|[ \t]$|^(?:nan|null|none|n/a|undefined|unknown|unavailable|<na>)$",
    re.IGNORECASE | re.MULTILINE,
)
_RETRACTED_TYPES = frozenset(
    {"retracted publication", "retracted article", "retracted", "retracted paper"}
)
_RETRACTED_TITLE = re.compile(
    r"^\W*(?:this (?:article|paper) (?:has been|was|is) )?retracted(?:\s+(?:article|paper|publication|chapter|study))?\s*[:\]–—-]"
    r"|[\[({]\s*retracted(?:\s+(?:article|paper|publication|chapter))?\b[^\[\](){}]*[\])}]\W*$"
    r"|\s[–—-]\s*retracted(?:\s+(?:article|paper|publication))?\W*$",
    re.IGNORECASE,
)
# "Retraction notice", "Retraction to: …": the record is the notice itself.
_RETRACTING_TYPES = frozenset(
    {"retraction of publication", "retraction notice", "retraction", "retraction note"}
)
_UNLABELLED = frozenset({"abstract", "summary"})


def normalised(records: Iterable[Record], source: str) -> Iterator[Record]:
    """Yield records with normalised articles; an article left without text becomes a BadRecord.

    Args:
        source: database or format of records that name no source.
    """
    for position, record in enumerate(records, start=1):
        if not isinstance(record, Article):
            yield record
            continue
        article = normal_article(record)
        # PubMed has records with only journal, date and identifier; they are kept as they are.
        if article.title or article.sections or not (record.title or record.sections):
            yield article if article.sources else replace(article, sources=(source,))
        else:
            yield BadRecord(position, record.pmid, "neither title nor abstract")


def normal_article(article: Article) -> Article:
    """Normalise an article; one that is normalised already is returned unchanged."""
    changed: dict[str, Any] = {}

    def note(name: str, value: object) -> None:
        if value != getattr(article, name):
            changed[name] = value

    if not is_clean(article.text) or any(not is_clean(s.label) for s in article.sections):
        changed |= _clean_text(article)
    title = changed.get("title", article.title)
    vernacular = cleaned_text(article.vernacular_title)
    vernacular = "" if _NO_TITLE.fullmatch(vernacular) else vernacular
    note("vernacular_title", vernacular)
    bare = not (vernacular or article.sections or _plain(title) == "")
    if (_NO_TITLE.fullmatch(title) or not title) and not bare:
        # "[Not Available]." stays if PubMed gives nothing else.
        changed |= _retitled(replace(article, **changed), vernacular)
    sections = changed.get("sections", article.sections)
    if any(not s.body and _NO_ABSTRACT.fullmatch(s.text) for s in sections):
        changed |= _without_placeholders(replace(article, **changed))
    if not _are_plain(article):
        for name in _FIELDS:
            note(name, _plain(getattr(article, name)))
        for name in _LISTS:
            note(name, _all_plain(getattr(article, name)))
        note("authors", tuple(filter(_named, map(_clean_author, article.authors))))
    note("doi", doi_of(_plain(article.doi)))
    note("pmcid", pmcid_of(_plain(article.pmcid)) if article.pmcid else "")
    note("languages", language_codes(article.languages))
    if article.notices:
        note("notices", tuple(map(_clean_notice, article.notices)))
    if changed:
        article = replace(article, **changed)
    if not article.pmid:
        identifier = made_identifier(article.doi, article.pmcid, article.title, article.year)
        article = replace(article, pmid=identifier)
    return _with_retraction(article)


def _are_plain(article: Article) -> bool:
    """Whether no short field can contain residue, surrounding white space or a placeholder."""
    texts = [getattr(article, name) for name in _FIELDS]
    for name in _LISTS:
        texts += getattr(article, name)
    for author in article.authors:
        texts += (author.last, author.fore, author.collective, author.suffix)
        if not (author.last or author.collective):
            return False
    joined = "\n".join(texts)
    return is_clean(joined) and not _ODD.search(joined)


def _clean_text(article: Article) -> dict[str, Any]:
    """Title and sections without residue; an abstract is split at HTML headings."""
    title = cleaned(SetText(article.title, within(article.typography, 0, len(article.title))))
    sections: list[Section] = []
    lines = [title]
    for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True):
        line = SetText(section.text, within(article.typography, start, end))
        label = cleaned_text(section.label)
        parts = [("", cleaned(line))] if section.body else parted(line)
        for own, text in parts:
            if not text.text:
                continue
            heading = "" if own.casefold() in _UNLABELLED else own
            category = category_of(heading) if heading else section.category
            sections.append(Section(heading or label, text.text, category, section.body))
            lines.append(text)
    typography = set_lines(lines)
    same = [title.text, *(section.text for section in sections)] == article.text.split("\n")
    starts = article.page_starts if same else ()
    return {
        "title": title.text,
        "sections": tuple(sections),
        "typography": typography,
        "page_starts": starts,
    }


def _retitled(article: Article, vernacular: str) -> dict[str, Any]:
    lines = [
        SetText(section.text, within(article.typography, start, end))
        for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True)
    ]
    return {"title": vernacular, "typography": set_lines([SetText(vernacular), *lines])}


def _without_placeholders(article: Article) -> dict[str, Any]:
    title = SetText(article.title, within(article.typography, 0, len(article.title)))
    kept = [
        (section, SetText(section.text, within(article.typography, start, end)))
        for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True)
        if section.body or not _NO_ABSTRACT.fullmatch(section.text)
    ]
    return {
        "sections": tuple(section for section, _ in kept),
        "typography": set_lines([title, *(line for _, line in kept)]),
    }


def _plain(text: str) -> str:
    text = cleaned_text(text).strip()
    return "" if text.casefold() in _ABSENT else text


def _all_plain(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain for text in texts if (plain := _plain(text)))


def _clean_author(author: Author) -> Author:
    parts = (author.last, author.fore, author.initials, author.collective, author.suffix)
    if all(map(is_clean, parts)):
        return author
    return Author(*map(cleaned_text, parts))


def _named(author: Author) -> bool:
    return any(c.isalpha() for c in author.last + author.collective)


def _clean_notice(notice: Notice) -> Notice:
    if is_clean(notice.source) and not notice.doi:
        return notice
    return replace(notice, source=cleaned_text(notice.source), doi=doi_of(notice.doi))


def _with_retraction(article: Article) -> Article:
    """Add a bare notice to an article that only its types or title mark as retracted.

    They may state a retraction before the link to its notice appears, and databases other than
    PubMed give no link at all.
    """
    if article.retracted:
        return article
    types = {kind.casefold() for kind in article.publication_types}
    if not types & _RETRACTED_TYPES:
        itself = types & _RETRACTING_TYPES or any(n.issued_by for n in article.notices)
        if itself or not _RETRACTED_TITLE.search(article.title):
            return article
    return replace(article, notices=(*article.notices, Notice(NoticeKind.RETRACTED)))
