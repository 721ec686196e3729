"""What became of recorded drafts, on graded questions: what stands, on what, and beside what.

Whether a claim is right is for a reader to say, and stands in the recordings' claims.jsonl where
one has. Until then a claim counts as resting on the answer where a sentence that it cites is graded
2 or 3: a proxy, which a false rewording of the right sentence passes, and a true claim on an
ungraded one does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.answer import Answer, Label, Quote, Status, Verdict
from agent.assistant import Assistant
from agent.judging import Judging
from agent.models.gemma import ChatModel
from corpora.errors import BadInput, ModelError
from evaluation.drafts.recordings import Finding, RecordedBackend, Unrecorded
from evaluation.reading.measure import sentences_shown
from evaluation.reading.questions import GradedQuestion, clinical_score
from evaluation.retrieval.runs import Difference, compare

Progress = Callable[[int], None]

_BEST_SCORE = 3
_USEFUL = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """A claim of the language model: its label, whether it was shown, and what it cites at best.

    `grade` is the highest of the sentences that it cites, -1 where one misleads and none is better.
    `judged` is what a reader found, None where none has read it.
    """

    shown: bool
    label: Label
    grade: int
    judged: Finding | None = None

    @property
    def flagged(self) -> bool:
        return self.label.flagged


@dataclass(slots=True)
class Score:
    """What was counted. `with_model` and `local` are clinical scores by question, 0 to 1."""

    questions: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    with_model: dict[str, float] = field(default_factory=dict)
    local: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    quoted: int = 0
    unfinished: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    unread: int = 0

    @property
    def unflagged(self) -> list[Outcome]:
        """Claims that were shown without a flag."""
        return [each for each in self.outcomes if each.shown and not each.flagged]

    @property
    def difference(self) -> Difference | None:
        """Clinical score with the model less that of the local forms, paired by question."""
        return compare(self.with_model, self.local) if self.local else None

    def figures(self) -> dict[str, float | int | None]:
        """Counts, and shares between 0 and 1; None where nothing counts."""
        shown, groundless = self.unflagged, [each for each in self.outcomes if each.grade <= 0]
        asked = sum(count for role, count in self.requests.items() if role != "repair")
        return {
            "questions": self.questions,
            "questions without all replies": len(self.unfinished),
            "questions that failed": len(self.failed),
            "claims of the model": len(self.outcomes),
            "shown unflagged": len(shown),
            "of these on a sentence graded 2 or 3": _mean(e.grade >= _USEFUL for e in shown),
            "of these on misleading sentences": _mean(e.grade < 0 for e in shown),
            "supported": _mean(each.label is Label.SUPPORTED for each in self.outcomes),
            "flagged": _mean(each.flagged for each in self.outcomes),
            "flagged of those on no graded sentence": _mean(e.flagged for e in groundless),
            **self._judged(),
            "answers given by quotations instead": self.quoted,
            "clinical score with the model": _mean(self.with_model.values()),
            "clinical score of the local forms": _mean(self.local.values()),
            "refused with the model, answered without": len(self.refused),
            "requests": asked,
            "repairs asked for": self.requests["repair"],
            "valid after one repair": 1 - self.unread / asked if asked else None,
        }

    def _judged(self) -> dict[str, float | int | None]:
        """What became of claims that a reader has judged."""
        figures: dict[str, float | int | None] = {}
        unflagged = [each.judged for each in self.unflagged if each.judged]
        for finding in Finding:
            own = [each for each in self.outcomes if each.judged is finding]
            figures[f"claims judged {finding.value}"] = len(own)
            figures[f"… supported, of {finding.value}"] = _mean(
                each.label is Label.SUPPORTED for each in own
            )
            figures[f"… flagged, of {finding.value}"] = _mean(each.flagged for each in own)
        figures["shown unflagged, judged right"] = _mean(e is Finding.RIGHT for e in unflagged)
        figures["shown unflagged, judged right or right in part"] = _mean(
            e is not Finding.WRONG for e in unflagged
        )
        return figures


def score(
    assistant: Assistant,
    questions: Sequence[GradedQuestion],
    replies: Mapping[str, str],
    progress: Progress | None = None,
    judging: Judging = Judging.UNTESTED,
    judged: Mapping[tuple[str, str], Finding] | None = None,
) -> Score:
    """Ask each question with the recorded replies, and with the local forms.

    Args:
        assistant: over the demo literature, without a language model.
        replies: by prompt hash; see `evaluation.drafts.recordings`.
        judging: what is to be taken as known of how well the recorded model judges.
        judged: what a reader found of claims, by the question's id and their text.
    """
    backend = RecordedBackend(replies)
    recorded = assistant.on(ChatModel(backend), judging=judging)
    told = Score()
    for number, question in enumerate(questions, start=1):
        try:
            _add(told, question, recorded.ask(question.question), assistant, judged or {})
        except Unrecorded:
            told.unfinished.append(question.id)
        except ModelError as error:
            told.failed[question.id] = error.message
        if progress:
            progress(number)
    told.requests = backend.asked
    return told


def graded(questions: Sequence[GradedQuestion], ids: Sequence[str]) -> list[GradedQuestion]:
    """The graded questions with these ids, in this order.

    Raises:
        BadInput: one is not graded.
    """
    known = {question.id: question for question in questions}
    if missing := [each for each in ids if each not in known]:
        raise BadInput(
            f"{len(missing)} questions are not graded ({', '.join(missing[:5])}).",
            "Recordings are scored on the graded questions that come with Medcite.",
        )
    return [known[each] for each in ids]


def _add(
    told: Score,
    question: GradedQuestion,
    answer: Answer,
    assistant: Assistant,
    judged: Mapping[tuple[str, str], Finding],
) -> None:
    local = assistant.ask(question.question)
    told.questions += 1
    told.outcomes += _outcomes(question, answer, judged)
    told.quoted += bool(answer.draft)
    told.unread += len(answer.provenance.fallbacks) + _unverified(answer)
    if question.answerable:
        told.with_model[question.id] = _clinical(question, answer)
        told.local[question.id] = _clinical(question, local)
    if answer.status is not Status.ANSWERED and local.status is Status.ANSWERED:
        told.refused.append(question.id)


def _outcomes(
    question: GradedQuestion, answer: Answer, judged: Mapping[tuple[str, str], Finding]
) -> Iterator[Outcome]:
    pmids = {each.passage.id: each.article.pmid for each in answer.evidence}

    def outcome(verdict: Verdict, *, shown: bool) -> Outcome:
        grades = [_grade(question, each, pmids) for each in verdict.claim.sentences]
        best = max(grades, default=0)
        finding = judged.get((question.id, verdict.claim.text))
        return Outcome(shown, verdict.label, -1 if best == 0 and -1 in grades else best, finding)

    for verdict in answer.verdicts:
        if verdict.claim.sentences:  # quotations of the local writer cite whole passages
            yield outcome(verdict, shown=True)
    for verdict in answer.draft:
        yield outcome(verdict, shown=False)


def _grade(question: GradedQuestion, quote: Quote, pmids: Mapping[str, str]) -> int:
    return question.grade((pmids.get(quote.key, ""), quote.start, quote.end))


def _clinical(question: GradedQuestion, answer: Answer) -> float:
    """Of what is shown without a flag."""
    kept = tuple(verdict for verdict in answer.verdicts if not verdict.label.flagged)
    shown = list(sentences_shown(replace(answer, verdicts=kept)))
    return clinical_score(question, shown) / _BEST_SCORE


def _unverified(answer: Answer) -> bool:
    """Whether the model's verdicts could not be read."""
    checks = [check for v in (*answer.verdicts, *answer.draft) for check in v.checks]
    return any(c.name == "model" and c.finding.startswith("was not asked") for c in checks)


def _mean(values: Iterable[float]) -> float | None:
    every = list(values)
    return sum(every) / len(every) if every else None
