"""Written claims and human labels as training examples."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import orjson

from agent.answer import Label
from agent.language.alignment import Relation
from agent.verification.extract import chosen
from corpora.article import Article
from evaluation.training.verification.align import Example
from evaluation.verification.written import Cite, WrittenClaim
from retrieval.chunking import article_sentences, sentences

_RELATIONS = {
    Label.SUPPORTED: Relation.SUPPORTS,
    Label.PARTIALLY_SUPPORTED: Relation.PARTLY,
    Label.CONTRADICTED: Relation.REFUTES,
    Label.UNSUPPORTED: Relation.NEUTRAL,
}
PEOPLE = ("scifact", "check-covid", "healthver-train")
_WHOLE = 1000


def cited_only(claim: WrittenClaim, articles: Mapping[str, Article]) -> Example:
    """A written claim with the sentences it was written from."""
    return over(claim, articles, claim.cites)


def in_context(claim: WrittenClaim, articles: Mapping[str, Article]) -> Example:
    """A written claim with the verifier's input: a window around the sentences it cites.

    Both claims of a pair get the same window.
    """
    rng = Random(claim.pair or claim.claim)
    reach = rng.choice((1, 2, 3, _WHOLE))
    window: list[Cite] = []
    for pmid in dict.fromkeys(cite.pmid for cite in claim.cites):
        article = articles[pmid]
        spans = [Cite(pmid, span.start, span.end) for span, _ in article_sentences(article)]
        cited = [i for i, span in enumerate(spans) if span in claim.cites]
        if reach == _WHOLE and article.title:
            window.append(Cite(pmid, 0, len(article.title)))
        window += spans[max(0, cited[0] - reach) : cited[-1] + 1 + reach]
    return over(claim, articles, window)


def over(claim: WrittenClaim, articles: Mapping[str, Article], spans: Sequence[Cite]) -> Example:
    """A written claim with the sentences that the verifier selects from these."""
    texts = tuple(articles[pmid].text[start:end] for pmid, start, end in spans)
    kept = tuple(texts[i] for i in chosen(claim.claim, texts))
    at = claim.claim.find(claim.words) if claim.words else -1
    words: tuple[tuple[int, int], ...] | None = ()
    if not claim.right:
        words = ((at, at + len(claim.words)),) if claim.words else None
    decides = None
    if claim.decides:
        pmid, start, end = claim.decides
        offset = " ".join(kept).find(articles[pmid].text[start:end])
        decides = ((offset, offset + end - start),) if offset >= 0 else None
    return Example(
        claim.claim, kept, _RELATIONS[claim.label], words, decides, claim.pair, claim.group,
        claim.writer,
    )  # fmt: skip


def people_examples(path: Path, split: str = "train") -> list[Example]:
    """The pairs of one of the sets of human labels, in the form of `claims-train`.

    Rows that share an evidence text or a claim with HealthVer's development part are excluded.
    """
    with gzip.open(path, "rb") as file:
        rows = [orjson.loads(line) for line in file]
    name = path.name.partition(".")[0]
    examples = []
    for row in rows:
        if row.get("split", split) != split or row.get("doc_in_dev") or row.get("claim_in_dev"):
            continue
        relation = Relation[row["label"]]
        texts = split_text(row["evidence"])
        kept = tuple(texts[i] for i in chosen(row["claim"], texts))
        words = () if relation is Relation.SUPPORTS else None
        group = f"{name}:{row['claim'][:40]}"
        examples.append(Example(row["claim"], kept, relation, words, None, "", group, name))
    return examples


def split_text(text: str) -> tuple[str, ...]:
    """The sentences of a text."""
    return tuple(text[span.start : span.end] for span in sentences(text)) or (text,)
