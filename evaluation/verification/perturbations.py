"""The perturbation suite: sentences of held-out abstracts, left as they are, reworded, or made false.

Made by rules and word lists of its own (`falsify.py`) from articles whose PMID ends in 0. A sentence gives at most one
case of a kind, its evidence is the run of sentences around it that one passage would hold.

While the hard checks were written, cases of another seed were looked at; the default seed was drawn
once, when they were done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from corpora.article import Article
from corpora.store import open_corpus
from evaluation.verification.falsify import EDITS
from retrieval.chunking import article_sentences

HELD_OUT = "0"
# Articles on which the thresholds of baselines are chosen.
THRESHOLD_DIGIT = "1"
_FEWEST, _MOST = 9, 55
_FEWEST_ASKED = 6
_WHETHER = re.compile(r"\bwhether (?:or not )?([^,;:()]+?)(?: or not)?\.$")
_PASSAGE_WORDS = 160

# How many cases of each kind the whole suite has.
WANTED = {
    "verbatim": 400, "paraphrase": 500, "number": 600, "direction": 400, "negation": 400,
    "entity": 350, "population": 250, "certainty": 300, "other article": 400, "only asked": 200,
}  # fmt: skip
TRUE_KINDS = ("verbatim", "paraphrase")


@dataclass(frozen=True, slots=True)
class Case:
    """A claim against evidence. `holds` says whether the evidence carries it; `made_of` is the sentence."""

    kind: str
    claim: str
    evidence: str
    made_of: str
    pmid: str

    @property
    def holds(self) -> bool:
        return self.kind in TRUE_KINDS


def suite(home: Path, digit: str = HELD_OUT, seed: int = 7) -> list[Case]:
    """The whole suite, the same for the same corpus and seed.

    Raises:
        NoCorpus, Damaged, StorageError: the corpus cannot be read.
    """
    with open_corpus(home / "corpus.sqlite") as store:
        articles = [a for _, a in store.articles() if a.sections and a.pmid.endswith(digit)]
    rng = Random(seed)
    rng.shuffle(articles)
    return [
        case for kind, wanted in WANTED.items() for case in _of_kind(kind, wanted, articles, rng)
    ]


def _of_kind(kind: str, wanted: int, articles: Sequence[Article], rng: Random) -> Iterator[Case]:
    order = rng.sample(range(len(articles)), len(articles))
    made = set[str]()
    for round_ in range(3):
        for at in order:
            if len(made) == wanted:
                return
            case = _case(kind, articles, at, Random(f"{kind} {round_} {articles[at].pmid}"))
            if case is not None and case.claim not in made:
                made.add(case.claim)
                yield case


def _case(kind: str, articles: Sequence[Article], at: int, rng: Random) -> Case | None:
    article = articles[at]
    sentences = [article.text[s.start : s.end] for s, _ in article_sentences(article)]
    usable = [
        i for i, s in enumerate(sentences) if _FEWEST <= len(s.split()) <= _MOST and s[:1].isupper()
    ]
    for i in rng.sample(usable, len(usable)):
        claim: str | None = sentences[i]
        passage = _passage(sentences, i)
        if kind == "other article":
            claim = _elsewhere(articles, at, rng)
        elif kind == "only asked":
            # What comes later may answer it.
            claim, passage = _asked(sentences[i]), _passage(sentences[: i + 1], i)
        elif kind != "verbatim":
            # Half of the false claims are reworded too: few are a sentence with one word changed.
            reworded = (
                EDITS["paraphrase"](sentences[i], rng)
                if kind not in TRUE_KINDS and rng.random() < 0.5
                else None
            )
            claim = EDITS[kind](reworded or sentences[i], rng)
        if claim and (kind == "verbatim" or claim != sentences[i]):
            return Case(kind, claim, passage, sentences[i], article.pmid)
    return None


def _asked(sentence: str) -> str | None:
    """What a sentence asks, told as if it had been found."""
    clause = _WHETHER.search(sentence)
    if clause is None or len(clause[1].split()) < _FEWEST_ASKED:
        return None
    return f"{clause[1][0].upper()}{clause[1][1:]}."


def _passage(sentences: Sequence[str], at: int) -> str:
    """The sentence with those around it, as many as make one passage."""
    low = high = at
    words = len(sentences[at].split())
    while low > 0 or high < len(sentences) - 1:
        grow = (
            low - 1
            if low > 0 and (high - at >= at - low or high == len(sentences) - 1)
            else high + 1
        )
        words += len(sentences[grow].split())
        if words > _PASSAGE_WORDS:
            break
        low, high = min(low, grow), max(high, grow)
    return " ".join(sentences[low : high + 1])


def _elsewhere(articles: Sequence[Article], at: int, rng: Random) -> str | None:
    """A sentence of another article, of one with a heading in common where there is one."""
    mesh = {
        m for m in articles[at].mesh if m not in ("Humans", "Animals", "Male", "Female", "Adult")
    }
    some = rng.sample(range(len(articles)), min(400, len(articles)))
    near = [i for i in some if i != at and mesh & set(articles[i].mesh)]
    other = articles[rng.choice(near or [i for i in some if i != at])]
    found = [other.text[s.start : s.end] for s, _ in article_sentences(other)]
    found = [s for s in found if _FEWEST <= len(s.split()) <= _MOST and s[:1].isupper()]
    return rng.choice(found) if found else None
