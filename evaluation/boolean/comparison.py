"""Compare the search with the oracle: both must return the same set."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpora.errors import BadQuery, UnreadableFile
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.boolean.generator import generated
from evaluation.boolean.oracle import Oracle
from evaluation.boolean.syntax import Tree, read, written
from evaluation.report import Figure, Report
from retrieval.boolean.parser import parse
from retrieval.result_set import BooleanSearch

Find = Callable[[str, bool], set[int]]

_GENERATED = 200
# A query without any of these tags is in Ovid's syntax, not PubMed's.
_PUBMED = re.compile(r"\[(?:tiab|mesh|tw|ti|mh|title)", re.IGNORECASE)


@dataclass(slots=True)
class Comparison:
    """The result of a comparison. `excluded` counts queries by the reason for exclusion."""

    compared: int = 0
    identical: int = 0
    found: int = 0
    with_terms_left_out: int = 0
    seconds: list[float] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)

    def figures(self, group: str) -> list[Figure]:
        """Counts of queries, and milliseconds."""
        seconds = sorted(self.seconds)
        counts = {
            "compared": self.compared,
            "identical": self.identical,
            "with records found": self.found,
            "with terms left out": self.with_terms_left_out,
            "excluded": self.excluded.total(),
            "median ms": 1e3 * seconds[len(seconds) // 2] if seconds else None,
            "longest ms": 1e3 * seconds[-1] if seconds else None,
        }
        return [Figure(name, value, group=group) for name, value in counts.items()]


def report(compared: Iterable[tuple[str, Comparison]]) -> Report:
    """A row of figures for each source of queries; notes say why some differ or were excluded."""
    figures, notes = [], []
    for name, each in compared:
        figures += each.figures(name)
        notes += [f"{name}, {count} excluded: {why}" for why, count in each.excluded.items()]
        notes += [f"{name}, different: {line}" for line in each.different]
    return Report("boolean", figures, notes=notes)


def compare(find: Find, oracle: Oracle, queries: Iterable[str | Tree]) -> Comparison:
    """Run each query both ways.

    Args:
        find: maps (query, whether to omit terms that no record can match) to store ids.
        queries: texts are parsed by the oracle's own parser, trees are serialised.
    """
    result = Comparison()
    for query in queries:
        text = query if isinstance(query, str) else written(query)
        try:
            tree, partial = read(query) if isinstance(query, str) else (query, False)
            began = time.perf_counter()
            matches = find(text, partial)
            result.seconds.append(time.perf_counter() - began)
        except BadQuery as error:
            result.excluded[error.message] += 1
            continue
        except ValueError as error:
            result.excluded[str(error)] += 1
            continue
        result.compared += 1
        result.with_terms_left_out += partial
        result.found += bool(matches)
        expected = oracle.find(tree) if tree is not None else set()
        if matches == expected:
            result.identical += 1
        else:
            result.different.append(
                f"{text[:300]} | -{len(expected - matches)} +{len(matches - expected)}"
            )
    return result


def compare_files(home: Home, files: Sequence[Path]) -> Iterator[tuple[str, Comparison]]:
    """Compare generated queries, then those of each file; yield names and results.

    Args:
        home: a data directory with literature and its index.
        files: gzipped JSON Lines with a "query" or "boolean_query" each.

    Raises:
        UnreadableFile: a file has another format.
    """
    search = BooleanSearch(home)
    with open_corpus(home.corpus) as store:
        articles = list(store.articles())
    oracle = Oracle(articles)

    def find(text: str, partial: bool) -> set[int]:
        return set(search.lexical.boolean(parse(text, skip_absent=partial)).ids.tolist())

    queries = {file: _queries(file) for file in files}
    generated_queries = generated([article for _, article in articles], _GENERATED)
    yield "generated", compare(find, oracle, generated_queries)
    for file, texts in queries.items():
        pubmed = [text for text in texts if _PUBMED.search(text)]
        result = compare(find, oracle, pubmed)
        if len(pubmed) < len(texts):
            result.excluded["in Ovid's syntax"] = len(texts) - len(pubmed)
        yield file.name, result


def _queries(file: Path) -> list[str]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [str(row.get("query") or row["boolean_query"]) for row in rows]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UnreadableFile(
            f"{file} contains no queries: {error!r}",
            'Give a gzipped file of lines with a "query" or "boolean_query".',
        ) from error
