"""The reader: scores sentences by how well they answer, and estimates whether any of them does.

Gradient-boosted trees over plain features score every sentence of whole abstracts; a second, small
ensemble over the pool turns what was found into the probability that it answers. Both were trained
on questions whose answering sentences annotators had graded (`evaluation.reading`; the model card
stands in `weights/README.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson
from safetensors import safe_open

from agent.answer import Confidence
from agent.reading import coverage
from agent.reading.closer import Closer, Looked, relations_of, shipped_networks, worth
from agent.reading.features import Asked, Read, features, rarity
from agent.reading.heads import Head, Heads
from agent.reading.pool import pool_features
from agent.reading.sentences import Sentence, readable
from agent.reading.vectors import ArticleVectors
from agent.trees import Trees
from retrieval.encoder import Encoder
from retrieval.passage import Evidence, Retriever

if TYPE_CHECKING:
    from agent.language.alignment import Aligner

WEIGHTS = "reader.safetensors"
# With a best cosine below this nothing is near: so are 0.3 % of the typed questions on the demo
# literature that have an answer or a near miss there (training and tuning parts).
_NEAR = 0.3
# An article is read on while its best sentence is worth this share of the best one; a few always
# are. On 38 questions of the tuning part this leaves half of the words, and every article with a
# sentence that is graded as needed.
_WORTH_READING = 0.3
_FEWEST_KEPT = 4
# What an article's best sentence must be worth, by the first trees and by the alignment network, to
# be its answer to a question about it alone: `medcite evaluate table --questions` has the figures.
_OWN_SCORE = 0.15
# Of which no sentence says what a study did or found.
_BEFORE_THE_STUDY = frozenset({"BACKGROUND", "OBJECTIVE"})
_OWN_WORTH = 0.6


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence with its score: from about 0 to 1, the grade expected if anything answers."""

    sentence: Sentence
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for a question.

    `sentences` are all of them, the best first, none where nothing is near; `articles` the PMIDs by
    the expected grade of their best sentence, and `kept` those to pass to the writer and the
    verifier. `probability` is that of an answer being among them, `confidence` its step.
    """

    sentences: tuple[Scored, ...]
    articles: tuple[str, ...]
    probability: float
    confidence: Confidence
    kept: tuple[str, ...] = ()


class Reader(Protocol):
    """The interface of a component that scores the sentences of articles for a question."""

    def read(self, question: str, evidence: Sequence[Evidence], retriever: Retriever) -> Reading:
        """Rank the sentences of these articles, and estimate whether any of them answers."""
        ...


@dataclass(frozen=True, slots=True)
class PoolJudgement:
    """The features of a pool by name, and the inputs of the calibration."""

    features: dict[str, float]
    evidence: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """The trained parameters: heads (None in the form without vectors), trees, calibration.

    `encoder` is the fingerprint of the encoder whose vectors the heads know; `closer` looks at the
    best sentences again. `calibration` weighs the pool's score and the features of
    `agent.reading.coverage`, and ends with the bias; `thresholds` are the probabilities from which
    an answer is called possible and likely.
    """

    encoder: str
    heads: Heads | None
    columns: tuple[str, ...]
    trees: Trees
    pool_columns: tuple[str, ...]
    pool_trees: Trees
    calibration: tuple[float, ...]
    thresholds: tuple[float, float]
    closer: Closer | None = None

    def scored(
        self,
        question: str,
        asked: Asked,
        articles: Sequence[Read],
        networks: Aligner | None = None,
    ) -> Looked:
        """The scores of every sentence of all articles in order; with the shipped networks unless
        others are given. Without a closer look there is one kind of score, and no `worth`.
        """
        names, every = features(asked, articles, self.heads)
        rows = _chosen(every, names, self.columns)
        scores = np.asarray(self.trees(rows))
        if self.closer is None:
            return Looked(scores, scores, None)
        texts = [(r.evidence.article.title, s.text) for r in articles for s in r.sentences]
        networks = networks or shipped_networks()
        return self.closer.look(networks, question, texts, rows, scores)

    def judged(
        self, question: str, asked: Asked, articles: Sequence[Read], scored: Looked
    ) -> PoolJudgement:
        """Compute what indicates whether the pool contains an answer."""
        names, row = pool_features(asked, articles, scored.scores, self.heads, scored.worth)
        logit = self.pool_trees(_chosen(row[None, :], names, self.pool_columns))
        best = coverage.best_article(articles, scored.scores)
        covered = coverage.coverage_of(shipped_networks(coverage.NETWORKS), question, best)
        return PoolJudgement(
            dict(zip(names, row.tolist(), strict=True)), np.append(logit, covered.features())
        )

    def probability(self, evidence: npt.NDArray[np.float64]) -> float:
        """The calibrated probability that a pool answers, from `PoolJudgement.evidence`."""
        *weights, bias = self.calibration
        return float(1 / (1 + np.exp(-(evidence @ weights + bias))))

    def tensors(self, name: str) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, str]]:
        """(arrays, metadata) under a name, as safetensors keeps them."""
        arrays = self.trees.arrays(f"{name}.trees") | self.pool_trees.arrays(f"{name}.pool")
        if self.heads:
            for head, of in self.heads.named():
                arrays[f"{name}.head.{head}.weights"] = of.weights.astype(np.float32)
                arrays[f"{name}.head.{head}.bias"] = of.bias.astype(np.float32)
        if self.closer:
            arrays |= self.closer.trees.arrays(f"{name}.closer")
            arrays |= self.closer.order.arrays(f"{name}.order")
        told = {
            "closer_columns": self.closer.columns if self.closer else (),
            "encoder": self.encoder,
            "columns": self.columns,
            "pool_columns": self.pool_columns,
            "calibration": self.calibration,
            "thresholds": self.thresholds,
        }
        return arrays, {name: orjson.dumps(told).decode()}

    @classmethod
    def of_tensors(
        cls, arrays: Mapping[str, npt.NDArray[np.generic]], told: Mapping[str, Any], name: str
    ) -> ReaderWeights:
        """Rebuild the weights from the output of `tensors`."""
        heads = None
        if f"{name}.head.role.weights" in arrays:
            heads = Heads.of(
                {
                    head: Head(
                        arrays[f"{name}.head.{head}.weights"].astype(np.float64),
                        arrays[f"{name}.head.{head}.bias"].astype(np.float64),
                    )
                    for head in Heads.names()
                }
            )
        return cls(
            told["encoder"],
            heads,
            tuple(told["columns"]),
            Trees.of_arrays(arrays, f"{name}.trees"),
            tuple(told["pool_columns"]),
            Trees.of_arrays(arrays, f"{name}.pool"),
            tuple(told["calibration"]),
            tuple(told["thresholds"]),
            Closer(
                tuple(told["closer_columns"]),
                Trees.of_arrays(arrays, f"{name}.closer"),
                Trees.of_arrays(arrays, f"{name}.order"),
            )
            if told["closer_columns"]
            else None,
        )


@cache
def shipped_weights() -> dict[str, ReaderWeights]:
    """The weights that ship with Medcite: "vectors" for its default encoder, "words" for others."""
    path = files("agent.reading").joinpath("weights", WEIGHTS)
    with as_file(path) as place, safe_open(place, "numpy") as stored:
        told = stored.metadata()
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    return {
        name: ReaderWeights.of_tensors(arrays, orjson.loads(each), name)
        for name, each in told.items()
    }


class LocalReader:
    """The reader that needs no language model.

    With another encoder than the one it was trained for, whose cosines mean something else, it goes
    by words, places and numbers alone.
    """

    def __init__(self, encoder: Encoder, weights: ReaderWeights | None = None) -> None:
        self._encoder = encoder
        self._vectors = ArticleVectors(encoder)
        self._given = weights

    @property
    def _weights(self) -> ReaderWeights:
        if self._given:
            return self._given
        shipped = shipped_weights()
        known = shipped["vectors"].encoder == self._encoder.identity.fingerprint
        return shipped["vectors" if known else "words"]

    def read(self, question: str, evidence: Sequence[Evidence], retriever: Retriever) -> Reading:
        model = self._weights
        articles = self.articles(evidence, retriever)
        if not articles:
            return Reading((), (), 0.0, Confidence.NEAREST)
        asked = Asked(
            self._encoder.encode_queries([question])[0],
            rarity(retriever.terms(question), retriever.frequency, len(retriever)),
        )
        scored = model.scored(question, asked, articles)
        pool = model.judged(question, asked, articles, scored)
        values = pool.features
        if (values["titled_best"] < _NEAR) if model.heads else not values["share_any"]:
            return Reading((), (), 0.0, Confidence.NEAREST)
        probability = model.probability(pool.evidence)
        sentences = [sentence for read in articles for sentence in read.sentences]
        ranked = [Scored(sentences[i], float(scored.order[i])) for i in _best(scored.order)]
        grades: dict[str, float] = {}
        for i in _best(scored.scores):
            grades.setdefault(sentences[i].pmid, float(scored.scores[i]))
        return Reading(
            tuple(ranked),
            tuple(grades),
            probability,
            _step(probability, model.thresholds),
            _worth_reading(grades),
        )

    def answers_in_each(
        self, questions: Sequence[str], evidence: Sequence[Evidence], retriever: Retriever
    ) -> list[dict[str, Sentence]]:
        """For each question, map PMIDs to the sentence of that article that answers it best.

        Articles without one are left out: those whose best sentence the first trees or the
        alignment network do not take for an answer. However many questions are asked, the articles
        are encoded once.
        """
        model = replace(self._weights, closer=None)
        articles = self.articles(evidence, retriever, _BEFORE_THE_STUDY)
        sentences = [sentence for read in articles for sentence in read.sentences]
        titles = {read.evidence.article.pmid: read.evidence.article.title for read in articles}
        answers: list[dict[str, Sentence]] = []
        for question in questions if articles else ():
            asked = Asked(
                self._encoder.encode_queries([question])[0],
                rarity(retriever.terms(question), retriever.frequency, len(retriever)),
            )
            scores = model.scored(question, asked, articles).scores
            best: dict[str, Sentence] = {}
            for place in _best(scores):
                if scores[place] < _OWN_SCORE:
                    break
                best.setdefault(sentences[place].pmid, sentences[place])
            pairs = [(titles[pmid], sentence.text) for pmid, sentence in best.items()]
            relations = relations_of(shipped_networks(), question, pairs) if pairs else None
            kept = () if relations is None else worth(relations) >= _OWN_WORTH
            answers.append(
                {pmid: s for (pmid, s), keep in zip(best.items(), kept, strict=True) if keep}
            )
        return answers or [{} for _ in questions]

    def articles(
        self,
        evidence: Sequence[Evidence],
        retriever: Retriever,
        left_out: frozenset[str] = frozenset(),
    ) -> list[Read]:
        """Prepare these articles for scoring, without sections of the categories left out."""
        found = [
            (each, sentences)
            for each in evidence
            if (sentences := tuple(s for s in readable(each) if s.category not in left_out))
        ]
        texts = [(each.article.title, *(s.text for s in sentences)) for each, sentences in found]
        return [
            Read(
                each,
                sentences,
                vectors[1:],
                vectors[0],
                tuple(frozenset(retriever.terms(s.text)) for s in sentences),
                frozenset(retriever.terms(each.article.title)),
            )
            for (each, sentences), vectors in zip(found, self._vectors.of(texts), strict=True)
        ]


def _best(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.signedinteger[Any]]:
    """Places by score, the highest first."""
    return np.argsort(-scores, kind="stable")


def _worth_reading(grades: Mapping[str, float]) -> tuple[str, ...]:
    """PMIDs of the articles to read on, from the expected grades of all, the best first."""
    least = _WORTH_READING * max(grades.values(), default=0.0)
    return tuple(
        pmid
        for number, (pmid, grade) in enumerate(grades.items())
        if number < _FEWEST_KEPT or grade >= least
    )


def _chosen(
    rows: npt.NDArray[np.float64], names: Sequence[str], columns: Sequence[str]
) -> npt.NDArray[np.float64]:
    return rows[:, [names.index(column) for column in columns]]


def _step(probability: float, thresholds: tuple[float, float]) -> Confidence:
    possible, likely = thresholds
    if probability >= likely:
        return Confidence.LIKELY
    return Confidence.POSSIBLE if probability >= possible else Confidence.NEAREST
