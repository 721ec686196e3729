"""What is read of an article: its whole abstract, and of a full text the sections found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agent.language.orders import without_orders
from corpora.article import Article
from corpora.article_kind import Studied, article_kind, studied
from corpora.evidence_level import animal_words
from retrieval.passage import Evidence, Passage

# Of a full text, whole sections are read from the one that was found on, while they have together
# no more characters than this.
_MOST_OF_A_BODY = 8_000
# Articles on people beside which none on animals is read.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article.

    `start` and `end` are offsets in `Article.text`; `section` is the printed label of its section
    and `category` NLM's; `number` counts the sentences of its abstract (or of the part of a full
    text that is read) from 0, and `count` is how many there are.
    """

    pmid: str
    start: int
    end: int
    text: str
    section: str
    category: str
    number: int
    count: int


def evidential(question: str, found: Sequence[Evidence]) -> list[Evidence]:
    """Those of the articles found that can be quoted as evidence, in their order.

    Notices, comments and protocols are none. What was found in animals or the laboratory is left
    out of a question that names no animal, where enough else is there.
    """
    # A retracted article is here only because it was asked for.
    kept = [e for e in found if e.article.retracted or article_kind(e.article).is_evidence]
    if animal_words(question):
        return kept
    people = [e for e in kept if studied(e.article) not in (Studied.ANIMALS, Studied.LABORATORY)]
    return people if len(people) >= _ENOUGH else kept


def whole(evidence: Evidence) -> list[Evidence]:
    """The article as reader, writer and verifier get it, in one or two pieces.

    The first is the whole abstract, or the title where there is none; the second is of the full
    text, if that is where the passage was found: whole sections from there on.
    """
    article = evidence.article
    return [
        replace(
            evidence,
            passage=Passage(
                f"{article.pmid}:{name}", article.pmid, section, start, end, article.text[start:end]
            ),
        )
        for name, section, start, end in _parts(article, evidence.passage.start)
    ]


def readable(evidence: Evidence) -> tuple[Sentence, ...]:
    """The sentences of these pieces, in order; none of an article without an abstract. What gives
    orders is none of them (`agent.language.orders`).
    """
    return tuple(
        sentence
        for name, _, start, end in _parts(evidence.article, evidence.passage.start)
        if name != "title"
        for sentence in _numbered(evidence.article, start, end)
    )


def _parts(article: Article, found: int) -> Iterator[tuple[str, str, int, int]]:
    """(name, section, start, end) of each piece."""
    spans = list(zip(article.sections, article.section_spans(), strict=True))
    abstract = [span for section, span in spans if not section.body]
    if abstract:
        yield "abstract", "", abstract[0][0], abstract[-1][1]
    elif article.title:
        yield "title", "", 0, len(article.title)
    body = [span for section, span in spans if section.body and span[1] > found]
    if body and body[0][0] <= found:
        start, end, label = body[0]
        for _, later, _ in body[1:]:
            if later - start > _MOST_OF_A_BODY:
                break
            end = later
        yield f"body-{start}", label, start, end


def _numbered(article: Article, start: int, end: int) -> list[Sentence]:
    text = article.text
    spans = [
        (section, sentence)
        for section, (first, last, _) in zip(article.sections, article.section_spans(), strict=True)
        if start <= first and last <= end
        for sentence in without_orders(text[first:last], first)
    ]
    return [
        Sentence(
            article.pmid,
            span.start,
            span.end,
            text[span.start : span.end],
            section.label,
            section.category,
            number,
            len(spans),
        )
        for number, (section, span) in enumerate(spans)
    ]
