"""`medcite index import-vectors`: vectors that were published, into the cache."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import EncoderOption, HomeOption, JsonOption


def import_vectors(
    folder: Annotated[
        Path, typer.Argument(help="Holds embeds_chunk_N.npy and pmids_chunk_N.json.")
    ],
    home: HomeOption = None,
    encoder: EncoderOption = "MedCPT",
    as_json: JsonOption = False,
) -> None:
    """Take over published article vectors, such as MedCPT's of all of PubMed, instead of encoding.

    Import the literature first: a vector is kept for an article that the corpus has. Ctrl-C keeps
    what was imported; the same command goes on. Afterwards: medcite index build --unit article.

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
        f" {done.known:,} known already, {done.unmatched:,} of articles that the corpus lacks,"
        f" {done.skipped:,} imported before.",
        highlight=False,
    )
    console.print(
        f"Now build on them: medcite index build --unit article --encoder {encoder}",
        highlight=False,
        markup=False,
    )
