"""Number the sentences of evidence: "3.2" is the second sentence of the third article.

A language model sees these addresses and cites them, so that each of its sentences is checked
against one to three sentences and their neighbours. Numbering depends only on the evidence, so that
drafting, verifying and revising use the same addresses.
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
    """A sentence and its address. `section` is the label of the section that begins with it."""

    address: str
    quote: Quote
    section: str = ""


@dataclass(frozen=True, slots=True)
class NumberedArticle:
    """An article's pieces of evidence as consecutive lines, numbered from 1."""

    number: int
    article: Article
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The lines of the evidence, by article and by address."""

    articles: tuple[NumberedArticle, ...]

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> Addresses:
        """Number articles in the order of the evidence."""
        by_pmid: dict[str, list[Evidence]] = {}
        for piece in evidence:
            by_pmid.setdefault(piece.article.pmid, []).append(piece)
        return cls(
            tuple(
                NumberedArticle(number, pieces[0].article, tuple(_lines(number, pieces)))
                for number, pieces in enumerate(by_pmid.values(), start=1)
            )
        )

    @property
    def lines(self) -> dict[str, Line]:
        """Address → line, in reading order."""
        return {line.address: line for article in self.articles for line in article.lines}

    def quotes(self, addresses: Sequence[str]) -> tuple[Quote, ...]:
        """The sentences at these addresses, without repeats; unknown addresses are ignored."""
        lines = self.lines
        cleaned = (address.strip(" []") for address in addresses)
        return tuple(dict.fromkeys(lines[address].quote for address in cleaned if address in lines))

    def cited(self, quotes: Sequence[Quote], keys: Sequence[EvidenceKey] = ()) -> list[str]:
        """The addresses of these sentences, and of all lines of pieces cited only by key."""
        cited_lines = [line for line in self.lines.values() if line.quote in quotes]
        whole = set(keys) - {quote.key for quote in quotes}
        cited_lines += [line for line in self.lines.values() if line.quote.key in whole]
        return [line.address for line in cited_lines]


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
