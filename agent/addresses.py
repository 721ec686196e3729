"""Evidence as numbered sentences: "3.2" is the second sentence of the third article.

A language model is shown addresses and cites them, so that what it writes is checked against one to
three sentences and their neighbours. Numbering depends on the evidence alone: write, verify and
revise see the same addresses as long as they are given the same evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.answer import EvidenceKey, Quote
from agent.language.orders import without_orders
from corpora.article import Article
from retrieval.passage import Evidence


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence under its address. `section` is the label of the section that begins with it."""

    address: str
    quote: Quote
    section: str = ""


@dataclass(frozen=True, slots=True)
class NumberedArticle:
    """An article's pieces of evidence as one run of lines, under its number from 1."""

    number: int
    article: Article
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The lines of some evidence, by address and by place."""

    articles: tuple[NumberedArticle, ...]

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> Addresses:
        """Articles are numbered in the order in which they come."""
        pieces: dict[str, list[Evidence]] = {}
        for each in evidence:
            pieces.setdefault(each.article.pmid, []).append(each)
        return cls(
            tuple(
                NumberedArticle(number, own[0].article, tuple(_lines(number, own)))
                for number, own in enumerate(pieces.values(), start=1)
            )
        )

    @property
    def lines(self) -> dict[str, Line]:
        """Address → line, in reading order."""
        return {line.address: line for each in self.articles for line in each.lines}

    def quotes(self, addresses: Sequence[str]) -> tuple[Quote, ...]:
        """The sentences at these addresses, each once; an address that does not exist is none."""
        known = self.lines
        cleaned = (address.strip(" []") for address in addresses)
        return tuple(dict.fromkeys(known[each].quote for each in cleaned if each in known))

    def cited(self, quotes: Sequence[Quote], keys: Sequence[EvidenceKey] = ()) -> list[str]:
        """The addresses of sentences; of whole pieces, cited by key, those of all their lines."""
        found = [line for line in self.lines.values() if line.quote in quotes]
        whole = set(keys) - {quote.key for quote in quotes}
        found += [line for line in self.lines.values() if line.quote.key in whole]
        return [line.address for line in found]


def _lines(number: int, pieces: Sequence[Evidence]) -> Iterator[Line]:
    place = 0
    for piece in pieces:
        labels = {start: label for start, _, label in piece.article.section_spans()}
        passage = piece.passage
        for span in without_orders(passage.text, passage.start):
            place += 1
            text = passage.text[span.start - passage.start : span.end - passage.start]
            quote = Quote(passage.id, span.start, span.end, text)
            yield Line(f"{number}.{place}", quote, labels.get(span.start, ""))
