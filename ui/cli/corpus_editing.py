"""`medcite corpus remove`, `merges` and `split`: what came in, looked at and taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.article import Article
    from corpora.store import ArticleStore


def remove(
    identifiers: Annotated[
        list[str] | None,
        typer.Argument(help="PMIDs, DOIs (doi:…) or PMCIDs.", show_default=False),
    ] = None,
    home: HomeOption = None,
    imported: Annotated[
        int | None,
        typer.Option(
            "--import", help="Undo this import: its number in `corpus status`.", show_default=False
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(help="Every article that holds all these words.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove articles by identifier or by words, or undo a whole import.

    What other imports say of an article stays. The index is behind until
    `medcite index update`.

    Example: medcite corpus remove --import 7 --dry-run
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus

    if sum((bool(identifiers), imported is not None, bool(query))) != 1:
        raise BadInput(
            "Say what to remove, in one way.",
            "Name identifiers, or give --import NUMBER or --query WORDS.",
        )
    with open_corpus(Home.locate(home).corpus) as store:
        if imported is not None:
            with store.preview():
                counts = store.undo_import(imported)
            what = (
                f"import {imported}: {counts.deleted:,} articles,"
                f" {counts.replaced:,} others lose what it said"
            )
            if _agreed(what, yes=yes, dry_run=dry_run, as_json=as_json):
                store.undo_import(imported)
            told: dict[str, Any] = {"removed": counts.deleted, "replaced": counts.replaced}
        else:
            keys = _named(store, identifiers) if identifiers else _with_words(store, query or "")
            what = f"{len(keys):,} articles"
            if keys and _agreed(what, yes=yes, dry_run=dry_run, as_json=as_json):
                store.remove(keys)
            told = {"removed": len(keys), "articles": keys}
    _say(
        told | {"dry_run": dry_run},
        f"{'Would remove' if dry_run else 'Removed'} {what}.",
        as_json=as_json,
    )


def _agreed(what: str, *, yes: bool, dry_run: bool, as_json: bool) -> bool:
    if dry_run or yes or as_json:
        return not dry_run
    return typer.confirm(f"Remove {what}?", abort=True)


def _named(store: ArticleStore, identifiers: list[str]) -> list[str]:
    from corpora.errors import BadInput
    from corpora.identifiers import doi_of, pmid_of

    keys = []
    for given in identifiers:
        doi = doi_of(given)
        found = store.find(pmid_of(given) or (f"doi:{doi.lower()}" if doi else given))
        if found is None:
            raise BadInput(f"No article goes by {given}.", "`medcite search` shows identifiers.")
        keys.append(found[1].pmid)
    return keys


def _with_words(store: ArticleStore, query: str) -> list[str]:
    words = query.casefold().split()
    return [
        article.pmid
        for _, article in store.articles()
        if all(word in _everything(article) for word in words)
    ]


def _everything(article: Article) -> str:
    parts = (article.text, article.journal, *article.mesh, *article.keywords, *article.sources)
    return " ".join(parts).casefold()


def merges(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the articles that records of several sources were joined to, and what joined them.

    Example: medcite corpus merges
    """
    from corpora.home import Home
    from corpora.identity import same_article
    from corpora.store import open_corpus
    from ui.cli.output import console, print_json

    with open_corpus(Home.locate(home).corpus) as store:
        joined = list(store.merges())
    if as_json:
        print_json([
            {"pmid": article.pmid, "title": article.title,
             "records": [_record(each) for each in records]}
            for article, records in joined
        ])  # fmt: skip
        return
    for article, records in joined:
        console.print(f"{article.named or article.pmid}  {article.title}", markup=False)
        for each in records:
            others = (other for other in records if other is not each)
            why = next(filter(None, (same_article(each, other) for other in others)), "")
            source = ", ".join(each.sources) or "unknown"
            console.print(
                f"  {source}: {each.named or each.pmid} ({why}) {each.title}", markup=False
            )
    console.print(
        f"{len(joined):,} articles of several sources. One that is wrong: medcite corpus split ID"
    )


def _record(article: Article) -> dict[str, Any]:
    return {
        "sources": article.sources,
        "pmid": article.pmid,
        "doi": article.doi,
        "title": article.title,
    }


def split(
    identifier: Annotated[str, typer.Argument(help="The article's PMID, doi:… or PMCID.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an article of several sources apart again; its records then stay apart.

    Example: medcite corpus split 97000001
    """
    from corpora.home import Home
    from corpora.store import open_corpus

    with open_corpus(Home.locate(home).corpus) as store:
        articles = store.part(identifier)
    said = "\n".join(f"{article.pmid}  {article.title}" for article in articles)
    _say({"articles": [_record(each) for each in articles]}, said, as_json=as_json)


def _say(told: dict[str, Any], said: str, *, as_json: bool) -> None:
    from ui.cli.output import console, print_json

    if as_json:
        print_json(told)
    else:
        console.print(said, markup=False, highlight=False)
