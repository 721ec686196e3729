"""A writer that needs no language model: it quotes the sentences that answer, word for word.

A sentence is worth quoting when it says what the best articles say in common, when its article
ranks high, and when it stands where an abstract draws its conclusion. The weights were fitted to
expert answers (docs/answers.md). Where another article found the contrary, that is quoted too. What
it does not know: how to join findings.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Claim, Label, Verdict
from agent.planning.pico import read_pico
from agent.planning.question_words import ASKS_WHETHER, key_words
from agent.wording import stems
from agent.writing.sentences import Candidate, candidates
from agent.writing.stance import Asked
from corpora.evidence_level import EvidenceLevel
from retrieval.passage import Evidence

# Weights of the parts of a sentence's worth.
_CENTRAL = 0.38
_ARTICLE_SCORE = 0.12
_ARTICLE_RANK = 0.24
_LEVEL = 0.008
_LEANS_BACK = -0.12
_CATEGORY = {
    "CONCLUSIONS": 0.05,
    "RESULTS": 0.03,
    "": 0.0,
    "BACKGROUND": 0.0,
    "OBJECTIVE": -0.2,
    "METHODS": -0.2,
}
# Whether something is so is answered by findings that name it, and not by what was known before;
# what something is, is often said best where an abstract sets the scene.
_CATEGORY_IF_WHETHER = _CATEGORY | {
    "CONCLUSIONS": 0.1,
    "BACKGROUND": -0.2,
    "OBJECTIVE": -0.3,
    "METHODS": -0.3,
}
_FOUND = ("CONCLUSIONS", "RESULTS", "")
_LEAST_NAMED_IF_WHETHER = 0.3
_LEAST_OF_INTERVENTION = 0.5
# An article whose score is lower by this counts 1/e of the best one's for what is central.
_SCORE_SCALE = 0.25
# A sentence counts for what is central by this share even if it holds no word of the question.
_BARE_SHARE = 0.2
# Short sentences have high averages by accident.
_FEWEST_STEMS = 5
# A sentence is taken while it is worth this share of the best one, and no copy of another.
_WORTH_SHARE = 0.3
_WORTH_SHARE_IF_WHETHER = 0.4
_REDUNDANCY = 0.15
_COPY = 0.85
_MOST_PER_ARTICLE = 4
_MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """Extracts. `most` is the number of sentences an answer has at the most."""

    most: int = 5

    def write(self, question: str, evidence: Sequence[Evidence]) -> list[Claim]:
        whether = bool(ASKS_WHETHER.match(question))
        asked = stems(question)
        pool = list(evidence)
        found = candidates(pool)
        if whether:
            least_named = _LEAST_NAMED_IF_WHETHER * len(asked)
            found = [c for c in found if len(asked & c.words) >= least_named] or found
            found = _on_the_intervention(read_pico(question).intervention, found) or found
        if not found:
            return []
        category = _CATEGORY_IF_WHETHER if whether else _CATEGORY
        worth = _worth(asked, found, category)
        least = max(worth) * (_WORTH_SHARE_IF_WHETHER if whether else _WORTH_SHARE)
        chosen = _select(found, worth, min(least, max(worth)), self.most)
        chosen += _other_side(question, found, worth, least, chosen)
        quoted = sorted((found[i] for i in chosen), key=_reading_order)
        return [Claim(c.text, (c.evidence.passage.id,)) for c in quoted]

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        return [
            verdict.claim
            for verdict in verdicts
            if verdict.label.carries or verdict.label is Label.UNVERIFIED
        ]


def _on_the_intervention(intervention: str, found: list[Candidate]) -> list[Candidate]:
    """Sentences that name half of the intervention, or whose article's title does."""
    given = stems(" ".join(key_words(intervention)))
    least = _LEAST_OF_INTERVENTION * len(given)
    return [c for c in found if len(given & (c.words | stems(c.evidence.article.title))) >= least]


def _other_side(
    question: str, found: list[Candidate], worth: list[float], least: float, chosen: list[int]
) -> list[int]:
    """The best finding of another article against what all chosen ones say, if there is one."""
    asked = Asked.read(question)
    if asked is None:
        return []
    said = {answer for i in chosen if (answer := asked.answer(found[i].text)) is not None}
    if len(said) != 1:
        return []
    heard = {found[i].evidence.article.pmid for i in chosen}
    against = [
        i
        for i in range(len(found))
        if worth[i] >= least
        and found[i].category in _FOUND
        and found[i].evidence.article.pmid not in heard
        and asked.answer(found[i].text) == (not next(iter(said)))
    ]
    return [max(against, key=lambda i: worth[i])] if against else []


def _reading_order(candidate: Candidate) -> tuple[EvidenceLevel, int, int, bool, int]:
    """Stronger designs and newer papers first; of one paper its conclusion before its results."""
    article = candidate.evidence.article
    later = candidate.category != "CONCLUSIONS"
    return (article.evidence_level, -article.year, candidate.evidence.rank, later, candidate.start)


def _worth(
    asked: frozenset[str], found: list[Candidate], category: Mapping[str, float]
) -> list[float]:
    central = _centrality(asked, found)
    best = max(candidate.evidence.score for candidate in found)
    return [
        _CENTRAL * central[i]
        + _ARTICLE_SCORE * (candidate.evidence.score - best)
        + _ARTICLE_RANK / candidate.evidence.rank
        + category[candidate.category]
        + (_LEANS_BACK if candidate.leans_back else 0.0)
        + _LEVEL * (EvidenceLevel.UNSTATED - candidate.evidence.article.evidence_level)
        for i, candidate in enumerate(found)
    ]


def _centrality(asked: frozenset[str], found: list[Candidate]) -> list[float]:
    """How much a sentence says of what near sentences say: the mean share of them with its words.

    Source: SumBasic's word probabilities (Nenkova and Vanderwende, 2005), here weighted by how near
    a sentence and its article are to the question.
    """
    best = max(candidate.evidence.score for candidate in found)
    near = [
        math.exp((candidate.evidence.score - best) / _SCORE_SCALE)
        * (_BARE_SHARE + len(asked & candidate.words) / max(1, len(asked)))
        for candidate in found
    ]
    held: dict[str, float] = defaultdict(float)
    for weight, candidate in zip(near, found, strict=True):
        for word in candidate.words:
            held[word] += weight
    total = sum(near)
    return [
        sum(held[word] for word in c.words) / total / max(_FEWEST_STEMS, len(c.words))
        for c in found
    ]


def _select(found: list[Candidate], worth: list[float], least: float, most: int) -> list[int]:
    """Greedy choice by worth less redundancy, a few sentences an article, within a word limit.

    Sentences worth less than `least` are never taken.

    Source: maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998.
    """
    best = max(worth)
    chosen: list[int] = []
    length = 0
    open_ = [i for i in range(len(found)) if worth[i] >= least]
    while open_ and len(chosen) < most:
        alike = {
            i: max((_said(found[i].words, found[j].words) for j in chosen), default=0.0)
            for i in open_
        }
        at = max(open_, key=lambda i: worth[i] - _REDUNDANCY * alike[i] * abs(best))
        open_.remove(at)
        pmid = found[at].evidence.article.pmid
        spent = sum(found[j].evidence.article.pmid == pmid for j in chosen) >= _MOST_PER_ARTICLE
        size = len(found[at].text.split())
        if chosen and (spent or alike[at] > _COPY or length + size > _MOST_WORDS):
            continue
        chosen.append(at)
        length += size
    return chosen


def _said(words: frozenset[str], already: frozenset[str]) -> float:
    """The share of a sentence's words that another one holds already."""
    return len(words & already) / max(1, len(words))
