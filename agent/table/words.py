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
from agent.table.abstract import Abstract, Piece, Role
from corpora.evidence_level import EvidenceLevel

_WORD = re.compile(r"\w+|[^\w\s]")
_ROLES = tuple(Role)
_LEVELS = tuple(EvidenceLevel)
# Role, design, and the facts listed in `_facts`.
FLAGS = len(_ROLES) + len(_LEVELS) + 7
INPUTS = len(LAYERS) * WIDTH + FLAGS
# A longer abstract is read up to here; one in ten thousand has more.
_MOST_WORDS = 1_500


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an article's title and abstract, in order.

    `pieces` are the title and the sentences; `piece` (words,) is the index of a word's piece,
    `spans` its offsets in `Article.text`, `inputs` (words, INPUTS) its vector and flags.
    """

    abstract: Abstract
    pieces: tuple[Piece, ...]
    piece: npt.NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]
    inputs: npt.NDArray[np.float16]

    @property
    def texts(self) -> list[str]:
        """The words as they are written."""
        text = self.abstract.article.text
        return [text[start:end] for start, end in self.spans]


def words_of(abstracts: Sequence[Abstract]) -> Iterator[Words]:
    """The words of each abstract, with all sentences encoded together."""
    pieces = [tuple(p for p in (a.title, *a.sentences) if p.text.strip()) for a in abstracts]
    texts = [piece.text for of_one in pieces for piece in of_one]
    vectors = dict(zip(texts, shipped_encoder().encode(texts), strict=True)) if texts else {}
    for abstract, of_one in zip(abstracts, pieces, strict=True):
        yield _words(abstract, of_one, [vectors[piece.text] for piece in of_one])


def _words(abstract: Abstract, pieces: tuple[Piece, ...], encoded: Sequence[TokenVectors]) -> Words:
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
    flags = _flags(abstract, pieces, spans, piece_of)
    inputs = np.concatenate([vectors, flags], axis=1).astype(np.float16)
    return Words(abstract, pieces, np.array(piece_of, dtype=np.int64), tuple(spans), inputs)


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
    pieces: Sequence[Piece],
    spans: Sequence[tuple[int, int]],
    piece_of: Sequence[int],
) -> npt.NDArray[np.float16]:
    flags = np.zeros((len(spans), FLAGS), dtype=np.float16)
    if not spans:
        return flags
    text = abstract.article.text
    words = [text[start:end] for start, end in spans]
    in_title = {w.casefold() for w, p in zip(words, piece_of, strict=True)
                if pieces[p].role is Role.TITLE and len(w) > 1}  # fmt: skip
    roles = [_ROLES.index(pieces[p].role) for p in piece_of]
    flags[np.arange(len(spans)), roles] = 1
    flags[:, len(_ROLES) + _LEVELS.index(abstract.level)] = 1
    joined = [False, *(one[1] == other[0] for one, other in pairwise(spans)), False]
    last = max(1, len(pieces) - 1)
    flags[:, len(_ROLES) + len(_LEVELS) :] = [
        (
            word.casefold() in in_title,
            joined[i],
            joined[i + 1],
            word.isdigit(),
            word[0].isupper(),
            not word[0].isalnum(),
            piece_of[i] / last,
        )
        for i, word in enumerate(words)
    ]
    return flags
