"""The search log as a methods appendix according to PRISMA-S (Syst Rev 2021;10:39).

Items that the log covers are filled in; the others are marked for the reviewer to complete.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version

import orjson

from corpora.errors import BadInput
from ui.services.search_log import SearchEntry
from ui.services.spreadsheet_cells import plain_cell

_OPEN = "*To be completed by the reviewer.*"
_COLUMNS = ("id", "at", "kind", "name", "text", "reading", "filters", "found", "retracted", "near",
            "articles", "snapshot", "exported", "notes")  # fmt: skip


def appendix(entries: Sequence[SearchEntry], form: str, sources: Sequence[str] = ()) -> str:
    """Return the appendix as text.

    Args:
        form: md, json or csv.
        sources: where the literature came from, with dates.

    Raises:
        BadInput: the format is unknown.
    """
    if form not in _FORMS:
        raise BadInput(f"The log cannot be written as “{form}”.", "Write md, json or csv.")
    return _FORMS[form](entries, sources)


def _json(entries: Sequence[SearchEntry], sources: Sequence[str]) -> str:
    document = {
        "program": f"Medcite {version('medcite')}",
        "sources": list(sources),
        "searches": [asdict(entry) for entry in entries],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _csv(entries: Sequence[SearchEntry], _: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        fields = asdict(entry) | {
            "filters": _filters(entry),
            "exported": "; ".join(entry.exported),
            "notes": " ".join(entry.notes),
        }
        writer.writerow([plain_cell(str(fields[name])) for name in _COLUMNS])
    return out.getvalue()


def _markdown(entries: Sequence[SearchEntry], sources: Sequence[str]) -> str:
    searches = [entry for entry in entries if entry.kind != "question"]
    questions = [entry for entry in entries if entry.kind == "question"]
    dates = sorted({entry.at[:10] for entry in entries})
    span = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "none"
    limits = sorted({limit for entry in searches if (limit := _filters(entry))})
    items = [
        ("1 Database name", "Medcite's local corpus, from: " + ("; ".join(sources) or "unknown")),
        ("2 Multi-database searching", _OPEN),
        ("3 Study registries", _OPEN),
        ("4 Online resources and browsing", _OPEN),
        ("5 Citation searching", _OPEN),
        ("6 Contacts", _OPEN),
        ("7 Other methods", _questions(questions)),
        ("8 Full search strategies", "Below, as entered and as interpreted."),
        ("9 Limits and restrictions", "; ".join(limits) or "None beyond those in the queries."),
        ("10 Search filters", _OPEN),
        ("11 Prior work", _OPEN),
        ("12 Updates", _updates(searches)),
        ("13 Dates of searches", span),
        ("14 Peer review", _OPEN),
        ("15 Total records", "Below, for each search."),
        ("16 Deduplication", "Records of one article, identified by PMID, DOI, PMCID or normalised"
         " title and year, are joined on import."),
    ]  # fmt: skip
    lines = ["# Search methods (PRISMA-S)", "", f"Written by Medcite {version('medcite')}.", ""]
    lines += [
        "| Item | |",
        "|---|---|",
        *(f"| {name} | {_cell(text)} |" for name, text in items),
        "",
    ]
    for entry in searches:
        lines += _search(entry)
    return "\n".join(lines)


def _search(entry: SearchEntry) -> list[str]:
    title = f"## Search {entry.id}" + (f": {entry.name}" if entry.name else "")
    facts = [
        ("Date", entry.at.replace("T", " ")),
        ("Kind", entry.kind),
        ("Corpus", f"{entry.articles:,} articles, snapshot {entry.snapshot}"),
        ("Filters", _filters(entry)),
        ("Found", f"{entry.found:,}"),
        ("Retracted, excluded", f"{entry.retracted:,}" if entry.retracted else ""),
        ("Notes", " ".join(entry.notes)),
        ("Exported", "; ".join(entry.exported)),
    ]
    fence = "````"
    lines = [title, "", fence, entry.text, fence, ""]
    if entry.reading and entry.reading != entry.text:
        lines += ["Interpreted as", "", fence, entry.reading, fence, ""]
    return [*lines, *(f"- {name}: {value}" for name, value in facts if value), ""]


def _questions(questions: Sequence[SearchEntry]) -> str:
    if not questions:
        return _OPEN
    return f"{len(questions):,} questions were asked of the same corpus. {_OPEN}"


def _updates(searches: Sequence[SearchEntry]) -> str:
    runs = [entry for entry in searches if entry.name]
    rerun = {entry.name for entry in runs if sum(e.name == entry.name for e in runs) > 1}
    return f"Rerun: {', '.join(sorted(rerun))}." if rerun else "No search was rerun."


def _filters(entry: SearchEntry) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')}: {'; '.join(map(str, v)) if isinstance(v, list) else v}"
        for name, v in entry.filters.items()
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_FORMS: dict[str, Callable[[Sequence[SearchEntry], Sequence[str]], str]] = {
    "md": _markdown, "json": _json, "csv": _csv
}  # fmt: skip
