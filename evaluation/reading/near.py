"""Questions that come near: in pairs, one that an article answers and others that differ from it in
one element, as they stand in `data/near.jsonl.gz` (see the datasheet there).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import orjson

from agent.language.alignment import Relation
from agent.language.concepts import shipped_concepts
from agent.reading.sentences import sentences_of
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


# Of the sentences of a pair so many, and of the rest of the article so many, are learned from.
_OF_PAIR, _OF_REST = 2, 1


def sentence_examples(
    questions: Sequence[NearQuestion], store: ArticleStore, seed: int = 0
) -> Iterator[Example]:
    """Each question with single sentences of its article, for the network of the closer look.

    The sentences of its pair answer it or, where it differs in one element, mislead; others of the
    article, drawn at random, do neither.
    """
    random = np.random.default_rng(seed)
    for question in questions:
        pmid = question.sentences[0][0]
        article = store.get(pmid)
        if article is None:
            continue
        of_pair = [key[1:] for key in question.sentences if key[0] == pmid]
        rest = [s.text for s in sentences_of(article) if (s.start, s.end) not in of_pair]
        about = Relation.SUPPORTS if question.answered else Relation.REFUTES
        drawn = [rest[place] for place in random.permutation(len(rest))[:_OF_REST]]
        texts = [(article.text[slice(*span)], about) for span in of_pair[:_OF_PAIR]]
        for text, relation in [*texts, *((text, Relation.NEUTRAL) for text in drawn)]:
            read = tuple(each for each in (article.title, text) if each)
            worded = shipped_concepts().in_words_of(question.question, " ".join(read)).text
            pair = "" if relation is Relation.NEUTRAL else question.pair
            yield Example(
                worded, read, relation, None, None, pair, question.cluster, question.element
            )
