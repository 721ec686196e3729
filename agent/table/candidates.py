"""Candidate spans for the cells of a column, and the features by which they are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.language.stems import STOP_WORDS
from agent.table.abstract import SentenceRole, TextSpan
from agent.table.tagger import BEGINS, ENDS, TAGGED, WITHIN, Logits
from agent.table.words import Words
from corpora.evidence_level import EvidenceLevel

Matrix = npt.NDArray[np.float64]

_MOST_WORDS = 30
# Candidates of a column and article, the best by the tagger's logits.
_MOST = 24
# A word at which a candidate begins or ends must have at least this logit.
_LEAST = -4.5
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")
FEATURES = 30 + len(TAGGED) + len(SentenceRole)
# The logit beyond an article's ends.
_NOTHING = -9.0


@dataclass(frozen=True, slots=True)
class SpanCandidate:
    """A span of words for a column, from `first` to `last` inclusive, with its score."""

    column: int
    first: int
    last: int
    score: float

    def overlaps(self, other: SpanCandidate) -> bool:
        """Whether they have a word in common."""
        return self.first <= other.last and other.first <= self.last


def candidates(words: Words, logits: Logits, column: int) -> list[SpanCandidate]:
    """The best candidates of a column: whole words of one sentence, with balanced brackets."""
    own = logits[:, column]
    texts = words.texts
    begins = words.may_begin & (own[:, BEGINS] > _LEAST)
    ends = words.may_end & (own[:, ENDS] > _LEAST)
    scored: list[SpanCandidate] = []
    for first in np.flatnonzero(begins).tolist():
        depth = 0
        for last in range(first, min(first + _MOST_WORDS, len(texts))):
            depth += (texts[last] in _OPENING) - (texts[last] in _CLOSING)
            if depth < 0 or words.piece[last] != words.piece[first]:
                break
            if depth == 0 and ends[last]:
                score = own[first, BEGINS] + own[last, ENDS] + own[first : last + 1, WITHIN].mean()
                scored.append(SpanCandidate(column, first, last, float(score)))
    return sorted(scored, key=lambda each: -each.score)[:_MOST]


def features(
    words: Words, logits: Logits, of: Sequence[SpanCandidate], hints: Sequence[TextSpan] = ()
) -> Matrix:
    """(candidates, features) of an article's candidates of one column, the best first.

    Args:
        hints: the spans that the column's rule reads.
    """
    texts = [text.casefold() for text in words.texts]
    level = tuple(EvidenceLevel).index(words.abstract.level)
    rows = []
    for rank, each in enumerate(of):
        own, end = logits[:, each.column], each.last + 1
        phrase = texts[each.first : end]
        columns = logits[each.first : end, :, WITHIN].mean(axis=0)
        others = np.delete(columns, each.column)
        places = _places(texts, phrase)
        elsewhere = own[places, BEGINS] + own[[place + len(phrase) - 1 for place in places], ENDS]
        rivals = [other.score for other in of if other is not each and other.overlaps(each)]
        number = words.piece[each.first]
        rows.append(
            [
                own[each.first, BEGINS],
                own[each.last, ENDS],
                own[each.first : end, WITHIN].mean(),
                own[each.first : end, WITHIN].min(),
                own[each.first : end, WITHIN].max(),
                own[each.first - 1, WITHIN] if each.first else _NOTHING,
                own[end, WITHIN] if end < len(texts) else _NOTHING,
                own[each.first + 1 : end, BEGINS].max(initial=_NOTHING),
                own[each.first : each.last, ENDS].max(initial=_NOTHING),
                own[:, WITHIN].max(),
                own[:, BEGINS].max(),
                each.score,
                each.score - of[0].score,
                rank,
                len(of),
                *others,
                others.max(),
                len(places),
                elsewhere.max(),
                elsewhere.mean(),
                max(rivals, default=3 * _NOTHING) - each.score,
                len(rivals),
                *(words.pieces[number].role is role for role in SentenceRole),
                number / len(words.pieces),
                level,
                len(texts),
                len(phrase),
                sum(word[0].isdigit() for word in phrase),
                sum(word in STOP_WORDS for word in phrase),
                phrase.count("("),
                phrase.count(","),
                max((_shared(span_of(words, each), hint) for hint in hints), default=0.0),
                bool(hints),
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(len(of), FEATURES)


def _shared(one: TextSpan, other: TextSpan) -> float:
    """The share of the longer span that both have in common, in place or in wording."""
    longer = max(len(one.text), len(other.text))
    shared = max(0, min(one.end, other.end) - max(one.start, other.start))
    texts = one.text.casefold(), other.text.casefold()
    if texts[0] in texts[1] or texts[1] in texts[0]:
        shared = max(shared, min(len(one.text), len(other.text)))
    return shared / longer


def _places(texts: Sequence[str], phrase: Sequence[str]) -> list[int]:
    """Where the words of a phrase stand."""
    size = len(phrase)
    return [
        i for i, word in enumerate(texts) if word == phrase[0] and texts[i : i + size] == phrase
    ]


def span_of(words: Words, each: SpanCandidate) -> TextSpan:
    """The candidate as a span of `Article.text`."""
    start, end = words.spans[each.first][0], words.spans[each.last][1]
    piece = words.pieces[int(words.piece[each.first])]
    return piece.span(start - piece.start, end - piece.start)
