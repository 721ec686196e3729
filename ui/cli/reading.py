"""`medcite reading`: reading lists, with notes and tags; shared as files."""

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
NameArgument = Annotated[str, typer.Argument(help="The list; see lists.")]
NameOption = Annotated[
    str | None,
    typer.Option("--list", help="The list, where there are several.", show_default=False),
]
PmidsArgument = Annotated[
    list[str], typer.Argument(help="Articles by PMID, DOI or PMCID; - reads them from the input.")
]


@app.command("lists")
def lists(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the reading lists with how many articles and which tags they have.

    Example: medcite reading lists
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json
    from ui.render.units import counted

    summaries = _lists(home).summaries()
    if as_json:
        print_json([asdict(each) for each in summaries])
        return
    for each in summaries:
        tags = ", ".join(f"{tag} ({count:,})" for tag, count in each.tags.items())
        line = f"{each.name}: {counted(each.entries, 'article')}" + (f"; {tags}" if tags else "")
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not summaries:
        console.print("There is no reading list yet. Begin one: medcite reading add PMID.")


@app.command("list")
def list_entries(
    name: Annotated[
        str | None, typer.Argument(help="The list; else all of them.", show_default=False)
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only what has this tag.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the articles on the reading lists, the last added first.

    Example: medcite reading list statins --tag methods
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json
    from ui.services.reading_files import listed

    all_lists = _lists(home)
    names = [all_lists.get(name).name] if name else all_lists.names()
    entries = {each: all_lists.get(each).entries(tag) for each in names}
    if as_json:
        print_json([{"list": n} | asdict(each) for n in names for each in entries[n]])
        return
    for each in names:
        if len(names) > 1:
            console.print(each, style="bold", highlight=False, markup=False)
        shown = listed(_place(home), each, entries[each])
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
        list[str] | None, typer.Option("--tag", help="A tag for them; repeatable.")
    ] = None,
    note: Annotated[str, typer.Option(help="A note on them.")] = "",
    home: HomeOption = None,
) -> None:
    """Put articles on a reading list; one of a new name is made.

    Example: medcite reading add 33608850 34096808 --list statins --tag trial

    Example: medcite search 'statin*[ti]' --export pmids | medcite reading add - --list statins
    """
    from ui.cli.output import console
    from ui.render.units import counted

    target = _target(home, to)
    keys, missing = _keys(home, _given(pmids))
    count = target.add(keys, tags or (), note)
    there = len(set(keys)) - count
    beside = f", {there:,} already there" if there else ""
    _line(f"{counted(count, 'article')} put on “{target.name}”{beside}.")
    if missing:
        console.print(f"{counted(missing, 'article')} not in this corpus.", style="yellow")


@app.command("remove")
def remove(pmids: PmidsArgument, from_list: NameOption = None, home: HomeOption = None) -> None:
    """Take articles off a reading list; `medcite reading undo` puts them back.

    Example: medcite reading remove 33608850 --list statins
    """
    from ui.render.units import counted

    target = _lists(home).get(from_list)
    among = {entry.pmid for entry in target.entries()}
    count = target.remove(_keys(home, _given(pmids), among)[0])
    _line(f"{counted(count, 'article')} taken off “{target.name}”.")


@app.command("tag")
def tag(
    tags: Annotated[str, typer.Argument(help="Tags, set apart by semicolons.")],
    pmids: PmidsArgument,
    in_list: NameOption = None,
    off: Annotated[bool, typer.Option("--off", help="Take the tags off instead.")] = False,
    home: HomeOption = None,
) -> None:
    """Put tags on articles of a reading list, or take them off.

    Example: medcite reading tag "trial; to discuss" 33608850 --list statins
    """
    target = _lists(home).get(in_list)
    known = {entry.pmid: entry.tags for entry in target.entries()}
    wanted = [each.strip() for each in tags.split(";")]
    folded = {each.casefold() for each in wanted}
    for pmid in _keys(home, _given(pmids), known)[0]:
        there = [each for each in known.get(pmid, ()) if each.casefold() not in folded]
        target.tag(pmid, there if off else [*there, *wanted])


@app.command("note")
def note(
    pmid: Annotated[str, typer.Argument(help="The article, by PMID, DOI or PMCID.")],
    text: Annotated[str, typer.Argument(help='The note; "" removes it.')],
    in_list: NameOption = None,
    home: HomeOption = None,
) -> None:
    """Write the note on an article of a reading list.

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
    """Remove a reading list; `medcite reading undo` brings it back.

    Example: medcite reading delete statins
    """
    _lists(home).delete(name)
    _line(f"“{name}” was removed. Bring it back: medcite reading undo")


@app.command("undo")
def undo(home: HomeOption = None) -> None:
    """Bring back what was removed last, a list or articles; again for what was removed before.

    Example: medcite reading undo
    """
    removal = _lists(home).undo()
    _line(f"Brought back: {removal}." if removal else "Nothing was removed.")


@app.command("export")
def export(
    name: Annotated[
        str | None, typer.Argument(help="The list, where there are several.", show_default=False)
    ] = None,
    form: Annotated[
        str,
        typer.Option("--format", help="json, csv or ris, with notes and tags; or bibtex, nbib,"
                     " vancouver, csl-json or pmids."),
    ] = "json",
    tag: Annotated[str | None, typer.Option(help="Only what has this tag.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where it goes; else standard output.")] = None,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Write a reading list to share it, or for other programs.

    Example: medcite reading export statins --format json --out statins.json
    """
    from ui.cli.output_files import whole_file
    from ui.services.reading_files import list_format, listed

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
        typer.Argument(help="An exported list, PMIDs and DOIs, or any file of literature.",
                       exists=True, dir_okay=False),
    ],
    into: Annotated[
        str | None,
        typer.Option("--list", help="The list that it goes to; else one of its own name.",
                     show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Read a reading list that was shared; what is on the list already keeps its notes and tags.

    Example: medcite reading import statins.json --list "from Anna"
    """
    from ui.cli.output import console
    from ui.render.units import counted
    from ui.services.reading_files import located, read_list

    shared = read_list(path)
    entries, missing = located(_place(home), shared)
    target = _target(home, into or shared.name or path.stem)
    count = target.merge(entries)
    there = len({each.pmid for each in entries}) - count
    beside = f", {there:,} already there" if there else ""
    _line(f"{counted(count, 'article')} put on “{target.name}”{beside}.")
    if missing:
        console.print(
            f"{counted(missing, 'article')} not in this corpus: kept by identifier.",
            style="yellow",
        )


@app.command("prune")
def prune(older_than: AgeOption, home: HomeOption = None) -> None:
    """Delete for good what was put on reading lists, or removed from them, so long ago.

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


def _given(pmids: list[str]) -> list[str]:
    """The identifiers, those of the standard input in the place of a dash."""
    if pmids == ["-"]:
        return sys.stdin.read().split()
    return pmids


def _target(home: Path | None, name: str | None) -> ReadingList:
    """The list of this name, which may be new; without one the only list."""
    from ui.services.reading_list import ReadingList

    known = next(
        (n for n in _lists(home).names() if name and n.casefold() == name.casefold()), name
    )
    return ReadingList(_place(home), "", known) if known else _lists(home).get()


def _keys(
    home: Path | None, identifiers: list[str], among: Collection[str] = ()
) -> tuple[list[str], int]:
    """The articles as the corpus names them, and how many it does not have."""
    from ui.services.reading_files import identified

    return identified(_place(home), identifiers, among)


def _line(text: str) -> None:
    from ui.cli.output import console

    console.print(text, highlight=False, markup=False, soft_wrap=True)
