"""A writer that needs no language model: it quotes the sentences that answer, word for word.

The reader says which these are (`agent.reading`); the writer takes few, from the several studies
there are, and none twice. What it does not know: how to join findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Claim, Confidence, Verdict
from agent.language.claims import claims_nothing
from agent.language.stems import stems
from agent.reading.reader import Reading, Scored
from agent.writing.writer import Draft
from retrieval.passage import Evidence

# A sentence is quoted while it is worth this share of the best one. Fitted, like the numbers below,
# to the clinical score on the tuning part of the graded questions (docs/answers.md).
_WORTH_SHARE = 0.7
# What another article's finding may be worth less, since it is another study's.
_OTHER_STUDY = 0.4
_MOST_PER_ARTICLE = 3
# Where probably nothing answers, so many of the nearest.
_MOST_NEAREST = 2
# Two sentences that share this part of the shorter one's words say the same.
_COPY = 0.8


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """Extracts. `most` is the number of sentences an answer has at the most."""

    most: int = 5

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        """The best sentences of the articles read, each article's together, the best first."""
        most = _MOST_NEAREST if reading.confidence is Confidence.NEAREST else self.most
        homes = {
            each: home
            for each in reading.sentences
            if (home := _home(each, evidence)) and not claims_nothing(each.sentence.text)
        }
        chosen = ordered(choose(list(homes), most))
        return Draft(tuple(Claim(each.sentence.text, (homes[each],)) for each in chosen))

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        return [verdict.claim for verdict in verdicts if not verdict.label.flagged]


def choose(sentences: Sequence[Scored], most: int) -> list[Scored]:
    """Of sentences, the best first, those that are worth quoting, the best first."""
    chosen: list[Scored] = []
    if not sentences:
        return chosen
    least = _WORTH_SHARE * sentences[0].score
    spent: Counter[str] = Counter()
    for each in sentences:
        pmid = each.sentence.pmid
        bar = least - (_OTHER_STUDY * sentences[0].score if chosen and not spent[pmid] else 0.0)
        if chosen and each.score < bar:
            continue
        if spent[pmid] >= _MOST_PER_ARTICLE or any(_copies(each, other) for other in chosen):
            continue
        chosen.append(each)
        spent[pmid] += 1
        if len(chosen) == most:
            break
    return chosen


def ordered(chosen: Sequence[Scored]) -> list[Scored]:
    """Each article's sentences together, the article of the best one first; of an article the best
    one first, but a sentence after the one that it follows in the abstract: what "its" and
    "however" point to stands there.
    """
    first = {pmid: place for place, pmid in reversed(list(enumerate(_pmids(chosen))))}
    lines: list[Scored] = []
    for each in sorted(chosen, key=lambda each: first[each.sentence.pmid]):
        after = next((i for i, other in enumerate(lines) if _follows(other, each)), len(lines))
        lines.insert(after, each)
    return lines


def _follows(one: Scored, other: Scored) -> bool:
    """Whether one comes right after the other in its abstract."""
    same = one.sentence.pmid == other.sentence.pmid
    return same and one.sentence.number == other.sentence.number + 1


def _home(scored: Scored, evidence: Sequence[Evidence]) -> str:
    """The passage that holds a sentence; "" where its article is not among what is read on."""
    sentence = scored.sentence
    return next(
        (
            each.passage.id
            for each in evidence
            if each.article.pmid == sentence.pmid
            and each.passage.start <= sentence.start
            and sentence.end <= each.passage.end
        ),
        "",
    )


def _pmids(chosen: Sequence[Scored]) -> list[str]:
    return [each.sentence.pmid for each in chosen]


def _copies(one: Scored, other: Scored) -> bool:
    first, second = stems(one.sentence.text), stems(other.sentence.text)
    return len(first & second) >= _COPY * max(1, min(len(first), len(second)))
