"""What the planner changes in questions as typed: names of drugs and typing errors.

    medcite evaluate typed --home HOME

Lists each replacement in the graded questions with its number of questions, for reading by eye,
and says how many of 600 words with one random typing error are corrected. HOME has an index.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter

from agent.language.spelling import meant, without_slips
from agent.language.synonyms import clinical_terms, drug_names, names_in_full
from corpora.home import Home
from evaluation.reading.questions import read_questions
from evaluation.report import Figure, Report
from retrieval.encoder import load_encoder
from retrieval.passage import Retriever
from retrieval.search import Searcher

_WORDS, _FEWEST = 600, 3
_WORD = re.compile(r"\b[a-z]{7,}\b")


def measure(home: Home) -> Report:
    """Counts of replacements and corrections over the index of `home`; notes list each one."""
    retriever = Searcher(home, load_encoder())
    questions = [question.question for question in read_questions()]
    drugs: Counter[tuple[str, str]] = Counter()
    slips: Counter[tuple[str, str]] = Counter()
    for question in questions:
        full, replaced = names_in_full(question)
        generics = drug_names().values()
        drugs.update((name, to) for name, to in replaced.items() if to in generics)
        slips.update(without_slips(clinical_terms(full)[0], retriever)[1].items())
    figures, notes = [], []
    for title, changes in (("names of drugs", drugs), ("typing errors", slips)):
        figures.append(Figure(f"{title}, different", len(changes)))
        figures.append(Figure(f"{title}, in all", changes.total()))
        notes += [f"{old} → {new} ({n})" for (old, new), n in sorted(changes.items())]
    right, wrong, total = corrected(questions, retriever)
    figures.append(Figure("words with a random error, corrected rightly", right, n=total))
    figures.append(Figure("words with a random error, corrected wrongly", wrong, n=total))
    return Report("typed", figures, notes=notes)


def corrected(questions: list[str], retriever: Retriever) -> tuple[int, int, int]:
    """(right, wrong, all) of words given one random error that makes a word no article contains."""
    chance = random.Random(3)  # noqa: S311
    known = [
        word
        for word in sorted({word for text in questions for word in _WORD.findall(text)})
        if len(terms := retriever.terms(word)) == 1 and retriever.frequency(terms[0]) >= _FEWEST
    ]
    right = wrong = total = 0
    for word in chance.sample(known, min(_WORDS, len(known))):
        typed = _mistyped(word, chance)
        if any(map(retriever.frequency, retriever.terms(typed))):
            continue
        total += 1
        if read := meant(typed, retriever):
            same = retriever.terms(read) == retriever.terms(word)
            right, wrong = right + same, wrong + (not same)
    return right, wrong, total


def _mistyped(word: str, chance: random.Random) -> str:
    """The word with a letter after the second deleted, inserted, replaced or transposed."""
    at = chance.randrange(2, len(word) - 1)
    letter = chance.choice(string.ascii_lowercase)
    forms = (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return chance.choice(forms)
