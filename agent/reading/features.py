"""What the reader's trees read: plain features of a question, a sentence and where it stands.

One row a sentence. Similarities are cosines of the encoder that is installed anyway; words count by
their rarity in the index; the roles of sentences (aim, method, result, conclusion), the kinds of
question and which kind a sentence answers come from linear heads on the encoder's vectors
(`agent.reading.heads`), not from any list of words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.reading.heads import Heads
from agent.reading.sentences import Sentence
from retrieval.encoder import Vectors
from retrieval.passage import Evidence

Matrix = npt.NDArray[np.float64]
Columns = dict[str, npt.ArrayLike]

CATEGORIES = ("BACKGROUND", "OBJECTIVE", "METHODS", "RESULTS", "CONCLUSIONS")
_NUMBER = re.compile(r"\d+(?:[.,·]\d+)*")
_PERCENT = re.compile(r"\d ?%|per ?cent")
_INTERVAL = re.compile(r"\bCI\b|confidence interval|\b[pP] ?[<=>≤≥]|\b(?:OR|RR|HR|SMD|MD)\b")
_DOSE = re.compile(r"\d ?(?:mg|µg|mcg|g|ml|mL|IU|units?|Gy|mmol)\b|\bdos(?:e|es|age)\b")
_TIME = re.compile(r"\d[- ](?:hours?|days?|weeks?|months?|years?|min(?:utes)?)\b")


@dataclass(frozen=True, slots=True)
class Read:
    """One article as it is read: its evidence, sentences, and their vectors.

    `alone` are (n, dimension) vectors of the sentences, `title` is the title's. `terms` are the
    index terms of each sentence, `title_terms` the title's.
    """

    evidence: Evidence
    sentences: tuple[Sentence, ...]
    alone: Vectors
    title: Vectors
    terms: tuple[frozenset[str], ...]
    title_terms: frozenset[str]

    def titled(self, vector: Vectors) -> Vectors:
        """(n,) cosines of a vector to each sentence and its title taken together.

        Their mean stands in for an encoding of both, which would cost as much again.
        """
        both = self.alone + self.title
        lengths = np.linalg.norm(both, axis=1)
        return np.asarray(both @ vector / np.maximum(lengths, 1e-9))


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: its vector, and its index terms with their rarity."""

    vector: Vectors
    terms: Mapping[str, float]


def rarity(
    terms: Sequence[str], frequency: Callable[[str], int], articles: int
) -> dict[str, float]:
    """Terms with the logarithm of how few articles hold them."""
    return {term: math.log(1 + articles / (1 + frequency(term))) for term in terms}


def share(asked: Mapping[str, float], held: frozenset[str]) -> float:
    """The share of weighted terms that is held; 0 where nothing is asked."""
    total = sum(asked.values())
    return sum(w for term, w in asked.items() if term in held) / total if total else 0.0


def features(
    asked: Asked, articles: Sequence[Read], heads: Heads | None
) -> tuple[tuple[str, ...], Matrix]:
    """(names, one row a sentence of all articles in order).

    Without heads, which fit one encoder only, vector features are left out.
    """
    columns: dict[str, list[Matrix]] = {}
    for read in articles:
        values = _words(asked, read)
        if heads:
            values |= _vectors(asked, read, heads)
        for name, each in values.items():
            columns.setdefault(name, []).append(np.asarray(each, dtype=np.float64))
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    for name in ("alone", "titled", "share", "fits"):
        if name in joined:
            values_of = joined[name]
            joined[f"{name}_below_best"] = values_of.max() - values_of
            joined[f"{name}_rank"] = np.argsort(np.argsort(-values_of)).astype(np.float64)
    return tuple(joined), np.column_stack(list(joined.values()))


def _words(asked: Asked, read: Read) -> Columns:
    """What needs no vectors: words, place, section, figures, the article."""
    count = len(read.sentences)
    texts = [sentence.text for sentence in read.sentences]
    shares = np.array([share(asked.terms, terms) for terms in read.terms])
    everything = frozenset().union(*read.terms, read.title_terms)
    article = {
        "article_rank": read.evidence.rank,
        "article_lexical": read.evidence.lexical_score or 0.0,
        "article_share": share(asked.terms, everything),
        "title_share": share(asked.terms, read.title_terms),
        "lacking": max((w for t, w in asked.terms.items() if t not in everything), default=0.0),
        "level": float(read.evidence.article.evidence_level),
        "sentences": count,
        "terms_asked": len(asked.terms),
    }
    values: Columns = {
        "share": shares,
        "share_titled": [share(asked.terms, terms | read.title_terms) for terms in read.terms],
        "share_below": shares.max() - shares,
        "place": [s.number / max(1, s.count - 1) for s in read.sentences],
        "from_end": [s.count - 1 - s.number for s in read.sentences],
        "words": [len(text.split()) for text in texts],
        "numbers": [len(_NUMBER.findall(text)) for text in texts],
        "percent": [bool(_PERCENT.search(text)) for text in texts],
        "interval": [bool(_INTERVAL.search(text)) for text in texts],
        "dose": [bool(_DOSE.search(text)) for text in texts],
        "time": [bool(_TIME.search(text)) for text in texts],
        "question": [text.endswith("?") for text in texts],
    }
    values |= {f"in_{name}": [s.category == name for s in read.sentences] for name in CATEGORIES}
    return values | {name: np.full(count, value) for name, value in article.items()}


def _vectors(asked: Asked, read: Read, heads: Heads) -> Columns:
    """Similarities, and what the heads make of the vectors."""
    alone = read.alone @ asked.vector
    titled = read.titled(asked.vector)
    kinds = heads.question_kinds(asked.vector)
    roles = heads.roles(read.alone)
    fits = heads.sentence_kinds(read.alone) @ kinds
    answers = heads.answers(read.alone)
    pair = heads.pair(asked.vector, read.alone)
    constant = {
        "title": float(read.title @ asked.vector),
        "article_score": read.evidence.score,
        "article_dense": read.evidence.dense_score or 0.0,
    } | {f"kind_{i}": float(value) for i, value in enumerate(kinds)}
    values: Columns = {
        "alone": alone,
        "titled": titled,
        "alone_below": alone.max() - alone,
        "titled_below": titled.max() - titled,
        "before": np.concatenate(([0.0], alone[:-1])),
        "after": np.concatenate((alone[1:], [0.0])),
        "answers": answers,
        "answers_below": answers.max() - answers,
        "fits": fits,
        "fits_below": fits.max() - fits,
        "pair": pair,
        "pair_below": pair.max() - pair,
    }
    values |= {f"role_{name}": roles[:, i] for i, name in enumerate(CATEGORIES)}
    return values | {name: np.full(len(alone), value) for name, value in constant.items()}
