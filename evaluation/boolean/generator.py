"""Generate queries from the content of articles."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from corpora.article import Article
from evaluation.boolean.oracle import texts, tokens
from evaluation.boolean.syntax import Tree


def generated(articles: Sequence[Article], count: int, seed: int = 0) -> list[Tree]:
    """Generate queries from the content of articles, so that most have matches."""
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
    usable = [value for value in values[tag] if value and not re.search(r'["\[\]*]', value)]
    if not usable:
        return ("term", "trial", "tiab", False)
    value = rng.choice(usable)
    if tag == "au" and rng.random() < 0.3:
        return (
            ("term", tokens(value)[0], "au", False) if tokens(value) else ("term", "a", "ti", False)
        )
    return ("term", value, tag, tag != "dp" and (rng.random() < 0.5 or "(" in value))


def _generate_words(article: Article, tag: str, rng: random.Random) -> Tree:
    values = [v for v in texts(article, tag) if len(tokens(v)) > 0] or [article.title or "x"]
    value_tokens = list(tokens(rng.choice(values))) or ["trial"]
    start = rng.randrange(len(value_tokens))
    words = value_tokens[start : start + rng.choice((1, 1, 2, 3))]
    if len(words[-1]) > 4 and rng.random() < 0.4:
        words[-1] = words[-1][: rng.randrange(3, len(words[-1]))] + "*"
    quoted = len(words) > 1 or words[0].upper() in {"AND", "OR", "NOT"} or rng.random() < 0.3
    if tag == "all" and words[-1].isdigit():
        quoted = True
    return ("term", " ".join(words), tag, quoted)
