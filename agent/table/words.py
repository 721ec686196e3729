"""The words of title and abstract as the inputs of the span tagger.

A word is a run of letters and digits or a single sign, so that no span begins or ends within one.
Its vector is the mean of its tokens' vectors from the encoder that ships with the verifier
(`agent.language.tokens`), whatever encoder the index was built with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from agent.language.tokens import LAYERS, WIDTH, TokenVectors, shipped_encoder
from agent.table.abstract import Abstract, SentenceRole, TextPiece
from corpora.evidence_level import EvidenceLevel

_WORD = re.compile(r"\w+|[^\w\s]")
_ROLES = tuple(SentenceRole)
_LEVELS = tuple(EvidenceLevel)
# Role, design, and the facts listed in `_facts`.
FLAGS = len(_ROLES) + len(_LEVELS) + 7
# Signs that a phrase may begin and end with.
_FIRST, _LAST = frozenset("≥≤<>~±"), frozenset("%)]°+")
# Without a space, a phrase may follow these signs, and must not be followed by those.
_BEFORE, _WITHIN = frozenset('([/“‘"<>≥≤='), frozenset("-‐–'’%")
_DECIMAL = frozenset(".,·")
# A longer abstract is read up to here; one in ten thousand has more.
_MOST_WORDS = 1_500


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an article's title and abstract, in order.

    `pieces` are the title and the sentences; `piece` (words,) is the index of a word's piece,
    `spans` its offsets in `Article.text`, `texts` how it is written, `inputs` (words, inputs) its
    vector and flags. `may_begin` and `may_end` (words,) tell at which words a phrase may begin and
    end.
    """

    abstract: Abstract
    pieces: tuple[TextPiece, ...]
    piece: npt.NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]
    inputs: npt.NDArray[np.float16]
    may_begin: npt.NDArray[np.bool_]
    may_end: npt.NDArray[np.bool_]


def words_of(abstracts: Sequence[Abstract]) -> Iterator[Words]:
    """The words of each abstract, with all sentences encoded together."""
    pieces = [tuple(p for p in (a.title, *a.sentences) if p.text.strip()) for a in abstracts]
    texts = [piece.text for of_one in pieces for piece in of_one]
    vectors = dict(zip(texts, shipped_encoder().encode(texts), strict=True)) if texts else {}
    for abstract, of_one in zip(abstracts, pieces, strict=True):
        yield _words(abstract, of_one, [vectors[piece.text] for piece in of_one])


def _words(
    abstract: Abstract, pieces: tuple[TextPiece, ...], encoded: Sequence[TokenVectors]
) -> Words:
    spans: list[tuple[int, int]] = []
    piece_of: list[int] = []
    rows: list[npt.NDArray[np.float16]] = []
    for number, (piece, tokens) in enumerate(zip(pieces, encoded, strict=True)):
        # The encoder drops the end of a very long sentence, and so does the tagger.
        limit = tokens.spans[-1][1] if tokens.spans else 0
        of_piece = [m.span() for m in _WORD.finditer(piece.text, 0, limit)]
        rows.append(_pooled(of_piece, tokens))
        spans += [(piece.start + start, piece.start + end) for start, end in of_piece]
        piece_of += [number] * len(of_piece)
    spans, piece_of = spans[:_MOST_WORDS], piece_of[:_MOST_WORDS]
    vectors = (
        np.concatenate(rows)[:_MOST_WORDS]
        if rows
        else np.zeros((0, len(LAYERS) * WIDTH), np.float16)
    )
    texts = tuple(abstract.article.text[start:end] for start, end in spans)
    joined = [one[1] == other[0] for one, other in pairwise(spans)] + [False]
    flags = _flags(abstract, pieces, texts, joined, piece_of)
    return Words(
        abstract,
        pieces,
        np.array(piece_of, dtype=np.int64),
        tuple(spans),
        texts,
        np.concatenate([vectors, flags], axis=1).astype(np.float16),
        np.array([_may_begin(texts, joined, i) for i in range(len(texts))], dtype=bool),
        np.array([_may_end(texts, joined, i) for i in range(len(texts))], dtype=bool),
    )


def _may_begin(texts: Sequence[str], joined: Sequence[bool], i: int) -> bool:
    """Whether a phrase may begin with a word: not with a comma, nor behind a hyphen."""
    if not (texts[i][0].isalnum() or texts[i] in _FIRST):
        return False
    return not (i and joined[i - 1]) or texts[i - 1] in _BEFORE


def _may_end(texts: Sequence[str], joined: Sequence[bool], i: int) -> bool:
    """Whether a phrase may end with a word: not with a comma, nor within "3.2" or "anti-TNF"."""
    if not (texts[i][0].isalnum() or texts[i] in _LAST):
        return False
    if not joined[i]:
        return True
    following, next_but_one = texts[i + 1], texts[i + 2] if joined[i + 1] else ""
    if following in _DECIMAL:
        return not (texts[i][-1].isdigit() and next_but_one[:1].isdigit())
    return not (following[0].isalnum() or following in _WITHIN)


def _pooled(words: Sequence[tuple[int, int]], tokens: TokenVectors) -> npt.NDArray[np.float16]:
    """The mean vector of each word's tokens; zeros for a word without any."""
    sums = np.zeros((len(words), tokens.vectors.shape[1]), dtype=np.float32)
    counts = np.zeros((len(words), 1), dtype=np.float32)
    at = 0
    for (start, end), vector in zip(tokens.spans, tokens.vectors, strict=True):
        while at < len(words) and words[at][1] <= start:
            at += 1
        if at < len(words) and words[at][0] < end:
            sums[at] += vector
            counts[at] += 1
    return (sums / np.maximum(counts, 1)).astype(np.float16)


def _flags(
    abstract: Abstract,
    pieces: Sequence[TextPiece],
    texts: Sequence[str],
    joined: Sequence[bool],
    piece_of: Sequence[int],
) -> npt.NDArray[np.float16]:
    flags = np.zeros((len(texts), FLAGS), dtype=np.float16)
    if not texts:
        return flags
    in_title = {w.casefold() for w, p in zip(texts, piece_of, strict=True)
                if pieces[p].role is SentenceRole.TITLE and len(w) > 1}  # fmt: skip
    roles = [_ROLES.index(pieces[p].role) for p in piece_of]
    flags[np.arange(len(texts)), roles] = 1
    flags[:, len(_ROLES) + _LEVELS.index(abstract.level)] = 1
    last = max(1, len(pieces) - 1)
    flags[:, len(_ROLES) + len(_LEVELS) :] = [
        (
            text.casefold() in in_title,
            i > 0 and joined[i - 1],
            joined[i],
            text.isdigit(),
            text[0].isupper(),
            not text[0].isalnum(),
            piece_of[i] / last,
        )
        for i, text in enumerate(texts)
    ]
    return flags
