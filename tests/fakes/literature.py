"""Articles and data directories for tests, made from nothing but what a test says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from corpora.article import Article, Section
from corpora.home import Home
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.encoder import Encoder
from tests.fakes.progress import Recorded


def article(pmid: str, title: str, abstract: str = "", **fields: object) -> Article:
    """An article with an unstructured abstract; `fields` are Article's own."""
    sections = (Section("", abstract),) if abstract else ()
    fields = {"year": 2021, "published": "2021", "languages": ("eng",)} | fields
    return Article(pmid, title, sections, **fields)  # type: ignore[arg-type]


def put(home: Home, articles: Iterable[Article], name: str = "test.jsonl") -> None:
    """Import articles into the store of a data directory."""
    home.create()
    with ArticleStore(home.corpus) as store:
        store.import_records(articles, name=name, path=name, sha256=name, reader="test")


def indexed(folder: Path, articles: Iterable[Article], encoder: Encoder) -> Home:
    """A data directory with these articles, indexed."""
    home = Home(folder)
    put(home, articles)
    build_index(home, encoder, Recorded())
    return home
