"""`medcite index verify`, `rollback`, `prune` and `plan`: maintain the index."""

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
        int, typer.Option(min=0, help="Passages to re-encode and compare; 0 for none.")
    ] = 200,
    as_json: JsonOption = False,
) -> None:
    """Check that the index is as it was built: checksums, counts, a re-encoded sample.

    Example: medcite index verify
    """
    from corpora.home import Home
    from retrieval.encoder import load_encoder
    from retrieval.integrity import verify_index
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
            console.print("To rebuild it: medcite index build --force")
        raise typer.Exit(_DAMAGED)


def rollback(
    home: HomeOption = None,
    to: Annotated[
        str | None,
        typer.Option(help="A version from `medcite index status`; default: the one before.",
                     show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Switch to an earlier index version; running applications switch automatically.

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
        console.print(
            f"Index {folder.name} is in use; to go back: medcite index rollback --to {before}"
        )


def prune(
    home: HomeOption = None,
    keep: Annotated[
        int, typer.Option(min=1, help="Versions to keep, including the one in use.")
    ] = 2,
    as_json: JsonOption = False,
) -> None:
    """Remove old index versions and the remains of failed builds.

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
        removed = versions.prune(keep)
    kept = [folder.name for folder in versions.all()]
    if as_json:
        print_json({"removed": [folder.name for folder in removed], "kept": kept})
    else:
        console.print(f"{len(removed)} removed, {len(kept)} kept: {', '.join(kept)}")


def plan(
    articles: Annotated[int, typer.Option(min=1, help="Number of articles to plan for.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda, …; default: the best available.", show_default=False),
    ] = None,
    dense: Annotated[
        str, typer.Option("--dense-type", help="auto, exact, ivf, hnsw or pq.")
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Estimate the time, disk and memory of an index, from rates measured on this machine.

    Example: medcite index plan --articles 38000000
    """
    from corpora.home import Home
    from retrieval.encoder import load_encoder
    from retrieval.sizing import measure
    from retrieval.sizing import plan as make_plan
    from ui.cli.output import configure_logging, console, errors, print_json

    configure_logging()
    loaded = load_encoder(encoder, device)
    sample, origin = _articles(Home.locate(home))
    if not as_json:
        errors.print(f"Measuring on {len(sample):,} articles from {origin}…")
    rates = measure(loaded, sample)
    estimate = make_plan(articles, rates, loaded.identity.dimension, dense)
    if as_json:
        fields: dict[str, Any] = asdict(estimate) | {"disk_bytes": estimate.disk_bytes}
        print_json(fields | {"measured": asdict(rates), "measured_on": origin})
        return
    console.print(
        f"[bold]Measured here[/] on {origin}: {1 / rates.cut:,.0f} articles split per second,"
        f" {1 / rates.encode:,.0f} passages encoded per second with {encoder};"
        f" {rates.passages_per_article:.2f} passages, {rates.store_bytes:,.0f} bytes per article",
        highlight=False,
    )
    console.print(_table(estimate))
    console.print("All values in the table are extrapolated; no index of this size was built.")


def _table(estimate: SizingPlan) -> object:
    from rich.table import Table

    from ui.render.units import size

    table = Table("For", f"{estimate.articles:,} articles")
    kind = estimate.dense_type
    for name, value in (
        ("Passages", f"{estimate.passages:,}"),
        ("Dense type", f"{kind.factory}, {kind.probes} probes, refine ×{kind.refine}"),
        ("Article store", size(estimate.store_bytes)),
        ("Cached vectors", size(estimate.vector_bytes)),
        ("One index version", size(estimate.index_bytes)),
        ("Total disk, two versions", size(estimate.disk_bytes)),
        ("Memory to search", size(estimate.search_memory)),
        ("Memory to build", size(estimate.build_memory)),
        ("Splitting into passages", f"{estimate.cut_hours:,.1f} h"),
        ("Encoding", f"{estimate.encode_hours:,.1f} h"),
        ("Indexing", f"{estimate.index_hours:,.1f} h"),
    ):
        table.add_row(name, value)
    return table


def _articles(home: Home) -> tuple[list[Article], str]:
    """Return articles to measure on, from the corpus if there is one, else the invented sample."""
    import corpora
    from corpora.article import Article
    from corpora.errors import NoCorpus
    from corpora.readers.registry import open_literature
    from corpora.store import open_corpus

    try:
        with open_corpus(home.corpus) as store:
            # Spread over the whole store, because older records are shorter.
            step = max(1, len(store) // _MEASURED_ARTICLES)
            articles = [a for _, a in islice(store.articles(), 0, None, step) if a.text]
        if articles:
            return articles[:_MEASURED_ARTICLES], f"the corpus in {home.root}"
    except NoCorpus:
        pass
    path = Path(corpora.__file__).parent / "sample" / "invented-1.xml"
    with open_literature(path) as (kind, stream):
        invented = [record for record in kind.read(stream) if isinstance(record, Article)]
    return invented * 20, "Medcite's invented sample"
