"""A set of articles as a map: a plane on which near means alike, and groups with names.

The plane is the two directions in which the articles' mean vectors differ most (principal
components); groups are made by k-means on the leading components, with the starts of Arthur and
Vassilvitskii ("k-means++: the advantages of careful seeding", SODA 2007). Both give the same map
for the same articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpora.article import Article
from retrieval.columns import CHECK_TAGS
from retrieval.dense import Numbers
from retrieval.encoder import Vectors

_COMPONENTS = 20
_MOST_GROUPS = 8
_ROUNDS = 30
_WORD = re.compile(r"[^\W\d_][\w-]{3,}")
# A name that fewer of a group's articles share says little about it.
_LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """(n, 2) places of articles, the group of each, and the groups' names.

    `explained` is the share of all differences between the articles that the plane shows.
    """

    places: Vectors
    groups: Numbers
    names: tuple[str, ...]
    explained: float


def draw(vectors: Vectors, articles: Sequence[Article]) -> Atlas:
    """The map of articles with their (n, dimension) vectors."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(-variances)[:_COMPONENTS]
    # The sign of a direction is arbitrary: its largest part shall be positive.
    leading = directions[:, order]
    leading *= np.sign(leading[np.argmax(np.abs(leading), axis=0), np.arange(leading.shape[1])])
    placed = centred @ leading
    total = float(variances.sum())
    explained = float(variances[order[:2]].sum()) / total if total > 0 else 0.0
    groups = _groups(placed, _number_of_groups(len(articles)))
    names = _names(articles, groups)
    return Atlas(placed[:, :2].astype(np.float32), groups, names, explained)


def _number_of_groups(count: int) -> int:
    return max(1, min(_MOST_GROUPS, count // 12))


def _groups(points: npt.NDArray[np.float64], k: int) -> Numbers:
    """The group of each point, the largest group first."""
    random = np.random.default_rng(0)
    centres = points[[0]]
    while len(centres) < k:
        far = _distances(points, centres).min(axis=1)
        if not far.any():
            break
        centres = np.vstack((centres, points[random.choice(len(points), p=far / far.sum())]))
    own = np.zeros(len(points), dtype=np.int64)
    for _ in range(_ROUNDS):
        own, before = np.argmin(_distances(points, centres), axis=1), own
        kept = np.unique(own)
        centres = np.stack([points[own == group].mean(axis=0) for group in kept])
        own = np.searchsorted(kept, own)
        if np.array_equal(own, before):
            break
    by_size = np.argsort(-np.bincount(own), kind="stable")
    return np.asarray(np.argsort(by_size)[own], dtype=np.int64)


def _distances(
    points: npt.NDArray[np.float64], centres: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(n, k) squared distances."""
    apart = points[:, None, :] - centres[None, :, :]
    return np.asarray((apart**2).sum(axis=2))


def _names(articles: Sequence[Article], groups: Numbers) -> tuple[str, ...]:
    """What each group's articles have, and the others have not: two names a group, none twice."""
    subjects = [_subjects(article) for article in articles]
    if sum(map(bool, subjects)) * 2 < len(articles):
        subjects = [_title_words(article) for article in articles]
    overall = Counter(name for own in subjects for name in own)
    taken: set[str] = set()
    found = []
    for group in range(int(groups.max(initial=0)) + 1):
        inside = [own for own, its in zip(subjects, groups.tolist(), strict=True) if its == group]
        counts = Counter(name for own in inside for name in own)
        outside = max(1, len(articles) - len(inside))
        ranked = sorted(
            (
                (count / len(inside) - (overall[name] - count) / outside, name)
                for name, count in counts.items()
                if count >= max(2, _LEAST_SHARE * len(inside)) and name not in taken
            ),
            key=lambda pair: (-pair[0], pair[1]),
        )
        own_names = [name for _, name in ranked[:2]] or [f"Group {group + 1}"]
        taken.update(own_names)
        found.append(", ".join(own_names))
    return tuple(found)


def _subjects(article: Article) -> set[str]:
    """MeSH headings, else keywords with a capital, so that "asthma" and "Asthma" are one."""
    if headings := {heading for heading in article.mesh if heading not in CHECK_TAGS}:
        return headings
    return {word[:1].upper() + word[1:] for word in article.keywords}


def _title_words(article: Article) -> set[str]:
    return {word.lower() for word in _WORD.findall(article.title)}
