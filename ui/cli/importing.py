"""Import files with a progress bar, and print what an import did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from corpora.article import BadRecord, Remark
    from corpora.home import Home
    from corpora.importer import FileReport, ImportReport, Selection

_MOST_NAMED = 10


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
    """Print what an import did; exit with code 1 if a file failed, though others were imported."""
    from rich.markup import escape

    from ui.cli.output import console, errors, print_event

    counts = report.counts
    if as_json:
        print_event(
            {
                "event": "done",
                "dry_run": dry_run,
                **{name: getattr(counts, name) for name in counts.__slots__},
                "files": [_file(file) for file in report.files],
            }
        )
    else:
        skipped = sum(1 for file in report.files if file.skipped)
        joined = f" {counts.joined:,} joined to existing articles," if counts.joined else ""
        stated = f", {counts.statements:,} notices about articles" if counts.statements else ""
        console.print(
            ("Would import: " if dry_run else "")
            + f"{counts.added:,} new,{joined} {counts.replaced:,} replaced,"
            f" {counts.unchanged:,} unchanged, {counts.outdated:,} older than stored,"
            f" {counts.deleted:,} deleted{stated}"
            + (f"; {skipped} file(s) imported before" if skipped else "")
        )
        for file in report.files:
            if file.error:
                errors.print(f"[red]{file.path.name}:[/] {file.error}", highlight=False)
            for bad in file.unread[:_MOST_NAMED]:
                errors.print(
                    f"[yellow]{file.path.name}, {place_of(bad)}:[/] {escape(bad.reason)}",
                    highlight=False,
                )
            for remark in file.remarks[:_MOST_NAMED]:
                errors.print(
                    f"[yellow]{file.path.name}, {place_of(remark)}:[/] {escape(remark.text)}",
                    highlight=False,
                )
            if len(file.remarks) > _MOST_NAMED:
                errors.print(f"… and {len(file.remarks) - _MOST_NAMED:,} more such remarks.")
        if counts.unread:
            errors.print(f"{counts.unread:,} record(s) unread; retried by the next import.")
    if report.failed:
        raise typer.Exit(1)


def place_of(where: BadRecord | Remark) -> str:
    """Name a record by number and line: "record 3, line 17 (93000011)"."""
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
            {"position": r.position, "line": r.line, "pmid": r.pmid, "text": r.text}
            for r in report.remarks
        ],
    }
