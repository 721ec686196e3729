"""`medcite corpus remove`, `merges` and `split`: remove articles, inspect and undo merges."""

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
        typer.Option(
            help="Remove every article that contains all these words.", show_default=False
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would be removed without removing it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove articles by identifier or by words, or undo a whole import.

    Records of the same article from other imports stay. The index is out of date until
    `medcite index update`.

    Example: medcite corpus remove --import 7 --dry-run
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus

    if sum((bool(identifiers), imported is not None, bool(query))) != 1:
        raise BadInput(
            "Give exactly one of identifiers, --import and --query.",
            "Name identifiers, or give --import NUMBER or --query WORDS.",
        )
    with open_corpus(Home.locate(home).corpus) as store:
        if imported is not None:
            with store.preview():
                counts = store.undo_import(imported)
            target = (
                f"import {imported}: {counts.deleted:,} articles,"
                f" {counts.replaced:,} others lose its data"
            )
            if _confirmed(target, yes=yes, dry_run=dry_run, as_json=as_json):
                store.undo_import(imported)
            report: dict[str, Any] = {"removed": counts.deleted, "replaced": counts.replaced}
        else:
            keys = _named(store, identifiers) if identifiers else _with_words(store, query or "")
            target = f"{len(keys):,} articles"
            if keys and _confirmed(target, yes=yes, dry_run=dry_run, as_json=as_json):
                store.remove(keys)
            report = {"removed": len(keys), "articles": keys}
    _print(
        report | {"dry_run": dry_run},
        f"{'Would remove' if dry_run else 'Removed'} {target}.",
        as_json=as_json,
    )


def _confirmed(target: str, *, yes: bool, dry_run: bool, as_json: bool) -> bool:
    if dry_run or yes or as_json:
        return not dry_run
    return typer.confirm(f"Remove {target}?", abort=True)


def _named(store: ArticleStore, identifiers: list[str]) -> list[str]:
    from corpora.errors import BadInput
    from corpora.identifiers import doi_of, pmid_of

    keys = []
    for identifier in identifiers:
        doi = doi_of(identifier)
        match = store.find(pmid_of(identifier) or (f"doi:{doi.lower()}" if doi else identifier))
        if match is None:
            raise BadInput(
                f"There is no article {identifier}.", "`medcite search` shows identifiers."
            )
        keys.append(match[1].pmid)
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
    """List the articles merged from records of several sources, and what each merge rests on.

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
             "records": [_record(record) for record in records]}
            for article, records in joined
        ])  # fmt: skip
        return
    for article, records in joined:
        console.print(f"{article.named or article.pmid}  {article.title}", markup=False)
        for record in records:
            others = (other for other in records if other is not record)
            reason = next(filter(None, (same_article(record, other) for other in others)), "")
            source = ", ".join(record.sources) or "unknown"
            console.print(
                f"  {source}: {record.named or record.pmid} ({reason}) {record.title}", markup=False
            )
    console.print(
        f"{len(joined):,} articles from several sources. To split one: medcite corpus split ID"
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
    """Split a merged article into its source records, which then stay separate.

    Example: medcite corpus split 97000001
    """
    from corpora.home import Home
    from corpora.store import open_corpus

    with open_corpus(Home.locate(home).corpus) as store:
        articles = store.part(identifier)
    text = "\n".join(f"{article.pmid}  {article.title}" for article in articles)
    _print({"articles": [_record(article) for article in articles]}, text, as_json=as_json)


def _print(fields: dict[str, Any], text: str, *, as_json: bool) -> None:
    from ui.cli.output import console, print_json

    if as_json:
        print_json(fields)
    else:
        console.print(text, markup=False, highlight=False)
