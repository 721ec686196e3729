"""`medcite corpus`: literature in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import corpus_editing, fetch
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.article import BadRecord, Remark
    from corpora.home import Home
    from corpora.importer import FileReport, ImportReport, Selection
    from corpora.journal import FetchEntry, ImportEntry

app = typer.Typer(no_args_is_help=True)
app.add_typer(fetch.app, name="fetch", help="Fetch literature and import it.")
app.command()(corpus_editing.remove)
app.command()(corpus_editing.merges)
app.command()(corpus_editing.split)
_MOST_NAMED = 10


@app.command()
def add(
    files: Annotated[list[str], typer.Argument(help="Files, folders or quoted glob patterns.")],
    home: HomeOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be imported, and import nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import literature files of any mix; the format is told by content.

    PubMed XML, PMC JATS (also in tar archives), MEDLINE/.nbib, PubMed's abstract
    text, RIS, BibTeX, EndNote XML, JSON (also CSL-JSON and ClinicalTrials.gov's),
    CSV of any reference manager or database, Retraction Watch's CSV, and PDF;
    plain or gzip. Records of one article from several sources become one.

    Example: medcite corpus add pubmed26n0001.xml.gz "updates/*.xml.gz" mine.jsonl
    """
    from corpora.home import Home
    from corpora.importer import find_files

    paths = find_files(files)
    report = import_paths(Home.locate(home), paths, as_json=as_json, dry_run=dry_run)
    finish(report, as_json=as_json, dry_run=dry_run)


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What literature there is, where it came from, and what could not be read.

    Example: medcite corpus status
    """
    from corpora.errors import NoCorpus
    from corpora.home import Home
    from corpora.store import open_corpus
    from ui.cli.output import print_json

    place = Home.locate(home)
    with open_corpus(place.corpus) as store:
        years = store.years()
        journal, fetches, unread = store.journal(), store.fetches(), store.unread()
        told: dict[str, Any] = {
            "home": str(place.root),
            "articles": len(store),
            "first_year": years[0] if years else None,
            "last_year": years[1] if years else None,
            "snapshot": store.snapshot,
            "imports": [_entry(entry) for entry in journal],
            "fetches": [asdict(entry) for entry in fetches],
            "unread": [
                {
                    "file": name,
                    "position": bad.position,
                    "line": bad.line,
                    "pmid": bad.pmid,
                    "reason": bad.reason,
                }
                for name, bad in unread
            ],
        }
    if as_json:
        print_json(told)
    else:
        _print_status(told, journal, fetches, unread)
    if not told["articles"]:
        raise NoCorpus(
            f"There is no article in {place.root} yet.",
            "Import some with `medcite corpus fetch demo` or `medcite corpus add FILE…`.",
        )


def _print_status(
    told: dict[str, Any],
    journal: list[ImportEntry],
    fetches: list[FetchEntry],
    unread: list[tuple[str, BadRecord]],
) -> None:
    from rich.table import Table

    from ui.cli.output import console

    span = f"{told['first_year']}–{told['last_year']}" if told["first_year"] else "no year known"
    console.print(f"[bold]{told['articles']:,}[/] articles ({span}) in {told['home']}")
    table = Table("No.", "File", "When", "New", "Joined", "Replaced", "Deleted", "Unread", "Result")
    for entry in journal:
        counts = entry.counts
        numbers = (counts.added, counts.joined, counts.replaced, counts.deleted, counts.unread)
        result = entry.error or entry.undone or ("read" if entry.sha256 else "done")
        table.add_row(
            str(entry.number), entry.name, entry.finished[:16], *(f"{n:,}" for n in numbers), result
        )
    console.print(table)
    for fetched in fetches[-_MOST_NAMED:]:
        result = fetched.error or f"{fetched.files:,} file(s)"
        console.print(
            f"  fetched: {fetched.source}, {fetched.finished[:16]}, {fetched.query}: {result}",
            markup=False,
        )
    for name, bad in unread[:_MOST_NAMED]:
        console.print(f"  unread: {name}, {_place(bad)}: {bad.reason}")


def _entry(entry: ImportEntry) -> dict[str, Any]:
    fields = (
        "number",
        "name",
        "path",
        "sha256",
        "reader",
        "started",
        "finished",
        "error",
        "undone",
    )
    told = {name: getattr(entry, name) for name in fields}
    return told | {name: getattr(entry.counts, name) for name in entry.counts.__slots__}


def import_paths(
    home: Home,
    paths: list[Path],
    select: Selection | None = None,
    selection: str = "",
    *,
    as_json: bool,
    dry_run: bool = False,
) -> ImportReport:
    from corpora.importer import import_files
    from corpora.store import ArticleStore
    from ui.cli.output import ImportBar

    home.create()
    with ArticleStore(home.corpus) as store, ImportBar(as_json=as_json) as bar:
        return import_files(
            store, paths, dry_run=dry_run, select=select, selection_name=selection, progress=bar
        )


def finish(report: ImportReport, *, as_json: bool, dry_run: bool = False) -> None:
    """Say what an import did; exit code 1 where a file failed, though the others were imported."""
    from rich.markup import escape

    from ui.cli.output import console, errors, print_event

    counts = report.counts
    if as_json:
        print_event(
            {
                "event": "done",
                "dry_run": dry_run,
                **{name: getattr(counts, name) for name in counts.__slots__},
                "files": [_file(each) for each in report.files],
            }
        )
    else:
        skipped = sum(1 for each in report.files if each.skipped)
        joined = f" {counts.joined:,} joined to articles of other sources," if counts.joined else ""
        stated = f", {counts.statements:,} notices about articles" if counts.statements else ""
        console.print(
            ("Would import: " if dry_run else "")
            + f"{counts.added:,} new,{joined} {counts.replaced:,} replaced,"
            f" {counts.unchanged:,} unchanged, {counts.outdated:,} older than known,"
            f" {counts.deleted:,} deleted{stated}"
            + (f"; {skipped} file(s) imported before" if skipped else "")
        )
        for each in report.files:
            if each.error:
                errors.print(f"[red]{each.path.name}:[/] {each.error}", highlight=False)
            for bad in each.unread[:_MOST_NAMED]:
                errors.print(
                    f"[yellow]{each.path.name}, {_place(bad)}:[/] {escape(bad.reason)}",
                    highlight=False,
                )
            for remark in each.remarks[:_MOST_NAMED]:
                errors.print(
                    f"[yellow]{each.path.name}, {_place(remark)}:[/] {escape(remark.text)}",
                    highlight=False,
                )
            if len(each.remarks) > _MOST_NAMED:
                errors.print(f"… and {len(each.remarks) - _MOST_NAMED:,} more such remarks.")
        if counts.unread:
            errors.print(f"{counts.unread:,} record(s) unread; they are tried again next time.")
    if report.failed:
        raise typer.Exit(1)


def _place(where: BadRecord | Remark) -> str:
    """Which record and line: "record 3, line 17 (93000011)"."""
    parts = [f"record {where.position}"] if where.position else []
    parts += [f"line {where.line}"] if where.line else []
    return ", ".join(parts) + (f" ({where.pmid})" if where.pmid else "")


def _file(report: FileReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "skipped": report.skipped,
        "error": str(report.error) if report.error else None,
        "unread": [
            {"position": bad.position, "line": bad.line, "pmid": bad.pmid, "reason": bad.reason}
            for bad in report.unread
        ],
        "remarks": [
            {"position": each.position, "line": each.line, "pmid": each.pmid, "text": each.text}
            for each in report.remarks
        ],
    }
