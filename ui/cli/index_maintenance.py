"""`medcite index verify`, `rollback`, `prune` and `plan`: looking after the index."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.article import Article
    from corpora.home import Home
    from retrieval.sizing import SizingPlan

_DAMAGED = 4
_MEASURED_ARTICLES = 2_000


def verify(
    home: HomeOption = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Passages encoded again and compared; 0 for none.")
    ] = 200,
    as_json: JsonOption = False,
) -> None:
    """Check that the index is what was built: checksums, counts, a sample encoded again.

    Example: medcite index verify
    """
    from corpora.home import Home
    from retrieval.encoder import load_encoder
    from retrieval.verify import verify_index
    from retrieval.version import Versions, read_manifest
    from ui.cli.output import configure_logging, console, print_json

    configure_logging()
    place = Home.locate(home)
    manifest = read_manifest(Versions(place.indexes).current())
    encoder = load_encoder(manifest.encoder.name) if sample else None
    checks = verify_index(place, encoder, sample)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = {True: "[green]✓", False: "[red]✗", None: "[yellow]?"}[check.ok]
            console.print(f"{mark} {check.name}[/]: {check.said}", highlight=False)
    if any(check.ok is False for check in checks):
        if not as_json:
            console.print("Rebuild what is damaged: medcite index build --force")
        raise typer.Exit(_DAMAGED)


def rollback(
    home: HomeOption = None,
    to: Annotated[
        str | None,
        typer.Option(help="A version of `medcite index status`; else the one before.",
                     show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put an earlier index version into use; running applications move to it by themselves.

    Example: medcite index rollback
    """
    from corpora.home import Home
    from retrieval.build import build_lock
    from retrieval.version import Versions
    from ui.cli.output import console, print_json

    place = Home.locate(home)
    versions = Versions(place.indexes)
    before = versions.current().name
    with build_lock(place):
        folder = versions.rollback(to)
    if as_json:
        print_json({"version": folder.name, "before": before})
    else:
        console.print(f"Index {folder.name} is in use; back: medcite index rollback --to {before}")


def prune(
    home: HomeOption = None,
    keep: Annotated[int, typer.Option(min=1, help="Versions kept, that in use among them.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Remove old index versions and what builds that died left behind.

    Example: medcite index prune --keep 1
    """
    from corpora.home import Home
    from retrieval.build import build_lock
    from retrieval.version import Versions
    from ui.cli.output import console, print_json

    place = Home.locate(home)
    versions = Versions(place.indexes)
    versions.current()
    with build_lock(place):
        gone = versions.prune(keep)
    left = [folder.name for folder in versions.all()]
    if as_json:
        print_json({"removed": [folder.name for folder in gone], "kept": left})
    else:
        console.print(f"{len(gone)} removed, {len(left)} kept: {', '.join(left)}")


def plan(
    articles: Annotated[int, typer.Option(min=1, help="Articles in the corpus to be.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, …; else the best there is.", show_default=False)
    ] = None,
    dense: Annotated[
        str, typer.Option("--dense-type", help="auto, exact, ivf, hnsw or pq.")
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Say what an index of so many articles would take, from rates measured here and now.

    Example: medcite index plan --articles 38000000
    """
    from corpora.home import Home
    from retrieval.encoder import load_encoder
    from retrieval.sizing import measure
    from retrieval.sizing import plan as make_plan
    from ui.cli.output import configure_logging, console, errors, print_json

    configure_logging()
    loaded = load_encoder(encoder, device)
    sample, whence = _articles(Home.locate(home))
    if not as_json:
        errors.print(f"Measuring on {len(sample):,} articles of {whence}…")
    rates = measure(loaded, sample)
    made = make_plan(articles, rates, loaded.identity.dimension, dense)
    if as_json:
        told: dict[str, Any] = asdict(made) | {"disk_bytes": made.disk_bytes}
        print_json(told | {"measured": asdict(rates), "measured_on": whence})
        return
    console.print(
        f"[bold]Measured here[/] on {whence}: {1 / rates.cut:,.0f} articles cut a second,"
        f" {1 / rates.encode:,.0f} passages encoded a second with {encoder};"
        f" {rates.passages_per_article:.2f} passages and {rates.store_bytes:,.0f} bytes an article",
        highlight=False,
    )
    console.print(_table(made))
    console.print("Everything in the table is computed; nothing of this size was built.")


def _table(made: SizingPlan) -> object:
    from rich.table import Table

    from ui.render.units import size

    table = Table("For", f"{made.articles:,} articles")
    kind = made.dense_type
    for name, said in (
        ("Passages", f"{made.passages:,}"),
        ("Dense type", f"{kind.factory}, {kind.probes} probes, refine ×{kind.refine}"),
        ("Article store", size(made.store_bytes)),
        ("Cached vectors", size(made.vector_bytes)),
        ("One index version", size(made.index_bytes)),
        ("Disk in all, two versions", size(made.disk_bytes)),
        ("Memory to search", size(made.search_memory)),
        ("Memory to build", size(made.build_memory)),
        ("Cutting into passages", f"{made.cut_hours:,.1f} h"),
        ("Encoding", f"{made.encode_hours:,.1f} h"),
        ("Indexing", f"{made.index_hours:,.1f} h"),
    ):
        table.add_row(name, said)
    return table


def _articles(home: Home) -> tuple[list[Article], str]:
    """Some articles to measure on: of the corpus that is here, else of the invented sample."""
    import corpora
    from corpora.article import Article
    from corpora.errors import NoCorpus
    from corpora.readers.registry import open_literature
    from corpora.store import open_corpus

    try:
        with open_corpus(home.corpus) as store:
            # Evenly over the whole store: older records are shorter.
            step = max(1, len(store) // _MEASURED_ARTICLES)
            found = [a for _, a in islice(store.articles(), 0, None, step) if a.text]
        if found:
            return found[:_MEASURED_ARTICLES], f"the corpus in {home.root}"
    except NoCorpus:
        pass
    path = Path(corpora.__file__).parent / "sample" / "invented-1.xml"
    with open_literature(path) as (kind, stream):
        invented = [record for record in kind.read(stream) if isinstance(record, Article)]
    return invented * 20, "Medcite's invented sample"
