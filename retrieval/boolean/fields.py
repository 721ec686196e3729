"""The parts of an article that each field of a Boolean search covers, for any search engine.

Words are indexed unchanged, without stemming or stop word removal; a phrase matches within one
value: the title, one section of the abstract, one keyword, one heading. Names are compared without
case, accents and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from corpora.article import Article
from retrieval.boolean.query import Field

# Fields of words, by the name under which they are indexed.
WORDS = ("title", "abstract", "keyword", "heading", "source")
# Fields of whole names.
NAMES = ("author", "author_full", "journal_name", "major", "identifier", "status")
RETRACTED = "retracted"
# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_TEXT = ("title", "abstract", "keyword")
LOOKED_IN: dict[Field, tuple[str, ...]] = {
    Field.TITLE: ("title",),
    Field.ABSTRACT: ("abstract",),
    Field.KEYWORD: ("keyword",),
    Field.TITLE_ABSTRACT: _TEXT,
    Field.TEXT_WORD: (*_TEXT, "heading"),
    Field.ALL: WORDS,
}
# A word of a query, in which an asterisk stands for any letters.
STARRED_WORD = re.compile(r"(?:[^\W_]|\*)+")


def word_patterns(text: str, analyse: Callable[[str], list[str]]) -> list[str]:
    """The consecutive words of a term, as regular expressions for whole tokens.

    Args:
        text: the term, folded like indexed text.
        analyse: returns the tokens of a text, as in the word fields.
    """
    patterns: list[str] = []
    for word in STARRED_WORD.findall(text):
        if "*" not in word:
            patterns += analyse(word)
        elif word.strip("*"):
            patterns.append(".*".join("".join(analyse(part)) for part in word.split("*")))
    return patterns


def words_of(article: Article) -> dict[str, tuple[str, ...]]:
    """The texts of an article by word field, without the body of a full text."""
    return {
        "title": (article.title,),
        "abstract": tuple(section.text for section in article.sections if not section.body),
        "keyword": article.keywords,
        "heading": (*article.mesh, *article.publication_types),
        "source": (
            article.journal,
            article.journal_abbreviation,
            *(author.short for author in article.authors),
        ),
    }


def names_of(article: Article) -> dict[str, tuple[str, ...]]:
    """The names of an article by name field."""
    people = [author for author in article.authors if not author.collective]
    given = [(author.last, author.fore) for author in people if author.fore]
    journals = (article.journal, article.journal_abbreviation)
    return {
        "author": _keys(*(author.short for author in article.authors)),
        "author_full": _keys(
            *(f"{last} {fore}" for last, fore in given), *(f"{fore} {last}" for last, fore in given)
        ),
        # "Lancet (London, England)" is cited as "Lancet".
        "journal_name": _keys(*journals, *(re.sub(r"\s*\(.*?\)", "", name) for name in journals)),
        "major": tuple(map(heading_key, article.major_mesh)),
        "identifier": tuple(
            f"{kind}:{value.casefold()}"
            for kind, value in (
                (Field.PMID, article.pmid),
                (Field.DOI, article.doi),
                (Field.PMCID, article.pmcid),
            )
            if value
        ),
        "status": (RETRACTED,) if article.retracted else (),
    }


def date_number(iso: str, year: int, *, last: bool = False) -> int:
    """A date as a number, 20210315; 0 if unknown.

    As in PubMed, a missing month or day is the first, or with `last` the last.
    """
    parts = [int(part) for part in re.split(r"[-/]", iso) if part] or [year]
    if not parts[0]:
        return 0
    missing = (12, 31) if last else (1, 1)
    month, day = (*parts[1:3], *missing[len(parts) - 1 :])
    return parts[0] * 10_000 + month * 100 + day


def name_key(text: str) -> str:
    """A normalised name of a person or journal for comparison: plain lower-case words."""
    if text.isascii():
        return " ".join(re.findall(r"\w+", text.casefold()))
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_UNDECOMPOSED)
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


def heading_key(text: str) -> str:
    """A normalised MeSH heading or publication type for comparison."""
    return " ".join(text.split()).casefold()


def _keys(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for name in names if (key := name_key(name))))
