"""Export reading lists to files, and import them.

JSON preserves everything; CSV all but line breaks and times of day; RIS carries notes and tags into
a reference manager. A list can also be imported from PMIDs and DOIs or from any literature file,
whose articles then have neither notes nor tags.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from corpora.article import Article
from corpora.errors import BadInput, NoCorpus, storage_errors
from corpora.home import Home
from corpora.identifiers import doi_of, pmcid_in, pmcid_of, pmid_of
from corpora.readers.fields import one_line
from corpora.readers.registry import listed_identifiers, open_literature
from corpora.store import open_corpus
from ui.render.bibliography import ReferenceFormat, bibliography
from ui.services.reading_list import ListEntry
from ui.services.result_export import EXPORTS
from ui.services.spreadsheet_cells import cell_text, plain_cell

_COLUMNS = ("pmid", "title", "authors", "journal", "year", "doi", "pmcid", "design", "retracted",
            "note", "tags", "added")  # fmt: skip
_END = "ER  - "
_JSON_KIND = "medcite-reading-list"
# Well above the size of a full list with all its notes.
_MOST_BYTES = 50_000_000
_LONGEST_IDENTIFIER = 300


class SharedEntry(BaseModel):
    """An article of a shared list, with the identifiers to find it in another corpus."""

    pmid: str = ""
    doi: str = ""
    pmcid: str = ""
    title: str = ""
    added: datetime | None = None
    note: str = ""
    tags: tuple[str, ...] = ()


class SharedList(BaseModel):
    """The JSON format of a list; `name` is "" if the file has none."""

    format: Literal["medcite-reading-list"] = "medcite-reading-list"
    version: Literal[1] = 1
    name: str = ""
    entries: tuple[SharedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A list to export: its name, its entries, and by PMID the articles that the corpus has."""

    name: str
    entries: Sequence[ListEntry]
    articles: Mapping[str, Article]

    @property
    def in_corpus(self) -> list[Article]:
        """The articles in the corpus, in the order of the entries."""
        return [self.articles[e.pmid] for e in self.entries if e.pmid in self.articles]


def listed(home: Home, name: str, entries: Sequence[ListEntry]) -> Listed:
    """Look up the current articles of a list's entries in the corpus."""
    try:
        with open_corpus(home.corpus) as store:
            articles = {entry.pmid: store.get(entry.pmid) for entry in entries}
    except NoCorpus:
        articles = {}
    return Listed(name, entries, {pmid: a for pmid, a in articles.items() if a})


def _json(listed: Listed) -> str:
    entries = []
    for entry in listed.entries:
        article = listed.articles.get(entry.pmid) or Article(entry.pmid, "")
        entries.append(
            SharedEntry(
                pmid=entry.pmid, doi=article.doi, pmcid=article.pmcid, title=article.title,
                added=datetime.fromisoformat(entry.added), note=entry.note, tags=entry.tags,
            )
        )  # fmt: skip
    shared = SharedList(name=listed.name, entries=tuple(entries))
    return shared.model_dump_json(indent=2) + "\n"


def _csv(listed: Listed) -> str:
    """Write a table that `medcite corpus add` can read too, plus notes and tags."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in listed.entries:
        in_corpus = entry.pmid in listed.articles
        article = listed.articles.get(entry.pmid) or Article(entry.pmid, "")
        row = (
            entry.pmid, article.title, "; ".join(a.short for a in article.authors),
            article.journal, str(article.year or ""), article.doi, article.pmcid,
            article.design.level.label if in_corpus else "", "true" if article.retracted else "",
            entry.note, "; ".join(entry.tags), entry.added[:10],
        )  # fmt: skip
        writer.writerow([plain_cell(value) for value in row])
    return out.getvalue()


def _ris(listed: Listed) -> str:
    """Write references, with tags as keywords and the note as a note."""
    records = []
    for entry in listed.entries:
        article = listed.articles.get(entry.pmid) or Article(entry.pmid, "")
        fields = [("KW", tag) for tag in entry.tags]
        fields += [("N1", one_line(entry.note))] if entry.note else []
        lines = "".join(f"{tag}  - {value}\r\n" for tag, value in fields)
        records.append(bibliography([article], "ris").replace(_END, f"{lines}{_END}"))
    return "".join(records)


@dataclass(frozen=True, slots=True)
class ListFormat:
    """A file format of lists; `write` renders a whole list as text."""

    name: str
    label: str
    suffix: str
    mime: str
    write: Callable[[Listed], str]


def _of_references(form: ReferenceFormat) -> ListFormat:
    return ListFormat(
        form.name, form.label, form.suffix, form.mime, lambda listed: form.write(listed.in_corpus)
    )


# The formats that preserve notes and tags come first.
_OWN = (
    ListFormat("json", "JSON", ".json", "application/json", _json),
    ListFormat("csv", "CSV", ".csv", "text/csv", _csv),
    ListFormat("ris", "RIS", ".ris", "application/x-research-info-systems", _ris),
)
LIST_FORMATS: tuple[ListFormat, ...] = (
    *_OWN,
    *(_of_references(form) for form in EXPORTS if form.name not in {"csv", "ris"}),
)


def list_format(name: str) -> ListFormat:
    """Return the list format of a name.

    Raises:
        BadInput: there is no such format.
    """
    for form in LIST_FORMATS:
        if form.name == name.casefold():
            return form
    names = ", ".join(form.name for form in LIST_FORMATS)
    raise BadInput(f"“{name}” is not a format of reading lists.", f"Choose from: {names}.")


def read_list(path: Path) -> SharedList:
    """Read a list from a file: of `LIST_FORMATS`, of PMIDs and DOIs, or of any literature.

    Raises:
        BadInput, UnreadableFile: the file is not a list; names the readable formats.
    """
    with storage_errors(path):
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path.name} is too large for a reading list.", "Export it again.")
        content = path.read_bytes()
    text = content.decode("utf-8-sig", "replace")
    if _JSON_KIND in text[:200]:
        try:
            return SharedList.model_validate_json(text)
        except ValidationError as error:
            location = ".".join(map(str, error.errors()[0]["loc"]))
            raise BadInput(
                f"{path.name} is not a reading list: {error.errors()[0]['msg']} ({location}).",
                "Export it again: medcite reading export --format json.",
            ) from error
    if text.split("\n", 1)[0].strip().split(",") == list(_COLUMNS):
        try:
            return SharedList(entries=tuple(map(_from_row, csv.DictReader(io.StringIO(text)))))
        except csv.Error as error:
            raise BadInput(
                f"{path.name} is not a valid CSV file: {error}.", "Export it again."
            ) from error
    if identifiers := listed_identifiers(text):
        return SharedList(entries=tuple(map(_identified_by, identifiers)))
    with open_literature(path) as (form, stream):
        articles = [
            record for record in form.read(stream, path.name) if isinstance(record, Article)
        ]
    return SharedList(
        entries=tuple(
            SharedEntry(pmid=a.pmid, doi=a.doi, pmcid=a.pmcid, title=a.title) for a in articles
        )
    )


def identified(
    home: Home, identifiers: Sequence[str], among: Collection[str] = ()
) -> tuple[list[str], int]:
    """Resolve PMIDs, DOIs and PMCIDs to the corpus's keys; also return how many it lacks.

    Args:
        among: keys of a list's entries, which resolve to themselves.

    Raises:
        BadInput: there is no identifier, or one is neither valid nor in the corpus.
    """
    if not identifiers:
        raise BadInput("No identifier was given.", "Give PMIDs, DOIs or PMCIDs.")
    entries = [SharedEntry(pmid=i) if i in among else _identified_by(i) for i in identifiers]
    keys = _keys(home, entries)
    for text, (_, in_corpus) in zip(identifiers, keys, strict=True):
        if not (in_corpus or text in among or pmid_of(text) or doi_of(text) or pmcid_in(text)):
            raise BadInput(f"“{text}” is not an identifier.", "Give a PMID, a DOI or a PMCID.")
    return [key for key, _ in keys], sum(not in_corpus for _, in_corpus in keys)


def _from_row(row: dict[str, str]) -> SharedEntry:
    cells = {name: cell_text(row.get(name) or "") for name in _COLUMNS}
    added = None
    with suppress(ValueError):
        added = datetime.fromisoformat(cells["added"])
    return SharedEntry(
        pmid=cells["pmid"],
        doi=cells["doi"],
        pmcid=cells["pmcid"],
        title=cells["title"],
        added=added,
        note=cells["note"],
        tags=tuple(tag.strip() for tag in cells["tags"].split(";") if tag.strip()),
    )


def _identified_by(identifier: str) -> SharedEntry:
    pmid, doi, pmcid = pmid_of(identifier), doi_of(identifier), pmcid_in(identifier)
    return SharedEntry(pmid=pmid or ("" if doi or pmcid else identifier), doi=doi, pmcid=pmcid)


def located(home: Home, shared: SharedList) -> tuple[list[ListEntry], int]:
    """Resolve the entries of a shared list to the corpus's keys; also return how many it lacks.

    Missing articles keep their identifier, which resolves once they are imported.

    Raises:
        BadInput: an entry has no identifier.
    """
    moment = datetime.now(UTC)
    entries, missing = [], 0
    keys = _keys(home, shared.entries)
    for number, (entry, (key, in_corpus)) in enumerate(
        zip(shared.entries, keys, strict=True), start=1
    ):
        if not 0 < len(key) <= _LONGEST_IDENTIFIER:
            raise BadInput(
                f"Entry {number} of the list has no identifier.", "Give it a PMID, DOI or PMCID."
            )
        missing += not in_corpus
        added = entry.added or moment
        # A date without time, as in CSV, is interpreted as UTC.
        added = added.astimezone(UTC) if added.tzinfo else added.replace(tzinfo=UTC)
        when = added.isoformat(timespec="microseconds")
        entries.append(ListEntry(key, when, entry.note, entry.tags))
    return entries, missing


def _keys(home: Home, entries: Iterable[SharedEntry]) -> list[tuple[str, bool]]:
    """Return for each entry its key and whether the corpus has the article."""
    candidates = [_candidate_keys(entry) for entry in entries]
    try:
        with open_corpus(home.corpus) as store:
            articles = [next(filter(None, map(store.get, keys)), None) for keys in candidates]
    except NoCorpus:
        articles = [None] * len(candidates)
    return [
        (article.pmid if article else next(iter(keys), ""), article is not None)
        for article, keys in zip(articles, candidates, strict=True)
    ]


def _candidate_keys(entry: SharedEntry) -> list[str]:
    doi, pmcid = doi_of(entry.doi), pmcid_of(entry.pmcid)
    return [key for key in (entry.pmid.strip(), f"doi:{doi.lower()}" if doi else "", pmcid) if key]
