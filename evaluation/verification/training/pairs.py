"""Training pairs from real abstracts: a claim, what it is checked against, and what that says of it.

For every article, sentences are turned into claims that its abstract carries (as they are, shortened,
reworded, reordered; its title; its conclusion from its results) and into claims that it denies or
does not speak of (numbers, directions, negation, sides, populations, entities, certainty; what
another article on the same subject says). The claims of one sentence stay together, so that a batch
holds pairs that differ in nothing but what decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from agent.verification.extract import extract
from agent.wording import stems
from corpora.article import Article
from evaluation.verification.labelled import Relation
from evaluation.verification.training import edits
from retrieval.split import article_sentences, sentences

# Articles whose PMID ends in 0 are held out for the perturbation suite, in 1 for thresholds.
TEST_DIGIT, THRESHOLD_DIGIT = "0", "1"
_FEWEST_WORDS, _MOST_WORDS = 7, 60
_MOST_IN_PASSAGE = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim with the text that it is checked against. `kind` names the rule that made it."""

    claim: str
    evidence: str
    relation: Relation
    kind: str


_SAME: list[tuple[str, edits.Edit]] = [
    ("paraphrase", edits.paraphrase),
    ("compress", edits.compress),
    ("reorder", edits.reorder),
    ("turned comparison", edits.turn_comparison),
    ("lowered certainty", edits.lower_certainty),
]
_DENIED: list[tuple[str, edits.Edit]] = [
    ("direction", edits.flip_direction),
    ("negation", edits.negate),
    ("sides", edits.swap_sides),
    ("number", edits.change_number),
]
_OTHER: list[tuple[str, edits.Edit]] = [
    ("population", edits.swap_population),
    ("certainty", edits.raise_certainty),
]
_CONCLUDES = re.compile(r"conclu|interpret|implication", re.I)
_REPORTS = re.compile(r"result|finding", re.I)
_CONCLUSION = re.compile(
    r"^(?:in (?:conclusion|summary)|(?:our|these|the present) (?:results|findings|data|study)|we conclude|overall|it is concluded|thus|therefore)",
    re.I,
)
_STATES = re.compile(
    r"\b(?:is|are|was|were|improves?|reduces?|increases?|decreases?|predicts?|promotes?|inhibits?|prevents?|induces?"
    r"|causes?|affects?|leads?|enhances?|attenuates?|alleviates?|suppresses?|regulates?|contributes?|reveals?|protects?)\b"
)
_AIM = re.compile(
    r"\b(?:aim|objective|purpose)\b|\bto (?:determine|assess|evaluate|investigate|compare)\b", re.I
)


def split_text(text: str) -> tuple[str, ...]:
    """The sentences of a passage."""
    return tuple(text[span.start : span.end] for span in sentences(text))


def training_pairs(articles: Sequence[Article], seed: int) -> Iterator[Pair]:
    """All pairs of these articles, an article after the other."""
    rng = Random(seed)
    others = _Neighbours(articles)
    for article in articles:
        yield from _of_article(article, others, rng)


def _of_article(article: Article, others: _Neighbours, rng: Random) -> Iterator[Pair]:
    marked = article_sentences(article)
    sentences = [article.text[span.start : span.end] for span, _ in marked]
    labels = [label for _, label in marked]
    usable = [i for i, s in enumerate(sentences) if _FEWEST_WORDS <= len(s.split()) <= _MOST_WORDS]
    if len(usable) < 3:
        return
    for i in rng.sample(usable, min(2, len(usable))):
        low = max(0, i - rng.randint(0, _MOST_IN_PASSAGE - 1))
        passage = sentences[low : low + rng.randint(i - low + 1, _MOST_IN_PASSAGE)]
        if rng.random() < 0.3:
            passage = [sentences[i]]
        yield from _contrasts(sentences[i], passage, "sentence", article, others, rng)
    yield from _inferred(article, sentences, labels, others, rng)


def _inferred(
    article: Article, sentences: list[str], labels: list[str], others: _Neighbours, rng: Random
) -> Iterator[Pair]:
    """The conclusion from what stands before it, and the title from the abstract."""
    last = sentences[-1]
    concluding = bool(_CONCLUDES.search(labels[-1]) or _CONCLUSION.match(last))
    results = [s for s, label in zip(sentences, labels, strict=True) if _REPORTS.search(label)]
    before = results or sentences[-6:-1]
    if concluding and len(before) >= 2 and not _AIM.search(last):
        yield from _contrasts(last, before, "conclusion", article, others, rng)
    title = article.title.rstrip(".") + "."
    if _STATES.search(title) and "?" not in title and len(title.split()) >= _FEWEST_WORDS:
        yield from _contrasts(title, sentences[-6:], "title", article, others, rng)


def _contrasts(
    said: str, passage: list[str], source: str, article: Article, others: _Neighbours, rng: Random
) -> Iterator[Pair]:
    """One or two claims that hold, one or two denied, one or two that the passage does not make."""

    def pair(claim: str, relation: Relation, kind: str, against: list[str] = passage) -> Pair:
        return Pair(claim, extract(claim, tuple(against)), relation, f"{source}: {kind}")

    base = said
    same = _applied(_SAME, said, rng)
    if same:
        base = same[0][1]
    elif source != "sentence" or rng.random() < 0.3:
        same = [("as it is", said)]
    for kind, made in same[: rng.choice((1, 2))]:
        reworded = edits.paraphrase(made, rng) if rng.random() < 0.3 else None
        claim = reworded or made
        yield pair(claim, Relation.SUPPORTS, kind)
    start = base if rng.random() < 0.5 else said
    denied = _applied(_DENIED, start, rng)
    for kind, claim in denied[: rng.choice((1, 2))]:
        yield pair(claim, Relation.REFUTES, kind)
    other = _applied(_OTHER, start, rng)
    if swapped := others.swap_entity(start, article, rng):
        other.append(("entity", swapped))
    rng.shuffle(other)
    for kind, claim in other[:1]:
        yield pair(claim, Relation.NEUTRAL, kind)
    if rng.random() < 0.5 and (neighbour := others.of(article, rng)):
        yield pair(said, Relation.NEUTRAL, "other article", neighbour)
    elif rng.random() < 0.4 and source == "sentence":
        held = stems(said)
        rest = [s for s in _sentences(article) if len(stems(s) & held) < 0.35 * len(held)]
        if len(rest) >= 2:
            yield pair(said, Relation.NEUTRAL, "elsewhere in the article", rest)


def _applied(rules: list[tuple[str, edits.Edit]], said: str, rng: Random) -> list[tuple[str, str]]:
    """What each rule that applies makes of a sentence, in random order."""
    made = [(kind, rule(said, rng)) for kind, rule in rng.sample(rules, len(rules))]
    return [(kind, claim) for kind, claim in made if claim and claim != said]


def _sentences(article: Article) -> list[str]:
    return [article.text[span.start : span.end] for span, _ in article_sentences(article)]


_CLASSES = [
    re.compile(r"(?:itis|oma|osis|emia|aemia|pathy|disease|disorder|syndrome|cancer|infarction|failure|infection|depression)s?$", re.I),
    re.compile(r"(?:mab|nib|ine|ol|statin|pril|sartan|cillin|azole|mycin|vir|one|ide|ate|acid|insulin|vitamin \w)s?$", re.I),
    re.compile(r"(?:therapy|surgery|ectomy|plasty|scopy|transplantation|exercise|training|vaccination)$", re.I),
]  # fmt: skip


def _class(term: str) -> int:
    return next((i for i, pattern in enumerate(_CLASSES) if pattern.search(term)), len(_CLASSES))


class _Neighbours:
    """Articles on the same subject: those that share the rarest word of the title."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles
        by_stem: dict[str, list[int]] = defaultdict(list)
        for i, article in enumerate(articles):
            for stem in stems(article.title):
                by_stem[stem].append(i)
        self._by_stem = by_stem
        self._at = {article.pmid: i for i, article in enumerate(articles)}
        self._terms: list[list[str]] = [[] for _ in range(len(_CLASSES) + 1)]
        for article in articles:
            for term in _terms(article):
                self._terms[_class(term)].append(term)

    def _near(self, article: Article, rng: Random) -> Article | None:
        shared = [(len(self._by_stem[s]), s) for s in sorted(stems(article.title))]
        shared = sorted(each for each in shared if each[0] > 1)
        if not shared:
            return None
        own = self._at[article.pmid]
        found = [i for i in self._by_stem[rng.choice(shared[:2])[1]] if i != own]
        return self._articles[rng.choice(found)] if found else None

    def of(self, article: Article, rng: Random) -> list[str] | None:
        """The sentences of a neighbour."""
        near = self._near(article, rng)
        return (_sentences(near) or None) if near else None

    def swap_entity(self, sentence: str, article: Article, rng: Random) -> str | None:
        """A MeSH heading or keyword of the article made another of the same sort."""
        folded = sentence.lower()
        present = [t for t in _terms(article) if t.lower() in folded]
        if not present:
            return None
        old = rng.choice(present)
        kind = _class(old)
        near = self._near(article, rng)
        pool = [*_terms(article)] if rng.random() < 0.4 else []
        pool += _terms(near) if near else []
        pool = [t for t in pool if _class(t) == kind and t.lower() not in folded]
        new = rng.choice(pool or self._terms[kind])
        if stems(new) & stems(old) or new.lower() in folded:
            return None
        at = folded.index(old.lower())
        shown = new if new[1:] != new[1:].lower() else new.lower()
        return edits.upper_first(sentence[:at] + shown + sentence[at + len(old) :])


def _terms(article: Article) -> list[str]:
    """Headings and keywords that could stand in a sentence."""
    found = [t for t in (*article.mesh, *article.keywords) if 4 <= len(t) <= 40 and "," not in t]
    return [t for t in found if t not in ("Humans", "Animals", "Male", "Female", "Adult", "Aged")]
