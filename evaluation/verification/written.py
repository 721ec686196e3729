"""Right and wrong claims written for this project, with the deciding words.

A language model wrote them from abstracts of the demo files (`data/README.md`). The file contains no
abstract text: sentences and words are offsets in `Article.text`, so the literature must be imported.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agent.answer import Label
from corpora.article import Article
from corpora.store import open_corpus

DATA = Path(__file__).parent / "data" / "claims.jsonl.gz"
_BUCKETS = 20


class Cite(NamedTuple):
    """A span of an article: offsets in `Article.text`."""

    pmid: str
    start: int
    end: int


class Part(StrEnum):
    """The part of the data that an article belongs to."""

    TRAIN = "train"
    TUNE = "tune"
    TEST = "test"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class WrittenClaim:
    """A claim on sentences of one abstract, or, from a draft, of several.

    `cites` are the sentences, `decides` their words that carry or contradict the claim, None if not
    annotated. `words` are those of the claim that are wrong or unsupported, "" in a right claim. A
    right and a wrong claim over the same sentences share a `pair`, "" in drafts. `group` is the
    article, or the first of the articles of a draft: claims of a group belong to one `part`.
    """

    group: str
    pair: str
    claim: str
    label: Label
    kind: str
    words: str
    cites: tuple[Cite, ...]
    decides: Cite | None
    writer: str
    part: Part

    @property
    def right(self) -> bool:
        return self.label is Label.SUPPORTED


def drawn_part(group: str) -> Part:
    """The part of a group by hash: 70 % of the articles to train, 15 % to tune, 15 % to test."""
    bucket = int(hashlib.sha256(group.encode()).hexdigest(), 16) % _BUCKETS
    return Part.TEST if bucket < 3 else Part.TUNE if bucket < 6 else Part.TRAIN


def read_written(part: Part | None = None, path: Path = DATA) -> list[WrittenClaim]:
    """The claims on articles of one part, or all."""
    with gzip.open(path, "rb") as file:
        claims = [_claim(orjson.loads(line)) for line in file]
    return [claim for claim in claims if part is None or claim.part is part]


def write_written(claims: Iterable[WrittenClaim], path: Path = DATA) -> None:
    """Write the file for `read_written`; the same claims give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as file:
        for claim in claims:
            file.write(json.dumps(asdict(claim), ensure_ascii=False).encode() + b"\n")


def articles_of(claims: Sequence[WrittenClaim], corpus: Path) -> dict[str, Article]:
    """PMID → article, for the articles that the claims cite.

    `corpus` is the article store, `corpus.sqlite` of a data directory.
    """
    articles = {}
    with open_corpus(corpus) as store:
        for pmid in sorted({cite.pmid for claim in claims for cite in claim.cites}):
            article = store.get(pmid)
            if article is not None:
                articles[pmid] = article
    return articles


def _claim(fields: dict[str, Any]) -> WrittenClaim:
    fields["label"] = Label(fields["label"])
    fields["cites"] = tuple(Cite(*span) for span in fields["cites"])
    fields["decides"] = Cite(*fields["decides"]) if fields["decides"] else None
    fields["part"] = Part(fields["part"])
    return WrittenClaim(**fields)
