"""The extractive writer, without a language model: it quotes answer sentences word for word.

The reader (`agent.reading`) scores the sentences; the writer selects a few, from several studies
where there are several, without duplicates. It cannot combine findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer import Claim, Confidence, Verdict
from agent.language.claims import claims_nothing
from agent.language.stems import stems
from agent.reading.reader import Reading, Scored
from agent.writing.protocol import Draft
from retrieval.passage import Evidence

# A sentence is quoted if its score is at least this share of the best one's. Set by out-of-fold
# scores of the training questions; the numbers below by the tuning part (docs/answers.md).
_WORTH_SHARE = 0.65
# The first sentence of another article may score this much less, because it adds a study.
_OTHER_STUDY = 0.25
_MOST_PER_ARTICLE = 3
# The number of nearest sentences quoted where probably nothing answers.
_MOST_NEAREST = 2
# Two sentences that share at least this part of the shorter one's words are duplicates.
_COPY = 0.8


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """Extract answer sentences. `most` is the maximum number of sentences in an answer."""

    most: int = 5

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        """Quote the best sentences, grouped by article, the best first."""
        most = _MOST_NEAREST if reading.confidence is Confidence.NEAREST else self.most
        passages = {
            scored: passage
            for scored in reading.sentences
            if (passage := _passage_of(scored, evidence))
            and not claims_nothing(scored.sentence.text)
        }
        chosen = ordered(choose(list(passages), most))
        return Draft(tuple(Claim(scored.sentence.text, (passages[scored],)) for scored in chosen))

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        return [verdict.claim for verdict in verdicts if not verdict.label.flagged]


def choose(sentences: Sequence[Scored], most: int) -> list[Scored]:
    """From sentences sorted by score, select those to quote; their order is kept."""
    chosen: list[Scored] = []
    if not sentences:
        return chosen
    threshold = _WORTH_SHARE * sentences[0].score
    used: Counter[str] = Counter()
    for scored in sentences:
        pmid = scored.sentence.pmid
        bonus = _OTHER_STUDY * sentences[0].score if chosen and not used[pmid] else 0.0
        if chosen and scored.score < threshold - bonus:
            continue
        if used[pmid] >= _MOST_PER_ARTICLE or any(_copies(scored, other) for other in chosen):
            continue
        chosen.append(scored)
        used[pmid] += 1
        if len(chosen) == most:
            break
    return chosen


def ordered(chosen: Sequence[Scored]) -> list[Scored]:
    """Group sentences by article, articles and sentences by score; but a sentence comes right after
    the one that it follows in its abstract, which "its" and "however" refer to.
    """
    first = {pmid: place for place, pmid in reversed(list(enumerate(_pmids(chosen))))}
    lines: list[Scored] = []
    for scored in sorted(chosen, key=lambda scored: first[scored.sentence.pmid]):
        place = next((i for i, other in enumerate(lines) if _follows(other, scored)), len(lines))
        lines.insert(place, scored)
    return lines


def _follows(scored: Scored, previous: Scored) -> bool:
    """Whether a sentence comes right after another in the same abstract."""
    same = scored.sentence.pmid == previous.sentence.pmid
    return same and scored.sentence.number == previous.sentence.number + 1


def _passage_of(scored: Scored, evidence: Sequence[Evidence]) -> str:
    """The id of the passage that contains a sentence; "" where the evidence has none."""
    sentence = scored.sentence
    return next(
        (
            piece.passage.id
            for piece in evidence
            if piece.article.pmid == sentence.pmid
            and piece.passage.start <= sentence.start
            and sentence.end <= piece.passage.end
        ),
        "",
    )


def _pmids(chosen: Sequence[Scored]) -> list[str]:
    return [scored.sentence.pmid for scored in chosen]


def _copies(one: Scored, other: Scored) -> bool:
    first, second = stems(one.sentence.text), stems(other.sentence.text)
    return len(first & second) >= _COPY * max(1, min(len(first), len(second)))
