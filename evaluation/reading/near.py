"""Questions that come near: in pairs, one that an article answers and others that differ from it in
one element, as they stand in `data/near.jsonl.gz` (see the datasheet there).
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from importlib.resources import files

import orjson

from agent.language.alignment import Relation
from agent.language.concepts import shipped_concepts
from corpora.store import ArticleStore
from evaluation.reading.questions import GradedQuestion, Part, SentenceKey
from evaluation.training.verification.align import Example


@dataclass(frozen=True, slots=True)
class NearQuestion:
    """A question written about one article.

    `element` is what differs from a question that the article answers, "" in one that it does
    answer; `words` are the offsets of that in the question. `sentences` are those of the article
    that the pair is about; questions of one `pair` are about the same. `verdict` is a second
    reader's on what a search finds for it: "yes", "part" or "no"; "" where none was asked.
    """

    id: str
    question: str
    element: str
    words: tuple[tuple[int, int], ...]
    pair: str
    cluster: str
    part: Part
    sentences: tuple[SentenceKey, ...]
    verdict: str

    @property
    def answered(self) -> bool:
        """Whether its article answers it."""
        return not self.element

    def as_graded(self) -> GradedQuestion:
        """The question without grades, as pools are made from."""
        kind = self.element or "answered"
        return GradedQuestion(
            self.id, self.question, kind, "", self.cluster, self.part, (), {}, frozenset()
        )


def read_near() -> list[NearQuestion]:
    """All of them."""
    packed = files("evaluation.reading").joinpath("data/near.jsonl.gz").read_bytes()
    return [_near(orjson.loads(line)) for line in gzip.decompress(packed).split(b"\n") if line]


def _near(line: dict) -> NearQuestion:  # type: ignore[type-arg]
    return NearQuestion(
        line["id"],
        line["question"],
        line["element"],
        tuple((start, end) for start, end in line["words"]),
        line["pair"],
        line["cluster"],
        Part(line["part"]),
        tuple((pmid, start, end) for pmid, start, end in line["sentences"]),
        line["verdict"],
    )


def examples(questions: list[NearQuestion], store: ArticleStore) -> list[Example]:
    """Each question, in its article's words, with that article's title and sentences, for the
    alignment network.
    """
    found = []
    for question in questions:
        article = store.get(question.sentences[0][0])
        if article is None:
            continue
        texts = (article.text[start:end] for _, start, end in question.sentences)
        read = tuple(text for text in (article.title, *texts) if text)
        worded = shipped_concepts().in_words_of(question.question, " ".join(read))
        found.append(
            Example(
                worded.text,
                read,
                Relation.SUPPORTS if question.answered else Relation.NEUTRAL,
                tuple(worded.moved(*span) for span in question.words),
                None,
                question.pair,
                question.cluster,
                question.element,
            )
        )
    return found
