"""Whether the evidence can answer the question at all, and which parts of it nothing speaks of."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from agent.planning import groups
from agent.planning.pico import CHANGE
from agent.planning.plan import Pico
from agent.planning.question_words import ASKS_WHETHER, key_words
from agent.planning.spelling import meant
from agent.sufficiency import Signs, likely_enough, share, signs
from corpora.article import Article
from retrieval.passage import Evidence, Retriever

# An article counts when it holds this share of what the best article holds of the question, rare
# words weighing more. It is the whole article that counts: a finding on the drug alone, or on the
# disease alone, from papers that never speak of both is how a wrong answer comes about.
LEAST_OF_BEST = 0.65
# A question is not answered when this share of it is in words that no article of the index holds.
MOST_UNKNOWN = 0.3
# Where the question is whether something is so, an article must hold this share of the
# intervention: a paper on exercise does not answer a question about ketamine.
LEAST_OF_A_PART = 0.3
# And the articles together this share of the outcome, which may be put in other words: nor does a
# paper on ketamine for pain answer a question about depression.
LEAST_OF_OUTCOME = 0.2
# Articles that hold this share of the population are used alone where there are any.
OF_THE_POPULATION = 0.6
# What a question wants to know of its subject. A paper that answers need not use these words.
_ASKED_OF = frozenset(
    """
    mechanism mechanisms action actions mode modes function functions purpose administration stand
    stands abbreviation briefly two three four five several more most almost yes part parts found
    involved included contained present associated connected related company companies produce
    produces produced developed tested approved indicated delivered medication medications drug
    drugs agent agents disease diseases treatment treatments treat therapy therapies option options
    type types kind kinds example examples definition meaning reported shown it's

    important importance essential necessary needed required possible available availability safe
    safety dangerous danger harmful reliable accurate feasible suitable appropriate adequate
    sufficient justified worthwhile beneficial relevant significant significantly

    name names named called tradename brand ingredient ingredients pill pills tablet tablets sell
    sells sold marketed manufactured licensed licenced launched introduced withdrawn reason reasons
    relationship number numbers another other others also instead say says said stated you your we
    our summarize summarise summary considered considering undergo undergone predominantly
    primarily mainly usually typically generally potentially already ever yet
    january february march april june july august september october november december
    """.split()
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# What is asked to be changed is missed where it lacks; that it is "lowered" may be said otherwise.
_CHANGES = re.compile(CHANGE, re.IGNORECASE)
_ASKED_FOR = re.compile(r"(?:which|what|list|mention|describe|as of)\b|.*\bcan be\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the question (population, …) and the share of it that the articles hold."""

    name: str
    text: str
    coverage: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the evidence is good for.

    `relevant` are the PMIDs of articles that cover enough of the question, best first; `coverage`
    is the best article's share of the whole question; `parts` are the question's; `missing` are
    words of the question that none of the relevant articles holds, or none at all where none is.
    """

    relevant: tuple[str, ...]
    reason: str
    coverage: float
    missing: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def enough(self) -> bool:
        return bool(self.relevant)


def assess(
    question: str, evidence: Sequence[Evidence], retriever: Retriever, pico: Pico | None = None
) -> Assessment:
    """Which of the articles found can answer the question."""
    if not evidence:
        return Assessment((), "no article was found", 0.0)
    words = _subject(question, retriever)
    asked = _weights(" ".join(words), retriever)
    if not asked:
        return Assessment((), "the question names nothing that can be searched for", 0.0)
    held = _held(evidence, retriever)
    coverage = {pmid: share(asked, terms) for pmid, terms in held.items()}
    best = max(coverage.values())
    known = _known(asked, retriever)
    if known <= 1 - MOST_UNKNOWN:
        unknown = {term for term in asked if not retriever.frequency(term)}
        names = _words_of(words, unknown, retriever)
        return Assessment((), _not_known(names, retriever), best, names)
    relevant = _relevant(question, coverage, held, retriever, pico)
    for people, pattern in groups.named(question) if relevant else ():
        spoken = {e.article.pmid for e in evidence if _speaks(e.article, pattern)}
        relevant = tuple(pmid for pmid in relevant if pmid in spoken)
        if not relevant:
            said = f"no article that speaks of the rest speaks of “{people}”"
            return Assessment((), said, best, (people,))
    everything = frozenset().union(*(held[pmid] for pmid in relevant or held))
    named = [word for word in words if not _CHANGES.fullmatch(word)]
    missing = _words_of(named, {t for t in asked if t not in everything}, retriever)
    found = signs(asked, held, evidence, retriever.terms)
    untouched = not _touches(question, everything, retriever, pico)
    if not relevant or untouched or not likely_enough(found, retriever.fingerprint):
        said = f"; nothing was found on {_quoted(missing)}" if missing else ""
        return Assessment((), f"no article speaks of all that is asked{said}", best, missing)
    return Assessment(relevant, "", best, missing, _parts(pico, everything, retriever))


def unsaid(question: str, texts: Sequence[str], retriever: Retriever) -> str:
    """What a whether-question asks about, where none of the texts names it; else "".

    A question of another kind may well be answered without its first word ("which drugs …").
    """
    if not ASKS_WHETHER.match(question):
        return ""
    told = frozenset(retriever.terms(" ".join(texts)))
    named = [w for w in _subject(question, retriever) if not _CHANGES.fullmatch(w)]
    first = named[0] if named else ""
    terms = frozenset(retriever.terms(first))
    return first if terms and not terms & told else ""


def signs_of(question: str, evidence: Sequence[Evidence], retriever: Retriever) -> Signs | None:
    """The signs that `assess` goes by; None where it decides without them."""
    asked = _weights(" ".join(_subject(question, retriever)), retriever)
    if not evidence or not asked or _known(asked, retriever) <= 1 - MOST_UNKNOWN:
        return None
    return signs(asked, _held(evidence, retriever), evidence, retriever.terms)


def _known(asked: Mapping[str, float], retriever: Retriever) -> float:
    """The share of weighted terms that the index knows."""
    return share(asked, frozenset(term for term in asked if retriever.frequency(term)))


def _relevant(
    question: str,
    coverage: Mapping[str, float],
    held: Mapping[str, frozenset[str]],
    retriever: Retriever,
    pico: Pico | None,
) -> tuple[str, ...]:
    """The articles that hold enough of the question, on its population where any are."""
    whether = bool(ASKS_WHETHER.match(question))
    given = _part(pico, "intervention", retriever) if whether else {}
    on_it = {p: c for p, c in coverage.items() if share(given, held[p]) >= LEAST_OF_A_PART}
    least = LEAST_OF_BEST * max(on_it.values(), default=0.0)
    relevant = tuple(pmid for pmid, covered in on_it.items() if covered >= least)
    population = _part(pico, "population", retriever)
    among = tuple(p for p in relevant if share(population, held[p]) >= OF_THE_POPULATION)
    return among or relevant


def _touches(question: str, held: frozenset[str], retriever: Retriever, pico: Pico | None) -> bool:
    """Whether the articles together speak of the outcome that is asked about, if one is."""
    outcome = _part(pico, "outcome", retriever) if ASKS_WHETHER.match(question) else {}
    return share(outcome, held) >= LEAST_OF_OUTCOME


def _speaks(article: Article, pattern: re.Pattern[str]) -> bool:
    return any(map(pattern.search, (article.text, *article.mesh, *article.keywords)))


def _not_known(names: Sequence[str], retriever: Retriever) -> str:
    """Which words no article holds, and what may have been meant by them."""
    near = [word for name in names if (word := meant(name, retriever))]
    offered = f" (did you mean {_quoted(near)}?)" if near else ""
    return f"no article of the index speaks of {_quoted(names)}{offered}"


def _subject(text: str, retriever: Retriever) -> list[str]:
    """The words that name what is asked about; all key words where no other is left."""
    words = key_words(text)
    return [word for word in words if not _only_asks(word, retriever)] or words


def _only_asks(word: str, retriever: Retriever) -> bool:
    """Whether a word, or the one it is a slip of, says what is asked rather than of what."""
    if word.casefold() in _ASKED_OF or _YEAR.fullmatch(word):
        return True
    if any(map(retriever.frequency, retriever.terms(word))):
        return False
    return meant(word, retriever).casefold() in _ASKED_OF


def _part(pico: Pico | None, name: str, retriever: Retriever) -> dict[str, float]:
    """The terms of a part with their rarity; none where the question asks for that very part."""
    text = getattr(pico, name) if pico else ""
    if _ASKED_FOR.match(text):
        return {}
    words = (word for word in key_words(text) if not _only_asks(word, retriever))
    return _weights(" ".join(words), retriever)


def _weights(text: str, retriever: Retriever) -> dict[str, float]:
    """The index terms of a text with their rarity."""
    total = len(retriever)
    return {
        term: math.log(1 + total / (1 + retriever.frequency(term)))
        for term in retriever.terms(text)
    }


def _held(evidence: Sequence[Evidence], retriever: Retriever) -> dict[str, frozenset[str]]:
    """PMID → index terms of the whole article."""
    held: dict[str, frozenset[str]] = {}
    for each in evidence:
        article = each.article
        if article.pmid not in held:
            whole = " ".join((article.text, *article.keywords, *article.mesh))
            held[article.pmid] = frozenset(retriever.terms(whole))
    return held


def _parts(pico: Pico | None, held: frozenset[str], retriever: Retriever) -> tuple[Part, ...]:
    parts = []
    for field in fields(pico) if pico else ():
        asked = _part(pico, field.name, retriever)
        if asked:
            parts.append(Part(field.name, getattr(pico, field.name), share(asked, held)))
    return tuple(parts)


def _words_of(words: Sequence[str], terms: set[str], retriever: Retriever) -> tuple[str, ...]:
    """The question's own words for index terms."""
    return tuple(word for word in words if terms.intersection(retriever.terms(word)))


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
