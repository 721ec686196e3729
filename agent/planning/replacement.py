"""Which words of a question something new takes the place of: those nearest to it in meaning.

"veterinarians?" after "risk of suicide in physicians" replaces the physicians. No list has to know
either: the encoder that searches gives both a vector. What two phrases name, where that is known
(`agent.planning.parts`), counts beside their nearness.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from agent.language.question_words import key_words
from agent.plan import Meanings
from agent.planning.parts import Kind, kind_of
from agent.planning.pico import CHANGE
from retrieval.encoder import Vectors

_Run = list[re.Match[str]]

# Of the encoder whose cosines the numbers below were found with: all-MiniLM-L6-v2.
_ENCODER = "0a108ad0bb6fb1fe"
_SAME_KIND, _OTHER_KIND = 0.25, -0.25
# Where the kind of either is not known: examples of what is done, had, noticed, and of people, to
# which both are compared.
_SORTS = {
    Kind.TREATMENT: ("drug treatment", "surgical procedure", "antibiotic", "therapy", "vaccine", "diagnostic test", "exercise programme", "dietary supplement"),
    Kind.DISEASE: ("disease", "infection", "cancer", "syndrome", "disorder", "injury", "inflammation", "organ failure"),
    Kind.OUTCOME: ("side effect", "adverse event", "symptom", "survival", "complication", "quality of life", "laboratory value", "bleeding"),
    Kind.GROUP: ("patients", "children", "pregnant women", "health workers", "older adults", "men and women", "athletes", "a group of people"),
}  # fmt: skip
_EXAMPLES = [example for sort in _SORTS.values() for example in sort]
_SHARP, _ALIKE = 12.0, 0.3
# A longer phrase is taken while it is nearly as near as its nearest words.
_NEARLY = 0.7
_LONGEST, _STEM = 5, 5
# Below this nothing in the question is of its kind, people and no people even less.
_NEAR, _NEAR_TO_PEOPLE, _NEAR_FOR_PEOPLE = 0.15, 0.2, 0.3
_LIKELY, _ACRONYMS = 0.1, 0.2
_ONE = re.compile(r"(?:the )?([\w-]+(?: [\w-]+)?) ones?$", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:what|which|who|how|why|when|where|is|are|was|were|do|does|did|can|could|should|would|will|may|has|have)\b",
    re.IGNORECASE,
)
_SPLITS = re.compile(
    rf"{CHANGE}|what|which|who|how|why|when|where|is|are|was|were|be|been|do|does|did|can|could|should|would|will|may|might|has|have|had|there|any|an?|the|of|in|on|for|to|with|and|or|by|from|at|as"
    r"|it|its|this|that|these|those|into|not|no|during|after|before|vs|versus|v|than|compared|among|between|without|under|following|against|while|if|per|get|gets|give|given|use[ds]?|work|works|effective|safe|better|best|good"
    r"|useful|effects?|role|efficacy|accuracy|accurate|risks?|prevalence|incidence|rates?|we|you|i|they|should|most|more|cure|need(?:ed)?|benefit|beneficial|long|often|much|many|common|stopped|started|only|just",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a question the words are that something new replaces."""

    start: int
    end: int

    def filled(self, question: str, new: str) -> str:
        """The question with `new` in this place; an article or last word is not repeated."""
        before, after = question[: self.start], question[self.end :]
        if re.search(r"\b(?:an?|the) $", before, re.IGNORECASE):
            before, new = re.sub(r"\ban (?=$)", "a ", before), re.sub(r"^(?:the|an?) ", "", new)
        last = new.rsplit(" ", 1)[-1]
        if re.match(rf" {re.escape(last)}\b", after, re.IGNORECASE):
            after = after[len(last) + 1 :]
        return f"{before}{new}{after}"


def place_of(new: str, question: str, meanings: Meanings | None, likely: str = "") -> Place | None:
    """The words of a question that something new replaces, rather those in `likely` than others.

    None where nothing is near enough, and without an encoder that is known.
    """
    if meanings is None:
        return None
    runs = _runs(question)
    if found := one_of_them(new):
        # "the hormonal one": of the kind that was spoken of first.
        return _place(runs[0], runs[0][0], runs[0][-1], kind_of(found)) if runs else None
    phrases = [phrase for run in runs for phrase in _phrases(run)]
    if not phrases:
        return None
    texts = [question[words[0].start() : words[-1].end()] for words in phrases]
    meaning = meanings([new, *texts, *_EXAMPLES])
    if meaning.encoder != _ENCODER:
        return None
    kind = kind_of(_head(new))
    vectors = meaning.vectors[: -len(_EXAMPLES)]
    near = (vectors[1:] @ vectors[0]).tolist()
    kinds = [kind_of(text) for text in texts]
    likeness = _likeness(vectors, meaning.vectors[-len(_EXAMPLES) :], [kind, *kinds])
    scores = [
        score
        + (_kinship(kind, other) or _ALIKE * like)
        + (
            _LIKELY * (-2 if kind in {Kind.DISEASE, Kind.OUTCOME} else 1)
            if text and likely.endswith(text)
            else 0
        )
        + (_ACRONYMS if new.isupper() and text.isupper() else 0)
        for score, other, text, like in zip(near, kinds, texts, likeness, strict=True)
    ]
    at = max(range(len(scores)), key=scores.__getitem__)
    best = phrases[at]
    least, people = _NEAR, kind is not kinds[at] and Kind.GROUP in {kind, kinds[at]}
    if people:
        least = _NEAR_FOR_PEOPLE if kind is Kind.GROUP else _NEAR_TO_PEOPLE
    if near[at] < least:
        return None
    if people and not re.search(r"\b(?:in|among|of|for|between) $", question[: best[0].start()]):
        return None
    run = next(each for each in runs if best[0] in each)
    longer = [
        words
        for words, score in zip(phrases, scores, strict=True)
        if set(words) >= set(best) and words[-1] is best[-1] and score >= _NEARLY * scores[at]
    ]
    start, end = run.index(max(longer, key=len, default=best)[0]), run.index(best[-1]) + 1
    # "septic" of "septic shock": what it describes goes too, while for "hip" after "exercise for knee
    # OA" it stays.
    named = kind is not Kind.UNKNOWN or " " in new
    if named and end < len(run) and kind_of(run[end - 1].group()) is Kind.UNKNOWN:
        end += 1
    while end < len(run) and re.fullmatch(r"[A-Z]?\d*[a-z]?", run[end].group()):
        end += 1
    if run[end - 1].group().casefold() == new.rsplit(" ", 1)[-1].casefold():
        start = 0
    return _place(run, run[start], run[end - 1], kind)


def one_of_them(new: str) -> str:
    """Of "the hormonal one" what tells it from others; of "pregnant ones" nothing."""
    found = _ONE.match(new)
    return found[1] if found and kind_of(found[1]) is not Kind.GROUP else ""


def with_its_noun(new: str, question: str, place: Place) -> str:
    """What is new, "the hormonal one" with the noun that it stands for."""
    found = one_of_them(new)
    noun = question[place.start : place.end].rsplit(" ", 1)[-1]
    return f"{found} {noun}" if found else new


def nearest_of(new: str, texts: list[str], meanings: Meanings | None) -> str:
    """The text nearest to something new, the last without an encoder."""
    if meanings is None:
        return texts[-1]
    vectors = meanings([new, *texts]).vectors
    return texts[int((vectors[1:] @ vectors[0]).argmax())]


def lost(question: str, rewritten: str) -> list[str]:
    """The words that say what a question is about and are gone from what it became."""
    kept = rewritten.casefold()
    return [word for word in key_words(question) if word.casefold()[:_STEM] not in kept]


def _place(run: _Run, first: re.Match[str], last: re.Match[str], kind: Kind) -> Place:
    """From one word to another of a run, without the people at its end unless they are meant."""
    words = run[run.index(first) : run.index(last) + 1]
    if kind is not Kind.GROUP and len(words) > 1 and kind_of(words[-1].group()) is Kind.GROUP:
        words = words[:-1]
    return Place(words[0].start(), words[-1].end())


def _head(phrase: str) -> str:
    """People without what is said of them, "men" of "men on ADT"; else the phrase."""
    first = re.split(r" (?:in|on|with|without|after|of|who|under|over|for) ", phrase, maxsplit=1)[0]
    return first if kind_of(first) is Kind.GROUP else phrase


def _likeness(vectors: Vectors, examples: Vectors, kinds: list[Kind]) -> list[float]:
    """How far each phrase after the first is of the sort of the first, 0 where no more than by chance."""
    sorts = examples.reshape(len(_SORTS), -1, examples.shape[1]).mean(axis=1)
    shares = np.exp(_SHARP * (vectors @ sorts.T))
    shares /= shares.sum(axis=1, keepdims=True)
    for row, kind in enumerate(kinds):
        if kind is not Kind.UNKNOWN:
            shares[row] = [kind is sort for sort in _SORTS]
    likeness: list[float] = (shares[1:] @ shares[0] - 1 / len(_SORTS)).tolist()
    return likeness


def _kinship(kind: Kind, other: Kind) -> float:
    if Kind.UNKNOWN in {kind, other}:
        return 0.0
    return _SAME_KIND if kind is other else _OTHER_KIND


def _runs(question: str) -> list[_Run]:
    """Words that stand together with nothing between them that links or asks."""
    runs: list[_Run] = [[]]
    sentence = _ASKS.match(question) is not None
    last = Kind.UNKNOWN
    for word in re.finditer(r"\w[\w'’/.+-]*[\w+]|\w|[,:;–—?]|-(?= )", question):
        text = word.group()
        if not text[0].isalnum() or _SPLITS.fullmatch(text):
            runs.append([])
            continue
        kind = kind_of(text)
        # "dapagliflozin HFpEF": typed without a word between, a drug and what it is for are two.
        if not sentence and runs[-1] and last is Kind.TREATMENT is not kind:
            runs.append([])
        runs[-1].append(word)
        last = kind
    return [run for run in runs if run]


def _phrases(run: _Run) -> list[_Run]:
    """All phrases of a run; what describes people is not told apart from them."""
    last = run[-1].group()
    people = kind_of(last) is Kind.GROUP and not re.fullmatch(r"patients?|people|users", last)
    phrases = [
        run[first:last]
        for first in range(len(run))
        for last in range(first + 1, min(first + _LONGEST, len(run)) + 1)
    ]
    if people and len(run) > 1:
        told = {Kind.TREATMENT, Kind.DISEASE}
        return [
            words for words in phrases if words[-1] is run[-1] or kind_of(words[-1].group()) in told
        ]
    return phrases
