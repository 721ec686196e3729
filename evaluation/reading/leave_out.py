"""What each group of the reader's features is worth: trained without it, measured on all parts.

    medcite evaluate leave-out --home HOME [--cache vectors.npz]

Only the sentence trees are trained anew (two seeds); the pool trees, which decide on confidence and
not on what is quoted, are measured by `medcite evaluate answers`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.reading.reader import Scored
from agent.writing.extractive import LocalWriter, choose
from corpora.home import Home
from evaluation.reading.heads import fit_heads, role_head
from evaluation.reading.pools import CachedEncoder, Pool, pools
from evaluation.reading.questions import Part, Shown, figures, read_questions
from evaluation.reading.train import fit_sentences, folds, rows_out_of_fold
from evaluation.report import Figure, Report
from retrieval.encoder import load_encoder
from retrieval.search import Searcher

Matrix = npt.NDArray[np.float64]

# A column belongs to the first group whose name it starts with.
GROUPS = {
    "words shared": ("share", "terms_asked", "lacking"),
    "the article": ("article", "title", "level"),
    "similarity": ("alone", "titled", "before", "after"),
    "place in the abstract": ("place", "from_end", "sentences"),
    "section": ("in_",),
    "role, from the vector": ("role_",),
    "kind of question": ("kind_", "fits"),
    "answers anything, answers this": ("answers", "pair"),
    "numbers, intervals, doses, times": ("numbers", "percent", "interval", "dose", "time"),
    "form": ("words", "question"),
}


def without(columns: Sequence[str], prefixes: tuple[str, ...]) -> list[int]:
    """The places of the columns that are left; “titled” is no “title”."""
    return [
        place
        for place, name in enumerate(columns)
        if not name.startswith(prefixes) or (name.startswith("titled") and "titled" not in prefixes)
    ]


def shown(pool: Pool, scores: Matrix) -> Shown:
    """What the local writer quotes when sentences have these scores."""
    sentences = [each for read in pool.articles for each in read.sentences]
    order = np.argsort(-scores, kind="stable")
    ranked = [Scored(sentences[i], float(scores[i])) for i in order]
    chosen = [each.sentence for each in choose(ranked, LocalWriter().most)]
    first = {each.pmid: place for place, each in reversed(list(enumerate(chosen)))}
    chosen.sort(key=lambda each: first[each.pmid])
    return Shown(pool.question, tuple((s.pmid, s.start, s.end) for s in chosen), "likely")


def figures_without(
    every: Sequence[Pool], rows: dict[int, Matrix], columns: tuple[str, ...]
) -> Iterator[Figure]:
    """Clinical score and share graded 2 or more on both parts, without each group."""
    parts = {part: [p for p in every if p.question.part is part] for part in Part}
    for name, prefixes in {"nothing": (), **GROUPS}.items():
        kept = without(columns, prefixes)
        train = [(pool, rows[id(pool)][:, kept]) for pool in parts[Part.TRAIN]]
        trees = fit_sentences(train, tuple(columns[i] for i in kept), 2)
        for part in (Part.TUNE, Part.BLIND):
            own = figures(shown(p, trees(rows[id(p)][:, kept])) for p in parts[part])
            for figure in ("clinical score", "graded 2 or more"):
                yield Figure(f"{part}: {figure}", own[figure], group=f"without {name}")


def report(home: Home, cache: Path | None) -> Report:
    """The figures over the literature of `home`; `cache` keeps vectors between runs."""
    encoder = CachedEncoder(load_encoder(), cache)
    every = pools(Searcher(home, encoder), encoder, read_questions(), _say)
    train = [pool for pool in every if pool.question.part is Part.TRAIN]
    role = role_head(home, encoder)
    encoder.save()
    held_out, columns = rows_out_of_fold(train, (), folds(train), role)
    heads = fit_heads(train, role)
    rows = {id(pool): pool.rows(heads)[1] for pool in every if id(pool) not in held_out}
    rows |= {place: features for place, (_, features, _) in held_out.items()}
    return Report("leave-out", list(figures_without(every, rows, columns)))


def _say(done: int, total: int) -> None:
    if done % 100 == 0:
        sys.stderr.write(f"{done} of {total} questions\n")
