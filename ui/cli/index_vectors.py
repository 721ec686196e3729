"""`medcite index import-vectors` and `publish`: import vectors, and publish to Milvus."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import EncoderOption, HomeOption, JsonOption


def import_vectors(
    folder: Annotated[
        Path, typer.Argument(help="Folder with embeds_chunk_N.npy and pmids_chunk_N.json.")
    ],
    home: HomeOption = None,
    encoder: EncoderOption = "MedCPT",
    as_json: JsonOption = False,
) -> None:
    """Import published article vectors, such as MedCPT's for all of PubMed, instead of encoding.

    Import the literature first: only vectors of articles in the corpus are kept. Ctrl-C keeps what
    was imported; run the command again to continue. Then: medcite index build --unit article.

    Example: medcite index import-vectors ~/medcpt --encoder MedCPT
    """
    from corpora.home import Home
    from corpora.store import open_corpus
    from retrieval.encoder import load_encoder
    from retrieval.published_vectors import find_chunks
    from retrieval.published_vectors import import_vectors as take
    from ui.cli.output import BuildBar, configure_logging, console, print_event

    configure_logging()
    place = Home.locate(home)
    open_corpus(place.corpus).close()
    find_chunks(folder)
    loaded = load_encoder(encoder)
    with BuildBar(as_json=as_json) as bar:
        done = take(place, loaded, folder, bar)
    if as_json:
        print_event({"event": "done", **asdict(done)})
        return
    console.print(
        f"{done.rows:,} vectors in {done.chunks} chunk(s): {done.kept:,} kept,"
        f" {done.known:,} already present, {done.unmatched:,} of articles not in the corpus,"
        f" {done.skipped:,} imported before.",
        highlight=False,
    )
    console.print(
        f"Next: medcite index build --unit article --encoder {encoder}",
        highlight=False,
        markup=False,
    )


def publish(
    uri: Annotated[
        str, typer.Argument(help="A Milvus server (http://…:19530), or a .db file of Milvus Lite.")
    ],
    home: HomeOption = None,
    token: Annotated[
        str,
        typer.Option(
            envvar="MEDCITE_MILVUS_TOKEN", help="user:password or API key.", show_default=False
        ),
    ] = "",
    keep: Annotated[int, typer.Option(min=1, help="Published versions to keep.")] = 2,
    index_type: Annotated[
        str, typer.Option(help="Vector index type: AUTOINDEX, HNSW, IVF_SQ8, DISKANN, ….")
    ] = "AUTOINDEX",
    as_json: JsonOption = False,
) -> None:
    """Write the index in use to Milvus, so that several servers can share it.

    Servers with MEDCITE_MILVUS set to the same address use it from then on.

    Example: medcite index publish http://milvus:19530
    """
    from corpora.home import Home
    from retrieval.publishing import publish as write
    from ui.cli.output import BuildBar, configure_logging, console, print_event

    configure_logging()
    with BuildBar(as_json=as_json) as bar:
        done = write(Home.locate(home), uri, bar, token=token, keep=keep, index_type=index_type)
    if as_json:
        print_event({"event": "done", **asdict(done)})
        return
    console.print(
        f"Index {done.version} is published: {done.articles:,} articles, {done.passages:,}"
        f" passages; {len(done.dropped)} older version(s) dropped.",
        highlight=False,
    )
    console.print(f"Servers use it with MEDCITE_MILVUS={uri}", highlight=False, markup=False)
