"""Reference Boolean search: evaluates a query over the records in plain Python.

It shares only the record class with the search: it has its own tokeniser and its own definition of
every field, written from docs/searching.md.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from corpora.article import Article, Author
from evaluation.boolean.syntax import Tree

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


def plain(text: str) -> str:
    """Text in lower-case base letters, with Greek letters spelled out."""
    out = []
    for letter in unicodedata.normalize("NFKC", text):
        if letter in _GREEK:
            out.append(f" {unicodedata.name(letter).rsplit(' ', 1)[1].lower()} ")
            continue
        for character in unicodedata.normalize("NFKD", letter.lower()):
            if not unicodedata.combining(character):
                out.append(_LETTERS.get(character, character))
    return "".join(out)


@cache
def tokens(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", plain(text)))


@cache
def _token_set(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


class Oracle:
    """Articles by id, and the reference search over them."""

    def __init__(self, articles: Iterable[tuple[int, Article]]) -> None:
        self._articles = dict(articles)
        self._cache: dict[Tree, set[int]] = {}

    def find(self, tree: Tree) -> set[int]:
        if tree[0] == "term":
            if tree not in self._cache:
                self._cache[tree] = {n for n, a in self._articles.items() if _matches(a, tree)}
            return self._cache[tree]
        sets = [self.find(node) for node in tree[1]]
        if tree[0] == "AND":
            return set.intersection(*sets)
        return set.union(*sets) if tree[0] == "OR" else sets[0].difference(*sets[1:])


def _matches(article: Article, term: Tree) -> bool:
    text: str = term[1]
    tag: str = term[2]
    if tag in {"ti", "ab", "ot", "tiab", "tw", "all"}:
        return any(_phrase(value, text) for value in texts(article, tag))
    if tag in {"mh", "pt", "majr"}:
        values = {"mh": article.mesh, "pt": article.publication_types, "majr": article.major_mesh}
        heading = " ".join(text.split("/", maxsplit=1)[0].lower().split())
        return any(_like(value.lower(), heading) for value in values[tag])
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
        return any(_author(author, text, term[3]) for author in article.authors)
    if tag == "doi":
        return article.doi.lower() == text.lower()
    return tag == "pmid" and article.pmid == text


def texts(article: Article, tag: str) -> list[str]:
    values = []
    if tag not in {"ab", "ot"}:
        values.append(article.title)
    if tag not in {"ti", "ot"}:
        values += [section.text for section in article.sections if not section.body]
    if tag in {"ot", "tiab", "tw", "all"}:
        values += article.keywords
    if tag in {"tw", "all"}:
        values += [*article.mesh, *article.publication_types]
    if tag == "all":
        values += [article.journal, article.journal_abbreviation]
        values += [author.short for author in article.authors]
    return values


@cache
def _forms(text: str) -> tuple[list[str], list[re.Pattern[str]]]:
    """The words of a phrase, and a pattern for each of them."""
    words = re.findall(r"(?:[^\W_]|\*)+", plain(text))
    return words, [re.compile(".*".join(map(re.escape, word.split("*")))) for word in words]


def _phrase(value: str, text: str) -> bool:
    """Whether the words of `text` are adjacent in a value."""
    words, forms = _forms(text)
    # Fast path: most texts contain none of the words.
    if not all("*" in word or word in _token_set(value) for word in words):
        return False
    value_tokens = tokens(value)
    return any(
        all(form.fullmatch(value_tokens[at + i]) for i, form in enumerate(forms))
        for at in range(len(value_tokens) - len(forms) + 1)
    )


def _like(value: str, pattern: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value))


def _author(author: Author, text: str, quoted: bool) -> bool:
    short = " ".join(tokens(author.short))
    last, fore = author.last, author.fore
    full = [" ".join(tokens(f"{last} {fore}")), " ".join(tokens(f"{fore} {last}"))] if fore else []
    query = " ".join(tokens(text.replace("*", "")))
    if "*" in text:
        return short.startswith(query)
    if quoted:
        return query in {short, *full}
    parts = query.split()
    if len(parts) > 1 and len(parts[-1]) <= 2:
        return short.startswith(query)
    names = [short, *(full if len(parts) > 1 else [])]
    return any(name == query or name.startswith(f"{query} ") for name in names)


def _dated(article: Article, text: str) -> bool:
    dated = article.published or (str(article.year) if article.year else "")
    if not dated:
        return False
    first, _, last = text.partition(":")
    published = _day(dated, last=False)
    return _day(first, last=False) <= published <= _day(last or first, last=True)


def _day(text: str, *, last: bool) -> tuple[int, int, int]:
    parts = [int(part) for part in re.split("[-/]", text.strip())]
    month = parts[1] if len(parts) > 1 else (12 if last else 1)
    end = calendar.monthrange(parts[0], month)[1] if last and parts[0] < 9999 else 1
    return parts[0], month, parts[2] if len(parts) > 2 else end
