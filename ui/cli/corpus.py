"""`medcite corpus`: import literature and show what was imported."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import corpus_editing, fetch
from ui.cli.importing import finish, import_paths, place_of
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.article import BadRecord
    from corpora.store.journal import FetchEntry, ImportEntry

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
        bool, typer.Option("--dry-run", help="Report what would be imported without importing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import literature files of any mix of formats, detected from the content.

    PubMed XML, PMC JATS XML (also in tar archives), MEDLINE/.nbib, PubMed's abstract
    text, RIS, BibTeX, EndNote XML, JSON (also CSL-JSON and ClinicalTrials.gov's),
    CSV with a title column, Retraction Watch's CSV, and PDF; each plain or gzip.
    Records of one article from several sources are merged.

    Example: medcite corpus add pubmed26n0001.xml.gz "updates/*.xml.gz" mine.jsonl
    """
    from corpora.home import Home
    from corpora.importer import find_files

    paths = find_files(files)
    report = import_paths(Home.locate(home), paths, as_json=as_json, dry_run=dry_run)
    finish(report, as_json=as_json, dry_run=dry_run)


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the articles in the corpus, where they came from, and what could not be read.

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
        fields: dict[str, Any] = {
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
        print_json(fields)
    else:
        _print_status(fields, journal, fetches, unread)
    if not fields["articles"]:
        raise NoCorpus(
            f"The corpus in {place.root} is empty.",
            "Import articles with `medcite corpus fetch demo` or `medcite corpus add FILE…`.",
        )


def _print_status(
    fields: dict[str, Any],
    journal: list[ImportEntry],
    fetches: list[FetchEntry],
    unread: list[tuple[str, BadRecord]],
) -> None:
    from rich.table import Table

    from ui.cli.output import console

    span = f"{fields['first_year']}–{fields['last_year']}" if fields["first_year"] else "no years"
    console.print(f"[bold]{fields['articles']:,}[/] articles ({span}) in {fields['home']}")
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
        console.print(f"  unread: {name}, {place_of(bad)}: {bad.reason}")


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
    values = {name: getattr(entry, name) for name in fields}
    return values | {name: getattr(entry.counts, name) for name in entry.counts.__slots__}
