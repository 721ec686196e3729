"""`medcite index`: the search index."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import index_maintenance, index_vectors
from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from retrieval.build import BuildResult
    from retrieval.version import Manifest

_WORKERS = ("local", "ray")
app = typer.Typer(no_args_is_help=True)
UnitOption = Annotated[
    str | None,
    typer.Option(
        help="What a vector represents: passage (whole sentences) or article (title and abstract"
        " together, as in published vectors); default: as in the version in use.",
        show_default=False,
    ),
]
app.command("verify")(index_maintenance.verify)
app.command("rollback")(index_maintenance.rollback)
app.command("prune")(index_maintenance.prune)
app.command("plan")(index_maintenance.plan)
app.command("import-vectors")(index_vectors.import_vectors)
app.command("publish")(index_vectors.publish)


@app.command()
def build(
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    force: Annotated[bool, typer.Option(help="Build even if nothing has changed.")] = False,
    dense: Annotated[
        str | None,
        typer.Option(
            "--dense-type",
            help="auto (by size), exact, ivf, hnsw or pq; default: as the index in use was built,"
            " at first auto. Changing it re-encodes nothing.",
            show_default=False,
        ),
    ] = None,
    unit: UnitOption = None,
    workers: Annotated[
        str, typer.Option(help="Where to split and encode: local (this process), or ray.")
    ] = "local",
    ray_address: Annotated[
        str,
        typer.Option(
            envvar="RAY_ADDRESS",
            help="HOST:6379 of a Ray cluster, or auto for the one this machine belongs to;"
            " default: start Ray here, on all cores.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Build the index from the corpus; only new text is encoded.

    The version in use serves until the new one is complete. Ctrl-C keeps what was encoded.

    Example: medcite index build
    """
    from contextlib import ExitStack

    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus
    from retrieval.build import already_built, build_index
    from retrieval.encoder import load_encoder
    from ui.cli.output import BuildBar, configure_logging

    configure_logging()
    if workers not in _WORKERS:
        raise BadInput(f"--workers {workers} is not valid.", f"Choose from: {', '.join(_WORKERS)}.")
    place = Home.locate(home)
    open_corpus(place.corpus).close()
    # If nothing has changed, skip the slow import of torch.
    result = None if force else already_built(place, encoder, dense, unit)
    if result is None:
        loaded = load_encoder(encoder)
        with ExitStack() as stack:
            pool = None
            if workers == "ray":
                from retrieval.ray_workers import ray_workers

                pool = stack.enter_context(ray_workers(loaded.identity, ray_address))
            bar = stack.enter_context(BuildBar(as_json=as_json))
            result = build_index(
                place, loaded, bar, force=force, dense=dense, unit=unit, workers=pool
            )
    _report(result, as_json=as_json)


def _report(result: BuildResult, *, as_json: bool) -> None:
    from ui.cli.output import console, print_event

    manifest = result.manifest
    if as_json:
        event = {"event": "done", "unchanged": result.unchanged, "encoded": result.encoded}
        print_event(event | _summary(manifest))
    elif result.unchanged:
        console.print(f"The index is up to date: {manifest.articles:,} articles.")
    else:
        console.print(
            f"Index {manifest.version} is in use: {manifest.articles:,} articles,"
            f" {manifest.passages:,} passages, {result.encoded:,} of them newly encoded."
        )


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the index's contents and age, and what of the corpus is not indexed yet.

    Example: medcite index status
    """
    from corpora.home import Home
    from corpora.store import Changes, open_corpus
    from retrieval.version import Versions, read_manifest
    from ui.cli.output import console, print_json
    from ui.render.units import ago

    place = Home.locate(home)
    versions = Versions(place.indexes)
    with open_corpus(place.corpus) as store:
        manifest = read_manifest(versions.current())
        articles = len(store)
        current = (manifest.store, manifest.snapshot) == (store.identity, store.snapshot)
        changes = store.changes(manifest.last_import, manifest.last_article, manifest.articles)
        same_store = manifest.store == store.identity
    if not same_store:
        changes = Changes(added=articles, revised=0, deleted=manifest.articles)
    fields: dict[str, Any] = _summary(manifest) | {
        "up_to_date": current,
        "articles_in_corpus": articles,
        "not_indexed": asdict(changes),
        "versions": [folder.name for folder in versions.all()],
        "unfinished_builds": len(versions.unfinished()),
        "age": ago(manifest.created),
    }
    if as_json:
        print_json(fields)
        return
    kind = manifest.dense_type.factory
    console.print(f"[bold]{manifest.version}[/], built {fields['age']} ({manifest.created})")
    console.print(f"{manifest.articles:,} articles, {manifest.passages:,} passages")
    console.print(f"encoder {manifest.encoder.name}, dense type {kind}")
    console.print(f"{manifest.bytes / 1e6:,.1f} MB on disk; {len(versions.all())} version(s) kept")
    if unfinished := fields["unfinished_builds"]:
        console.print(f"{unfinished} unfinished build(s), which the next build resumes")
    console.print(
        "up to date with the corpus"
        if current
        else f"not indexed yet: {changes.added:,} new articles, {changes.revised:,} revised,"
        f" {changes.deleted:,} deleted; run `medcite index build`"
    )


def _summary(manifest: Manifest) -> dict[str, Any]:
    return {
        "version": manifest.version,
        "created": manifest.created,
        "articles": manifest.articles,
        "passages": manifest.passages,
        "encoder": asdict(manifest.encoder),
        "dense_type": manifest.dense_type.factory,
        "unit": manifest.unit,
        "bytes": manifest.bytes,
        "snapshot": manifest.snapshot,
    }
