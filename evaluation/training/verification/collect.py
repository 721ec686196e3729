"""Add the annotators' lines to the repository's file of written claims.

    python -m evaluation.training.verification.collect --home HOME --keep-out FILE --clusters FILE LINES...

LINES are JSON Lines, optionally gzipped, in one of the forms of the briefs: one claim per line with
`claim`; a right and a wrong claim per line with `right` and `wrong`; or a claim of a draft over a
`cluster` of six articles, A to F, whose PMIDs are in `--clusters`. Sentences are numbered from 1 in
the order of `article_sentences`. A line whose article is not in the corpus or is kept out, whose
sentences do not exist, or whose marked words are not in the claim, is skipped and counted.

With `--add` existing claims are unchanged and all new ones are for training: claims written after
thresholds were chosen and the test part was opened must affect neither.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from agent.answer import Label
from corpora.article import Article
from corpora.store import ArticleStore, open_corpus
from evaluation.verification.written import (
    DATA,
    Cite,
    Part,
    WrittenClaim,
    drawn_part,
    read_written,
    write_written,
)
from retrieval.chunking import article_sentences

_LABELS = {
    "supported": Label.SUPPORTED,
    "partial": Label.PARTIALLY_SUPPORTED,
    "unsupported": Label.UNSUPPORTED,
    "contradicted": Label.CONTRADICTED,
}


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file, skipping a line that is still being written."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in data.splitlines():
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            continue


def claims_of(
    line: dict[str, Any], articles: dict[str, Article], writer: str
) -> list[WrittenClaim]:
    """The claims of one line; `articles` by the letter or PMID used in its citations.

    Raises:
        ValueError: the line is inconsistent with the articles or with itself.
    """
    if "cluster" in line:
        numbers = line["cites"]
        group, pair, kind = min(a.pmid for a in articles.values()), "", "draft"
        label = "unsupported" if line["label"] == "miscited" else line["label"]
        sides = [(line["claim"], label, line["mistake"] or "draft", line["words"], line["decide"])]
    else:
        pmid, kind = line["pmid"], f"style {line.get('style', line.get('pair'))}"
        numbers = {pmid: line["cites"]}
        group, pair = pmid, f"{pmid}:{kind}"
        if "claim" in line:
            sides = [(line["claim"], line["label"], line["kind"], line["words"], {})]
        else:
            sides = [
                (line["right"], "supported", kind, "", {pmid: line["right_decide"]}),
                (
                    line["wrong"],
                    line["label"],
                    line["kind"],
                    line["words"],
                    {pmid: line["wrong_decide"]},
                ),
            ]
    cites = tuple(_cites(articles, numbers))
    if not cites:
        raise ValueError("cites nothing")
    claims = []
    for claim, label, mistake, words, decide in sides:
        if words not in claim or (
            not words and label != "supported" and line.get("label") != "miscited"
        ):
            raise ValueError("words are not in the claim")
        marked = words if label != "supported" else ""
        claims.append(
            WrittenClaim(
                group,
                pair,
                claim.strip(),
                _LABELS[label],
                mistake,
                marked,
                cites,
                _decides(articles, cites, decide),
                writer,
                drawn_part(group),
            )
        )
    return claims


def _cites(articles: dict[str, Article], numbers: dict[str, list[int]]) -> Iterator[Cite]:
    for name, listed in numbers.items():
        article = articles[name]
        spans = [span for span, _ in article_sentences(article)]
        for number in sorted(set(listed)):
            if not 1 <= number <= len(spans):
                raise ValueError("cites a sentence that does not exist")
            yield Cite(article.pmid, spans[number - 1].start, spans[number - 1].end)


def _decides(
    articles: dict[str, Article], cites: Sequence[Cite], decide: dict[str, str]
) -> Cite | None:
    for name, words in decide.items():
        if not words:
            continue
        article = articles[name]
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())))
        for cite in cites:
            if cite.pmid == article.pmid and (
                match := pattern.search(article.text, cite.start, cite.end)
            ):
                return Cite(article.pmid, *match.span())
    return None


def main() -> None:
    """Write the file and report what was skipped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lines", type=Path, nargs="+")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--keep-out", type=Path, required=True)
    parser.add_argument("--clusters", type=Path, help="JSON: a list of PMIDs for each cluster")
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--add", action="store_true", help="keep the file's claims; train on LINES")
    options = parser.parse_args()
    kept_out = set(options.keep_out.read_text().split())
    claims: dict[tuple[str, str], WrittenClaim] = {}
    skipped = Counter[str]()
    clusters = json.loads(options.clusters.read_text()) if options.clusters else []
    with open_corpus(options.home / "corpus.sqlite") as store:
        for path in options.lines:
            for line in lines_of(path):
                writer = path.name.partition(".")[0] + str(line.get("writer", ""))
                try:
                    articles = _articles(line, clusters, store, kept_out)
                    for claim in claims_of(line, articles, writer):
                        claims[claim.group, claim.claim] = claim
                except (ValueError, KeyError, AttributeError) as error:
                    skipped[str(error)] += 1
    if options.add:
        merged, apart = added(read_written(path=options.out), list(claims.values()))
    else:
        merged, apart = _in_one_part(list(claims.values()))
    skipped["article in two parts"] += apart
    ordered = sorted(merged, key=lambda c: int(c.group))
    write_written(ordered, options.out)
    labels = Counter(claim.label.value for claim in ordered)
    cited = len({cite.pmid for claim in ordered for cite in claim.cites})
    sys.stdout.write(
        f"{len(ordered)} claims on {cited} articles: {dict(labels)}; skipped: {dict(skipped)}\n"
    )


def _in_one_part(claims: Sequence[WrittenClaim]) -> tuple[list[WrittenClaim], int]:
    """The claims without drafts that share an article with another part, and the number dropped."""
    single = {c.group for c in claims if c.pair}
    kept = [
        c
        for c in claims
        if c.pair or {drawn_part(cite.pmid) for cite in c.cites if cite.pmid in single} <= {c.part}
    ]
    return kept, len(claims) - len(kept)


def added(
    existing: Sequence[WrittenClaim], new: Sequence[WrittenClaim]
) -> tuple[list[WrittenClaim], int]:
    """The existing claims plus new ones for training, and how many could not be added.

    New claims must not cite an article used to choose or test thresholds.
    """
    duplicates = {(c.group, c.claim) for c in existing}
    kept_apart = {cite.pmid for c in existing if c.part is not Part.TRAIN for cite in c.cites}
    new = [c for c in new if (c.group, c.claim) not in duplicates]
    fit = [c for c in new if kept_apart.isdisjoint(cite.pmid for cite in c.cites)]
    return [*existing, *(replace(c, part=Part.TRAIN) for c in fit)], len(new) - len(fit)


def _articles(
    line: dict[str, Any], clusters: Sequence[Sequence[str]], store: ArticleStore, kept_out: set[str]
) -> dict[str, Article]:
    if "cluster" in line:
        pmids = dict(zip("ABCDEF", clusters[line["cluster"] - 1], strict=False))
    else:
        pmids = {line["pmid"]: line["pmid"]}
    articles = {name: store.get(pmid) for name, pmid in pmids.items()}
    if kept_out & set(pmids.values()):
        raise ValueError("kept out")
    if None in articles.values():
        raise ValueError("no such article")
    return {name: article for name, article in articles.items() if article is not None}


if __name__ == "__main__":
    main()
