"""What the reader is trained on: graded questions and the articles a search finds for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.planning.rule_based import LocalPlanner
from agent.reading.features import Asked, Read, features, rarity
from agent.reading.heads import Heads
from agent.reading.reader import LocalReader
from agent.reading.sentences import evidential
from evaluation.encoders import WrappedEncoder
from evaluation.reading.questions import GradedQuestion, SentenceKey, in_other_words
from retrieval.encoder import Encoder, Vectors
from retrieval.filters import Filters
from retrieval.search import Searcher

Matrix = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

_ARTICLES = 8
_FOUND = 20


class CachedEncoder(WrappedEncoder):
    """An encoder that encodes each text once; `save` keeps the vectors in an .npz file."""

    def __init__(self, encoder: Encoder, path: Path | None = None) -> None:
        super().__init__(encoder)
        self._path = path
        self._known: dict[str, Vectors] = {}
        if path and path.exists():
            with np.load(path) as stored:
                vectors = stored["vectors"].astype(np.float32)
                self._known = dict(zip(stored["texts"].tolist(), vectors, strict=True))

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode_documents(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return [self.encode_documents(group) for group in groups]

    def save(self) -> None:
        if self._path:
            vectors = np.stack(list(self._known.values())).astype(np.float16)
            np.savez(self._path, texts=np.array(list(self._known)), vectors=vectors)


@dataclass(frozen=True, slots=True)
class Pool:
    """A question with the articles that were found for it, as the reader reads them."""

    question: GradedQuestion
    asked: Asked
    articles: tuple[Read, ...]

    @property
    def keys(self) -> list[SentenceKey]:
        return [(s.pmid, s.start, s.end) for read in self.articles for s in read.sentences]

    @property
    def grades(self) -> npt.NDArray[np.int64]:
        return np.array([self.question.grade(key) for key in self.keys])

    @property
    def judged(self) -> npt.NDArray[np.bool_]:
        """Whether each sentence was before an annotator."""
        return np.array([self.question.knows(key) for key in self.keys])

    def rows(self, heads: Heads | None) -> tuple[tuple[str, ...], Matrix]:
        return features(self.asked, self.articles, heads)


def pools(
    searcher: Searcher, encoder: Encoder, questions: Sequence[GradedQuestion], progress: Progress
) -> list[Pool]:
    """Each question as the graph would search for it; those that find nothing are left out."""
    collected = []
    for number, question in enumerate(questions, start=1):
        if pool := _pool(searcher, encoder, question, frozenset()):
            collected.append(pool)
        progress(number, len(questions))
    return collected


def reworded(searcher: Searcher, encoder: Encoder, found: Sequence[Pool]) -> list[Pool]:
    """The pools with their questions in other words; nothing is searched again."""
    questions = [in_other_words(pool.question) for pool in found]
    vectors = encoder.encode_queries([each.question for each in questions])
    return [
        Pool(question, _asked(searcher, question.question, vector), pool.articles)
        for pool, question, vector in zip(found, questions, vectors, strict=True)
    ]


def without_answers(searcher: Searcher, encoder: Encoder, question: GradedQuestion) -> Pool | None:
    """What is found for a question when the articles that answer it are taken out."""
    answering = frozenset(key[0] for key, grade in question.grades.items() if grade > 1)
    return _pool(searcher, encoder, question, answering)


def _pool(
    searcher: Searcher, encoder: Encoder, question: GradedQuestion, left_out: frozenset[str]
) -> Pool | None:
    draft = LocalPlanner().draft(question.question, Filters(), searcher)
    found = evidential(question.question, searcher.gather(list(draft.open), _FOUND))
    kept = [each for each in found if each.article.pmid not in left_out][:_ARTICLES]
    ranked = [replace(each, rank=rank) for rank, each in enumerate(kept, start=1)]
    articles = LocalReader(encoder).articles(ranked, searcher)
    subject = draft.subject or question.question
    asked = _asked(searcher, subject, encoder.encode_queries([subject])[0])
    return Pool(question, asked, tuple(articles)) if articles else None


def _asked(searcher: Searcher, text: str, vector: Vectors) -> Asked:
    return Asked(vector, rarity(searcher.terms(text), searcher.frequency, len(searcher)))
