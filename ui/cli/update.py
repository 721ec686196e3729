"""`medcite update`: bring corpus and index up to date, by hand or by cron."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.fetch import AtOnceOption, MirrorOption
from ui.cli.options import HomeOption, JsonOption


def update(
    home: HomeOption = None,
    keep: Annotated[int, typer.Option(min=1, help="Index versions to keep.")] = 2,
    publish_to: Annotated[
        str,
        typer.Option(
            "--publish", help="A Milvus server to publish the new version to.", show_default=False
        ),
    ] = "",
    token: Annotated[
        str,
        typer.Option(
            envvar="MEDCITE_MILVUS_TOKEN", help="user:password or API key.", show_default=False
        ),
    ] = "",
    at_once: AtOnceOption = 3,
    mirror: MirrorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Update from PubMed: fetch NLM's new daily files, import them, and index the changes.

    Made for cron: it checks files against NLM's checksums, applies deletions and revisions,
    switches to the new index version once complete, and removes old versions. If nothing is new,
    it does nothing; if something fails, the version in use stays and the exit code is non-zero.

    Example: medcite update --json

    Example: 0 4 * * * medcite update --json >> ~/medcite-update.log
    """
    from corpora.home import Home
    from corpora.sources.nlm import BASE_URL
    from retrieval.updating import failure_of
    from retrieval.updating import update as bring_up_to_date
    from ui.cli.output import BuildBar, FetchBar, configure_logging, console, print_event

    configure_logging()
    with FetchBar(as_json=as_json) as fetching, BuildBar(as_json=as_json) as building:
        report = bring_up_to_date(
            Home.locate(home),
            fetching,
            building,
            mirror=mirror or BASE_URL,
            at_once=at_once,
            keep=keep,
            publish_to=publish_to,
            token=token,
        )
    if as_json:
        print_event({"event": "done", **report.to_dict()})
    else:
        counts = report.to_dict()
        console.print(
            f"{report.fetched:,} of {report.listed:,} files new:"
            f" {counts['added']:,} articles added, {counts['replaced']:,} revised,"
            f" {counts['deleted']:,} deleted,"
            f" {counts['unread']:,} unread.",
            highlight=False,
        )
        console.print(
            f"Index {counts['version']}"
            + (" was up to date" if report.build.unchanged else f": {counts['encoded']:,} encoded")
            + f"; {counts['articles']:,} articles; {len(report.pruned)} old version(s) removed"
            + (f"; published to {report.published}" if report.published else "")
            + ".",
            highlight=False,
        )
    if error := failure_of(report):
        raise error
