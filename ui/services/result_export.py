"""Export result sets to reference managers, tables and PMID lists; count records for PRISMA."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from corpora.article import Article, Author
from corpora.errors import BadInput
from corpora.identifiers import is_pmid
from corpora.store import ArticleStore
from ui.render.bibliography import FORMATS, ReferenceFormat, bibliography
from ui.services.spreadsheet_cells import plain_cell

_AT_ONCE = 500
_COLUMNS = ("pmid", "title", "authors", "journal", "year", "published", "volume", "issue", "pages",
            "doi", "pmcid", "publication_types", "design", "mesh", "keywords", "languages",
            "retracted", "abstract")  # fmt: skip


def exported(articles: Iterable[Article], name: str) -> str:
    """Render articles, in order, in a format of `EXPORTS`.

    Raises:
        BadInput: there is no such format.
    """
    form = export_format(name)
    return bibliography(articles, name) if form in FORMATS else form.write(articles)


def export_format(name: str) -> ReferenceFormat:
    """Return the export format of a name.

    Raises:
        BadInput: there is no such format.
    """
    for form in EXPORTS:
        if form.name == name.casefold():
            return form
    names = ", ".join(form.name for form in EXPORTS)
    raise BadInput(f"“{name}” is not an export format.", f"Choose from: {names}.")


def _csl_json(articles: Iterable[Article]) -> str:
    items = [_csl_item(article) for article in articles]
    return orjson.dumps(items, option=orjson.OPT_INDENT_2).decode() + "\n"


def _csl_item(article: Article) -> dict[str, Any]:
    """Return an item of CSL-JSON 1.0, without unknown fields."""
    item: dict[str, Any] = {
        "id": article.pmid,
        "type": "article-journal",
        "title": article.title,
        "author": [_csl_name(author) for author in article.authors],
        "container-title": article.journal,
        "container-title-short": article.journal_abbreviation,
        "volume": article.volume,
        "issue": article.issue,
        "page": article.pages,
        "DOI": article.doi,
        "PMID": article.pmid if article.from_pubmed else "",
        "PMCID": article.pmcid,
        "language": ", ".join(article.languages),
        "genre": "; ".join(article.publication_types),
        "keyword": "; ".join((*article.mesh, *article.keywords)),
        "abstract": _abstract(article),
        "note": "RETRACTED" if article.retracted else "",
    }
    if date := article.published or (str(article.year) if article.year else ""):
        item["issued"] = {"date-parts": [[int(part) for part in date.split("-")]]}
    return {name: value for name, value in item.items() if value}


def _csl_name(author: Author) -> dict[str, str]:
    if author.collective:
        return {"literal": author.collective}
    name = {
        "family": author.last, "given": author.fore or author.initials, "suffix": author.suffix
    }  # fmt: skip
    return {part: value for part, value in name.items() if value}


def _csv(articles: Iterable[Article]) -> str:
    """Write a table that `medcite corpus add` can read, with cells safe from formula injection."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for article in articles:
        derived: dict[str, str] = {
            "authors": "; ".join(author.short for author in article.authors),
            "year": str(article.year or ""),
            "publication_types": "; ".join(article.publication_types),
            "design": article.design.level.label,
            "mesh": "; ".join(article.mesh),
            "keywords": "; ".join(article.keywords),
            "languages": "; ".join(article.languages),
            "retracted": "true" if article.retracted else "",
            "abstract": _abstract(article),
        }
        row = [derived[name] if name in derived else getattr(article, name) for name in _COLUMNS]
        writer.writerow([plain_cell(value) for value in row])
    return out.getvalue()


def _pmids(articles: Iterable[Article]) -> str:
    """Write one PMID per line, without articles that are not in PubMed."""
    return "".join(f"{article.pmid}\n" for article in articles if article.from_pubmed)


def _abstract(article: Article) -> str:
    return " ".join(
        f"{section.label}: {section.text}" if section.label else section.text
        for section in article.sections
        if not section.body
    )


CSL_JSON = ReferenceFormat(
    "csl-json", "CSL-JSON", ".json", "application/vnd.citationstyles.csl+json", _csl_json
)
CSV = ReferenceFormat("csv", "CSV", ".csv", "text/csv", _csv)
PMIDS = ReferenceFormat("pmids", "PMIDs", ".txt", "text/plain", _pmids)
EXPORTS: tuple[ReferenceFormat, ...] = (*FORMATS, CSL_JSON, CSV, PMIDS)


@dataclass(frozen=True, slots=True)
class PrismaNumbers:
    """The counts of a set of articles for the PRISMA 2020 flow diagram.

    Of `records` identified, `duplicates` (records of one article from several sources) are removed,
    leaving `articles`; `by_source` counts the records of each source.
    """

    records: int
    duplicates: int
    articles: int
    by_source: dict[str, int]

    def __str__(self) -> str:
        sources = ", ".join(f"{name} {count:,}" for name, count in self.by_source.items())
        return (
            f"PRISMA: {self.records:,} records identified ({sources}), {self.duplicates:,}"
            f" duplicates removed, {self.articles:,} articles."
        )


def prisma_numbers(store: ArticleStore, ids: Sequence[int]) -> PrismaNumbers:
    """Count the source records of these articles; only those of joined articles are read."""
    by_source: Counter[str] = Counter()
    sources, joined = store.first_sources(ids), store.of_several(ids)
    for number, (pmid, source) in sources.items():
        if number in joined:
            records = store.records(pmid)
            by_source.update(_source(r.pmid, next(iter(r.sources), "")) for r in records)
        else:
            by_source[_source(pmid, source)] += 1
    total = by_source.total()
    return PrismaNumbers(total, total - len(sources), len(sources), dict(by_source.most_common()))


def in_order(store: ArticleStore, ids: Sequence[int]) -> Iterator[tuple[int, Article]]:
    """Yield (id, article) in the order given, skipping ids no longer in the store."""
    for start in range(0, len(ids), _AT_ONCE):
        part = [int(number) for number in ids[start : start + _AT_ONCE]]
        articles = store.by_id(part)
        yield from ((number, articles[number]) for number in part if number in articles)


def _source(pmid: str, name: str) -> str:
    return name or ("PubMed" if is_pmid(pmid) else "other files")
