"""Boolean search against an oracle: the same query evaluated over the records in plain Python.

The oracle shares no code with the search but the record: it has a parser, a tokeniser and a
definition of every field of its own, written from docs/searching.md. Both must give the same set.
"""

from __future__ import annotations

import calendar
import gzip
import json
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from corpora.article import Article, Author
from corpora.errors import BadQuery
from corpora.home import Home
from corpora.store import open_corpus

# A node is ("term", text, tag, quoted) or (operator, [nodes]).
Tree = tuple[Any, ...]
Find = Callable[[str, bool], set[int]]

_GREEK = "αβγδεζηθκλμπρστφχψωΔΓΣΦΩ"
_LETTERS = {
    "ø": "o",
    "ł": "l",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
}
_ABSENT = frozenset(
    {"sh", "subheading", "nm", "supplementary concept", "pa", "pharmacological action"}
)
_TAGS = {
    "mesh": "mh", "mesh terms": "mh", "title/abstract": "tiab", "publication type": "pt",
    "mesh major topic": "majr", "jour": "ta", "journal": "ta", "author": "au", "title": "ti",
    "language": "la", "pdat": "dp", "date - publication": "dp", "text word": "tw", "": "all",
    "all fields": "all", "mesh:noexp": "mh", "mh:noexp": "mh",
}  # fmt: skip


def plain(text: str) -> str:
    """Text in lower-case base letters, Greek ones by their names."""
    out = []
    for letter in unicodedata.normalize("NFKC", text):
        if letter in _GREEK:
            out.append(f" {unicodedata.name(letter).rsplit(' ', 1)[1].lower()} ")
            continue
        for each in unicodedata.normalize("NFKD", letter.lower()):
            if not unicodedata.combining(each):
                out.append(_LETTERS.get(each, each))
    return "".join(out)


@cache
def tokens(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", plain(text)))


@cache
def _token_set(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


class Oracle:
    """Articles by id, and which of them a query matches."""

    def __init__(self, articles: Iterable[tuple[int, Article]]) -> None:
        self._articles = dict(articles)
        self._known: dict[Tree, set[int]] = {}

    def find(self, tree: Tree) -> set[int]:
        if tree[0] == "term":
            if tree not in self._known:
                self._known[tree] = {n for n, a in self._articles.items() if _matches(a, tree)}
            return self._known[tree]
        sets = [self.find(each) for each in tree[1]]
        if tree[0] == "AND":
            return set.intersection(*sets)
        return set.union(*sets) if tree[0] == "OR" else sets[0].difference(*sets[1:])


def _matches(article: Article, term: Tree) -> bool:
    text: str = term[1]
    tag: str = term[2]
    if tag in {"ti", "ab", "ot", "tiab", "tw", "all"}:
        return any(_phrase(value, text) for value in _texts(article, tag))
    if tag in {"mh", "pt", "majr"}:
        values = {"mh": article.mesh, "pt": article.publication_types, "majr": article.major_mesh}
        wanted = " ".join(text.split("/", maxsplit=1)[0].lower().split())
        return any(_like(value.lower(), wanted) for value in values[tag])
    if tag == "la":
        return (
            text.lower() in article.languages
            or {"english": "eng", "french": "fre"}.get(text.lower()) in article.languages
        )
    if tag == "dp":
        return _dated(article, text)
    if tag == "ta":
        names = [article.journal, article.journal_abbreviation]
        names += [re.sub(r"\s*\(.*?\)", "", name) for name in names]
        if "*" in text:
            return any(" ".join(tokens(n)).startswith(" ".join(tokens(text))) for n in names)
        return any(tokens(name) == tokens(text) for name in names if name)
    if tag == "au":
        return any(_author(each, text, term[3]) for each in article.authors)
    if tag == "doi":
        return article.doi.lower() == text.lower()
    return tag == "pmid" and article.pmid == text


def _texts(article: Article, tag: str) -> list[str]:
    found = []
    if tag not in {"ab", "ot"}:
        found.append(article.title)
    if tag not in {"ti", "ot"}:
        found += [section.text for section in article.sections if not section.body]
    if tag in {"ot", "tiab", "tw", "all"}:
        found += article.keywords
    if tag in {"tw", "all"}:
        found += [*article.mesh, *article.publication_types]
    if tag == "all":
        found += [article.journal, article.journal_abbreviation]
        found += [author.short for author in article.authors]
    return found


@cache
def _forms(text: str) -> tuple[list[str], list[re.Pattern[str]]]:
    """The words of a phrase, and what each of them stands for."""
    words = re.findall(r"(?:[^\W_]|\*)+", plain(text))
    return words, [re.compile(".*".join(map(re.escape, word.split("*")))) for word in words]


def _phrase(value: str, text: str) -> bool:
    """Whether the words of `text` stand side by side in a value."""
    words, forms = _forms(text)
    # Most texts hold not one of the words: said before they are gone through.
    if not all("*" in word or word in _token_set(value) for word in words):
        return False
    held = tokens(value)
    return any(
        all(form.fullmatch(held[at + i]) for i, form in enumerate(forms))
        for at in range(len(held) - len(forms) + 1)
    )


def _like(value: str, wanted: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), value))


def _author(author: Author, text: str, quoted: bool) -> bool:
    short = " ".join(tokens(author.short))
    last, fore = author.last, author.fore
    full = [" ".join(tokens(f"{last} {fore}")), " ".join(tokens(f"{fore} {last}"))] if fore else []
    wanted = " ".join(tokens(text.replace("*", "")))
    if "*" in text:
        return short.startswith(wanted)
    if quoted:
        return wanted in {short, *full}
    parts = wanted.split()
    if len(parts) > 1 and len(parts[-1]) <= 2:
        return short.startswith(wanted)
    names = [short, *(full if len(parts) > 1 else [])]
    return any(name == wanted or name.startswith(f"{wanted} ") for name in names)


def _dated(article: Article, text: str) -> bool:
    dated = article.published or (str(article.year) if article.year else "")
    if not dated:
        return False
    first, _, last = text.partition(":")
    known = _day(dated, last=False)
    return _day(first, last=False) <= known <= _day(last or first, last=True)


def _day(text: str, *, last: bool) -> tuple[int, int, int]:
    parts = [int(part) for part in re.split("[-/]", text.strip())]
    month = parts[1] if len(parts) > 1 else (12 if last else 1)
    end = calendar.monthrange(parts[0], month)[1] if last and parts[0] < 9999 else 1
    return parts[0], month, parts[2] if len(parts) > 2 else end


# Queries as text


def read(text: str) -> tuple[Tree | None, bool]:
    """(tree, whether anything was left out) of a query in PubMed's syntax.

    Raises:
        ValueError: it is none.
    """
    text = re.sub("[“”„]", '"', text)
    pieces = re.findall(r'\(|\)|"[^"]*"|\[[^\]]*\]|[^\s()\[\]"]+', text)
    left_out: list[str] = []
    tree, rest = _expression(pieces, left_out)
    if rest:
        raise ValueError("a parenthesis too many")
    return tree, bool(left_out)


def _expression(pieces: list[str], left_out: list[str]) -> tuple[Tree | None, list[str]]:
    tree: Tree | None = None
    operator = "AND"
    while pieces and pieces[0] != ")":
        piece = pieces[0]
        if piece.upper() in {"AND", "OR", "NOT"}:
            operator = "NOT" if operator == "NOT" and piece.upper() == "AND" else piece.upper()
            pieces = pieces[1:]
            continue
        if piece == "(":
            node, pieces = _expression(pieces[1:], left_out)
            if not pieces:
                raise ValueError("a parenthesis is not closed")
            pieces = pieces[1:]
        else:
            node, pieces = _term(pieces, left_out)
        if node is not None:
            tree = node if tree is None else (operator, [tree, node])
        operator = "AND"
    return tree, pieces


def _term(pieces: list[str], left_out: list[str]) -> tuple[Tree | None, list[str]]:
    quoted = pieces[0].startswith('"')
    words = [pieces[0].strip('"')]
    rest = pieces[1:]
    if not quoted:
        ahead = 0
        while ahead < len(rest) and not re.match(r'[()\["]|(?:AND|OR|NOT)$', rest[ahead]):
            ahead += 1
        if ahead < len(rest) and rest[ahead].startswith("["):
            words += rest[:ahead]
            rest = rest[ahead:]
    tag = ""
    if rest and rest[0].startswith("["):
        tag = " ".join(rest[0][1:-1].lower().split())
        rest = rest[1:]
    if tag in _ABSENT:
        left_out.append(tag)
        return None, rest
    return ("term", " ".join(" ".join(words).split()), _TAGS.get(tag, tag), quoted), rest


def written(tree: Tree) -> str:
    """A tree as a query."""
    if tree[0] == "term":
        _, text, tag, quoted = tree
        shown = f'"{text}"' if quoted else text
        return shown if tag == "all" else f"{shown}[{tag}]"
    return f" {tree[0]} ".join(
        written(each) if each[0] == "term" else f"({written(each)})" for each in tree[1]
    )


def generated(articles: Sequence[Article], count: int, seed: int = 0) -> list[Tree]:
    """Queries made of what the articles say, so that most find something."""
    rng = random.Random(seed)  # noqa: S311 - it chooses examples
    return [_generate(articles, rng, rng.choice((1, 1, 2, 3))) for _ in range(count)]


def _generate(articles: Sequence[Article], rng: random.Random, depth: int) -> Tree:
    if depth == 0:
        return _generate_term(articles, rng)
    operator = rng.choice(("AND", "OR", "OR", "NOT"))
    size = 2 if operator == "NOT" else rng.choice((2, 2, 3))
    return (operator, [_generate(articles, rng, depth - 1) for _ in range(size)])


def _generate_term(articles: Sequence[Article], rng: random.Random) -> Tree:
    article = rng.choice(articles)
    tag = rng.choice(("tiab", "tiab", "ti", "ab", "tw", "all", "mh", "pt", "au", "ta", "la", "dp",
                      "ot", "majr", "pmid", "doi"))  # fmt: skip
    if tag in {"tiab", "ti", "ab", "tw", "all", "ot"}:
        return _generate_words(article, tag, rng)
    values = {
        "mh": article.mesh, "majr": article.major_mesh, "pt": article.publication_types,
        "la": article.languages, "pmid": (article.pmid,), "doi": (article.doi,),
        "ta": (article.journal_abbreviation or article.journal,),
        "au": tuple(author.short for author in article.authors),
        "dp": (article.published.replace("-", "/"), str(article.year),
               f"{article.year - 1}:{article.year}"),
    }  # fmt: skip
    known = [value for value in values[tag] if value and not re.search(r'["\[\]*]', value)]
    if not known:
        return ("term", "trial", "tiab", False)
    value = rng.choice(known)
    if tag == "au" and rng.random() < 0.3:
        return (
            ("term", tokens(value)[0], "au", False) if tokens(value) else ("term", "a", "ti", False)
        )
    return ("term", value, tag, tag != "dp" and (rng.random() < 0.5 or "(" in value))


def _generate_words(article: Article, tag: str, rng: random.Random) -> Tree:
    values = [v for v in _texts(article, tag) if len(tokens(v)) > 0] or [article.title or "x"]
    held = list(tokens(rng.choice(values))) or ["trial"]
    start = rng.randrange(len(held))
    words = held[start : start + rng.choice((1, 1, 2, 3))]
    if len(words[-1]) > 4 and rng.random() < 0.4:
        words[-1] = words[-1][: rng.randrange(3, len(words[-1]))] + "*"
    quoted = len(words) > 1 or words[0].upper() in {"AND", "OR", "NOT"} or rng.random() < 0.3
    if tag == "all" and words[-1].isdigit():
        quoted = True
    return ("term", " ".join(words), tag, quoted)


@dataclass(slots=True)
class Report:
    """What a comparison came to. `excluded` counts queries by why they were not compared."""

    compared: int = 0
    identical: int = 0
    found: int = 0
    with_terms_left_out: int = 0
    seconds: list[float] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


def compare(find: Find, oracle: Oracle, queries: Iterable[str | Tree]) -> Report:
    """Run each query both ways.

    Args:
        find: (query, whether to leave out what no record can answer) to store ids.
        queries: texts are read by the oracle's own parser, trees are written as text.
    """
    report = Report()
    for query in queries:
        text = query if isinstance(query, str) else written(query)
        try:
            tree, partial = read(query) if isinstance(query, str) else (query, False)
            began = time.perf_counter()
            found = find(text, partial)
            report.seconds.append(time.perf_counter() - began)
        except BadQuery as error:
            report.excluded[error.message] += 1
            continue
        except ValueError as error:
            report.excluded[str(error)] += 1
            continue
        report.compared += 1
        report.with_terms_left_out += partial
        report.found += bool(found)
        expected = oracle.find(tree) if tree is not None else set()
        if found == expected:
            report.identical += 1
        else:
            report.different.append(
                f"{text[:300]} | -{len(expected - found)} +{len(found - expected)}"
            )
    return report


def main(home: Path, files: Sequence[Path]) -> None:
    """Compare on a data directory: 200 generated queries, then those of JSON Lines files."""
    from retrieval.boolean.parser import parse
    from retrieval.result_set import BooleanSearch

    search = BooleanSearch(Home(home))
    with open_corpus(Home(home).corpus) as store:
        articles = list(store.articles())

    def find(text: str, partial: bool) -> set[int]:
        return set(search.lexical.boolean(parse(text, skip_absent=partial)).ids.tolist())

    queries: dict[str, list[str | Tree]] = {
        "generated": [*generated([a for _, a in articles], 200)]
    }
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        texts = [str(row.get("query") or row["boolean_query"]) for row in rows]
        pubmed = [
            text for text in texts if re.search(r"\[(?:tiab|mesh|tw|ti|mh|title)", text, re.I)
        ]
        queries[file.name] = [*pubmed]
        print(f"{file.name}: {len(texts) - len(pubmed)} excluded, in Ovid's syntax")  # noqa: T201
    oracle = Oracle(articles)
    for name, each in queries.items():
        report = compare(find, oracle, each)
        seconds = sorted(report.seconds) or [0.0]
        print(  # noqa: T201
            f"{name}: {report.identical} of {report.compared} identical, {report.found} find some,"
            f" {report.with_terms_left_out} with terms left out;"
            f" {1e3 * seconds[len(seconds) // 2]:.1f} ms median, {1e3 * seconds[-1]:.0f} at most;"
            f" excluded: {dict(report.excluded)}"
        )
        print(*report.different, sep="\n")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
