"""`medcite reading`: reading lists with notes and tags, shared as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.ages import AgeOption, parse_age
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Collection

    from corpora.home import Home
    from ui.services.reading_list import ReadingList
    from ui.services.reading_lists import ReadingLists

app = typer.Typer(no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The list; see `medcite reading lists`.")]
NameOption = Annotated[
    str | None,
    typer.Option("--list", help="The list, if there are several.", show_default=False),
]
PmidsArgument = Annotated[
    list[str],
    typer.Argument(help="Articles by PMID, DOI or PMCID; - reads them from standard input."),
]


@app.command("lists")
def lists(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the reading lists with their tags and numbers of articles.

    Example: medcite reading lists
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json
    from ui.render.units import counted

    summaries = _lists(home).summaries()
    if as_json:
        print_json([asdict(summary) for summary in summaries])
        return
    for summary in summaries:
        tags = ", ".join(f"{tag} ({count:,})" for tag, count in summary.tags.items())
        line = f"{summary.name}: {counted(summary.entries, 'article')}" + (
            f"; {tags}" if tags else ""
        )
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not summaries:
        console.print("There is no reading list yet. Start one: medcite reading add PMID.")


@app.command("list")
def list_entries(
    name: Annotated[
        str | None, typer.Argument(help="The list; default: all of them.", show_default=False)
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only articles with this tag.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the articles on the reading lists, latest first.

    Example: medcite reading list statins --tag methods
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json
    from ui.services.list_export import listed

    all_lists = _lists(home)
    names = [all_lists.get(name).name] if name else all_lists.names()
    entries = {n: all_lists.get(n).entries(tag) for n in names}
    if as_json:
        print_json([{"list": n} | asdict(entry) for n in names for entry in entries[n]])
        return
    for list_name in names:
        if len(names) > 1:
            console.print(list_name, style="bold", highlight=False, markup=False)
        shown = listed(_place(home), list_name, entries[list_name])
        for entry in shown.entries:
            article = shown.articles.get(entry.pmid)
            title = article.title if article else "(not in this corpus)"
            tags = "".join(f" [{tag}]" for tag in entry.tags)
            _line(f"{entry.added[:10]}  {entry.pmid:>9}  {title}{tags}")
            if entry.note:
                _line(f"{'':21}  {entry.note}")
    if not any(entries.values()):
        console.print("The reading list is empty.")


@app.command("add")
def add(
    pmids: PmidsArgument,
    to: NameOption = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag for the articles; repeatable.")
    ] = None,
    note: Annotated[str, typer.Option(help="A note on the articles.")] = "",
    home: HomeOption = None,
) -> None:
    """Add articles to a reading list, created if new.

    Example: medcite reading add 33608850 34096808 --list statins --tag trial

    Example: medcite search 'statin*[ti]' --export pmids | medcite reading add - --list statins
    """
    from ui.cli.output import console
    from ui.render.units import counted

    target = _target(home, to)
    keys, missing = _keys(home, _identifiers(pmids))
    count = target.add(keys, tags or (), note)
    existing = len(set(keys)) - count
    suffix = f", {existing:,} already there" if existing else ""
    _line(f"{counted(count, 'article')} added to “{target.name}”{suffix}.")
    if missing:
        console.print(f"{counted(missing, 'article')} not in this corpus.", style="yellow")


@app.command("remove")
def remove(pmids: PmidsArgument, from_list: NameOption = None, home: HomeOption = None) -> None:
    """Remove articles from a reading list; `medcite reading undo` restores them.

    Example: medcite reading remove 33608850 --list statins
    """
    from ui.render.units import counted

    target = _lists(home).get(from_list)
    among = {entry.pmid for entry in target.entries()}
    count = target.remove(_keys(home, _identifiers(pmids), among)[0])
    _line(f"{counted(count, 'article')} removed from “{target.name}”.")


@app.command("tag")
def tag(
    tags: Annotated[str, typer.Argument(help="Tags, separated by semicolons.")],
    pmids: PmidsArgument,
    in_list: NameOption = None,
    off: Annotated[bool, typer.Option("--off", help="Remove the tags instead.")] = False,
    home: HomeOption = None,
) -> None:
    """Add tags to articles on a reading list, or remove them.

    Example: medcite reading tag "trial; to discuss" 33608850 --list statins
    """
    target = _lists(home).get(in_list)
    current = {entry.pmid: entry.tags for entry in target.entries()}
    changed = [tag.strip() for tag in tags.split(";")]
    folded = {tag.casefold() for tag in changed}
    for pmid in _keys(home, _identifiers(pmids), current)[0]:
        others = [tag for tag in current.get(pmid, ()) if tag.casefold() not in folded]
        target.tag(pmid, others if off else [*others, *changed])


@app.command("note")
def note(
    pmid: Annotated[str, typer.Argument(help="The article, by PMID, DOI or PMCID.")],
    text: Annotated[str, typer.Argument(help='The note; "" removes it.')],
    in_list: NameOption = None,
    home: HomeOption = None,
) -> None:
    """Set the note on an article of a reading list.

    Example: medcite reading note 33608850 "the largest of them" --list statins
    """
    target = _lists(home).get(in_list)
    (key,), _ = _keys(home, [pmid], {entry.pmid for entry in target.entries()})
    target.annotate(key, text)


@app.command("rename")
def rename(
    name: NameArgument,
    new: Annotated[str, typer.Argument(help="Its new name.")],
    home: HomeOption = None,
) -> None:
    """Rename a reading list.

    Example: medcite reading rename "Reading list" statins
    """
    _lists(home).rename(name, new)


@app.command("delete")
def delete(name: NameArgument, home: HomeOption = None) -> None:
    """Remove a reading list; `medcite reading undo` restores it.

    Example: medcite reading delete statins
    """
    _lists(home).delete(name)
    _line(f"“{name}” was removed. To restore it: medcite reading undo")


@app.command("undo")
def undo(home: HomeOption = None) -> None:
    """Restore what was removed last, a list or articles; repeat for earlier removals.

    Example: medcite reading undo
    """
    removal = _lists(home).undo()
    _line(f"Restored: {removal}." if removal else "There is nothing to restore.")


@app.command("export")
def export(
    name: Annotated[
        str | None, typer.Argument(help="The list, if there are several.", show_default=False)
    ] = None,
    form: Annotated[
        str,
        typer.Option("--format", help="json, csv or ris, with notes and tags; or bibtex, nbib,"
                     " vancouver, csl-json or pmids."),
    ] = "json",
    tag: Annotated[str | None, typer.Option(help="Only articles with this tag.")] = None,
    out: Annotated[Path | None, typer.Option(help="Output file; default: standard output.")] = None,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Write a reading list to a file, to share it or for other programs.

    Example: medcite reading export statins --format json --out statins.json
    """
    from ui.cli.output_files import whole_file
    from ui.services.list_export import list_format, listed

    writer, target = list_format(form), _lists(home).get(name)
    text = writer.write(listed(_place(home), target.name, target.entries(tag)))
    if out is None:
        sys.stdout.write(text)
        return
    with whole_file(out) as file:
        file.write(text)


@app.command("import")
def import_list(
    path: Annotated[
        Path,
        typer.Argument(help="An exported list, PMIDs and DOIs, or any literature file.",
                       exists=True, dir_okay=False),
    ],
    into: Annotated[
        str | None,
        typer.Option("--list", help="The list to add to; default: one of the file's name.",
                     show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Import a shared reading list; articles already on the list keep their notes and tags.

    Example: medcite reading import statins.json --list "from Anna"
    """
    from ui.cli.output import console
    from ui.render.units import counted
    from ui.services.list_export import located, read_list

    shared = read_list(path)
    entries, missing = located(_place(home), shared)
    target = _target(home, into or shared.name or path.stem)
    count = target.merge(entries)
    existing = len({entry.pmid for entry in entries}) - count
    suffix = f", {existing:,} already there" if existing else ""
    _line(f"{counted(count, 'article')} added to “{target.name}”{suffix}.")
    if missing:
        console.print(
            f"{counted(missing, 'article')} not in this corpus: kept by identifier.",
            style="yellow",
        )


@app.command("prune")
def prune(older_than: AgeOption, home: HomeOption = None) -> None:
    """Permanently delete entries older than an age, both listed and removed ones.

    Example: medcite reading prune --older-than 1y
    """
    from ui.cli.output import console

    console.print(f"{_lists(home).prune(parse_age(older_than)):,} removed.")


def _place(home: Path | None) -> Home:
    from corpora.home import Home

    return Home.locate(home)


def _lists(home: Path | None) -> ReadingLists:
    from ui.services.reading_lists import ReadingLists

    return ReadingLists(_place(home))


def _identifiers(pmids: list[str]) -> list[str]:
    """Return the identifiers, read from standard input if the argument is a dash."""
    if pmids == ["-"]:
        return sys.stdin.read().split()
    return pmids


def _target(home: Path | None, name: str | None) -> ReadingList:
    """Return the list of this name, which may be new; without a name, the only list."""
    from ui.services.reading_list import ReadingList

    existing = next(
        (n for n in _lists(home).names() if name and n.casefold() == name.casefold()), name
    )
    return ReadingList(_place(home), "", existing) if existing else _lists(home).get()


def _keys(
    home: Path | None, identifiers: list[str], among: Collection[str] = ()
) -> tuple[list[str], int]:
    """Return the articles by their corpus identifiers, and how many the corpus lacks."""
    from ui.services.list_export import identified

    return identified(_place(home), identifiers, among)


def _line(text: str) -> None:
    from ui.cli.output import console

    console.print(text, highlight=False, markup=False, soft_wrap=True)
