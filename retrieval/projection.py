"""Project a set of articles to a plane on which similar articles are close, in named clusters.

The plane is the first two principal components of the articles' mean vectors; groups are clusters
of k-means on the leading components, seeded by the method of Arthur and Vassilvitskii ("k-means++:
the advantages of careful seeding", SODA 2007). Both are deterministic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpora.article import Article
from retrieval.encoder import Vectors
from retrieval.engines.analysis import analysed
from retrieval.engines.dense import Numbers
from retrieval.facet_columns import CHECK_TAGS

_COMPONENTS = 20
_MOST_GROUPS = 8
_ROUNDS = 30
_WORD = re.compile(r"[^\W\d_][\w-]{3,}")
_SAYS_LITTLE = frozenset(
    "patient patients study studies analysis effect effects case cases report reports using versus"
    " clinical treatment associated between during after among based review trial trials systematic"
    " meta analysis randomized randomised controlled cohort retrospective prospective reviews"
    " outcome outcomes disease diseases syndrome therapy".split()
)
# A name shared by fewer of a group's articles is not characteristic.
_LEAST_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """(n, 2) coordinates of articles, the group of each, and the groups' names.

    `explained` is the share of the total variance that the plane shows.
    """

    places: Vectors
    groups: Numbers
    names: tuple[str, ...]
    explained: float


def draw(vectors: Vectors, articles: Sequence[Article]) -> Atlas:
    """Project articles with their (n, dimension) vectors."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(-variances)[:_COMPONENTS]
    # The sign of a component is arbitrary; make its largest element positive.
    leading = directions[:, order]
    leading *= np.sign(leading[np.argmax(np.abs(leading), axis=0), np.arange(leading.shape[1])])
    projected = centred @ leading
    total = float(variances.sum())
    explained = float(variances[order[:2]].sum()) / total if total > 0 else 0.0
    groups = _groups(projected, _number_of_groups(len(articles)))
    names = _names(articles, groups)
    return Atlas(projected[:, :2].astype(np.float32), groups, names, explained)


def _number_of_groups(count: int) -> int:
    return max(1, min(_MOST_GROUPS, count // 12))


def _groups(points: npt.NDArray[np.float64], k: int) -> Numbers:
    """The group of each point, numbered from the largest group."""
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
    differences = points[:, None, :] - centres[None, :, :]
    return np.asarray((differences**2).sum(axis=2))


def _names(articles: Sequence[Article], groups: Numbers) -> tuple[str, ...]:
    """Two names per group that characterise its articles against the others, without repeats."""
    subjects = [_subjects(article) for article in articles]
    words = [_title_words(article) for article in articles]
    taken: set[str] = set()
    labels = []
    for group in range(int(groups.max(initial=0)) + 1):
        # Recent articles have no headings yet, and old ones no keywords.
        own = _characteristic(subjects, groups == group, taken) or _characteristic(
            words, groups == group, taken
        )
        taken.update(name.casefold() for name in own)
        labels.append(", ".join(own) or f"Group {group + 1}")
    return tuple(labels)


def _characteristic(
    names_by_article: Sequence[dict[str, str]], inside: npt.NDArray[np.bool_], taken: set[str]
) -> list[str]:
    """The two names whose share inside the group most exceeds that outside."""
    counts, rest = Counter[str](), Counter[str]()
    shown: dict[str, str] = {}
    for names, within in zip(names_by_article, inside.tolist(), strict=True):
        (counts if within else rest).update(names.keys())
        shown = names | shown
    size = int(inside.sum())
    others = max(1, len(names_by_article) - size)
    excess = {
        name: count / size - rest[name] / others
        for name, count in counts.items()
        if count >= max(2, _LEAST_SHARE * size) and name not in taken
    }
    best = sorted((name for name in excess if excess[name] > 0), key=lambda n: (-excess[n], n))
    return [shown[name] for name in best[:2]]


def _subjects(article: Article) -> dict[str, str]:
    """MeSH headings and keywords as printed, by their case-folded form."""
    names = [*article.keywords, *(h for h in article.mesh if h not in CHECK_TAGS)]
    return {name.casefold(): _capital(name) for name in names if _says_something(name)}


def _says_something(name: str) -> bool:
    return not _SAYS_LITTLE.issuperset(name.casefold().replace("-", " ").split())


def _title_words(article: Article) -> dict[str, str]:
    words = (word.lower() for word in _WORD.findall(article.title))
    return {word: _capital(word) for word in words if _says_something(word) and analysed(word)}


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
