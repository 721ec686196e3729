"""Score recorded drafts on graded questions: which claims are shown, and what they cite.

Whether a claim is right is for a human to judge, recorded in claims.jsonl. Without a judgement, a
claim counts as grounded if a sentence it cites is graded 2 or 3: a proxy, which a false rewording
of the right sentence passes and a true claim on an ungraded sentence does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.answer import Answer, Label, Quote, Status, Verdict
from agent.assistant import Assistant
from agent.judging import Judging
from agent.models.chat_model import ChatModel
from corpora.errors import BadInput, ModelError
from evaluation.drafts.recordings import Judgement, RecordedBackend, Unrecorded
from evaluation.reading.measure import sentences_shown
from evaluation.reading.questions import GradedQuestion, clinical_score
from evaluation.report import Figure, Report
from evaluation.retrieval.runs import Difference, compare

Progress = Callable[[int, int], None]

_BEST_SCORE = 3
_USEFUL = 2


@dataclass(frozen=True, slots=True)
class DraftOutcome:
    """A claim of the language model: its label, whether it was shown, and its best citation.

    `grade` is the highest of its cited sentences, -1 if one is misleading and none is better.
    `judged` is the human judgement, None if there is none.
    """

    shown: bool
    label: Label
    grade: int
    judged: Judgement | None = None

    @property
    def flagged(self) -> bool:
        return self.label.flagged


@dataclass(slots=True)
class Score:
    """Counts and scores. `with_model` and `local` are clinical scores by question, 0 to 1."""

    questions: int = 0
    outcomes: list[DraftOutcome] = field(default_factory=list)
    with_model: dict[str, float] = field(default_factory=dict)
    local: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    quoted: int = 0
    unfinished: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    unread: int = 0

    @property
    def unflagged(self) -> list[DraftOutcome]:
        """Claims shown without a flag."""
        return [outcome for outcome in self.outcomes if outcome.shown and not outcome.flagged]

    @property
    def difference(self) -> Difference | None:
        """Clinical score with the model minus that without one, paired by question."""
        return compare(self.with_model, self.local) if self.local else None

    def figures(self) -> dict[str, float | int | None]:
        """Counts, and shares between 0 and 1; None for a share of nothing."""
        shown = self.unflagged
        groundless = [outcome for outcome in self.outcomes if outcome.grade <= 0]
        requests = sum(count for role, count in self.requests.items() if role != "repair")
        return {
            "questions": self.questions,
            "questions without all replies": len(self.unfinished),
            "questions that failed": len(self.failed),
            "claims of the model": len(self.outcomes),
            "shown unflagged": len(shown),
            "of these on a sentence graded 2 or 3": _mean(e.grade >= _USEFUL for e in shown),
            "of these on misleading sentences": _mean(e.grade < 0 for e in shown),
            "supported": _mean(e.label is Label.SUPPORTED for e in self.outcomes),
            "flagged": _mean(e.flagged for e in self.outcomes),
            "flagged of those on no graded sentence": _mean(e.flagged for e in groundless),
            **self._judged(),
            "answers given by quotations instead": self.quoted,
            "clinical score with the model": _mean(self.with_model.values()),
            "clinical score of the local forms": _mean(self.local.values()),
            "refused with the model, answered without": len(self.refused),
            "requests": requests,
            "repairs asked for": self.requests["repair"],
            "valid after one repair": 1 - self.unread / requests if requests else None,
        }

    def _judged(self) -> dict[str, float | int | None]:
        """Figures for claims with a human judgement."""
        figures: dict[str, float | int | None] = {}
        unflagged = [outcome.judged for outcome in self.unflagged if outcome.judged]
        for judgement in Judgement:
            own = [outcome for outcome in self.outcomes if outcome.judged is judgement]
            figures[f"claims judged {judgement.value}"] = len(own)
            figures[f"… supported, of {judgement.value}"] = _mean(
                outcome.label is Label.SUPPORTED for outcome in own
            )
            figures[f"… flagged, of {judgement.value}"] = _mean(outcome.flagged for outcome in own)
        figures["shown unflagged, judged right"] = _mean(j is Judgement.RIGHT for j in unflagged)
        figures["shown unflagged, judged right or right in part"] = _mean(
            j is not Judgement.WRONG for j in unflagged
        )
        return figures


def report(scores: Score) -> Report:
    """The figures of docs/with-a-model.md; items are questions refused, unfinished or failed."""
    figures = [Figure(name, value) for name, value in scores.figures().items()]
    if gain := scores.difference:
        figures.append(Figure.of("clinical score, difference", gain, len(scores.local)))
    items = [{"id": qid, "outcome": "refused"} for qid in scores.refused]
    items += [{"id": qid, "outcome": "unfinished"} for qid in scores.unfinished]
    items += [{"id": qid, "outcome": f"failed: {why}"} for qid, why in scores.failed.items()]
    notes = [f"{qid}: {why}" for qid, why in scores.failed.items()]
    return Report("drafts score", figures, notes=notes, items=items)


def score(
    assistant: Assistant,
    questions: Sequence[GradedQuestion],
    replies: Mapping[str, str],
    progress: Progress | None = None,
    judging: Judging = Judging.UNTESTED,
    judged: Mapping[tuple[str, str], Judgement] | None = None,
) -> Score:
    """Ask each question with the recorded replies, and without a language model.

    Args:
        assistant: over the demo literature, without a language model.
        replies: by prompt hash; see `evaluation.drafts.recordings`.
        judging: how well the recorded model is assumed to judge.
        judged: human judgements of claims by question id and claim text.
    """
    backend = RecordedBackend(replies)
    recorded = assistant.on(ChatModel(backend), judging=judging)
    result = Score()
    for number, question in enumerate(questions, start=1):
        try:
            _add(result, question, recorded.ask(question.question), assistant, judged or {})
        except Unrecorded:
            result.unfinished.append(question.id)
        except ModelError as error:
            result.failed[question.id] = error.message
        if progress:
            progress(number, len(questions))
    result.requests = backend.asked
    return result


def graded(questions: Sequence[GradedQuestion], ids: Sequence[str]) -> list[GradedQuestion]:
    """The graded questions with these ids, in this order.

    Raises:
        BadInput: one is not graded.
    """
    by_id = {question.id: question for question in questions}
    if missing := [identifier for identifier in ids if identifier not in by_id]:
        raise BadInput(
            f"{len(missing)} questions are not graded ({', '.join(missing[:5])}).",
            "Recordings are scored on the graded questions that come with Medcite.",
        )
    return [by_id[identifier] for identifier in ids]


def _add(
    result: Score,
    question: GradedQuestion,
    answer: Answer,
    assistant: Assistant,
    judged: Mapping[tuple[str, str], Judgement],
) -> None:
    local = assistant.ask(question.question)
    result.questions += 1
    result.outcomes += _outcomes(question, answer, judged)
    result.quoted += bool(answer.draft)
    result.unread += len(answer.provenance.fallbacks) + _unverified(answer)
    if question.answerable:
        result.with_model[question.id] = _clinical(question, answer)
        result.local[question.id] = _clinical(question, local)
    if answer.status is not Status.ANSWERED and local.status is Status.ANSWERED:
        result.refused.append(question.id)


def _outcomes(
    question: GradedQuestion, answer: Answer, judged: Mapping[tuple[str, str], Judgement]
) -> Iterator[DraftOutcome]:
    pmids = {evidence.passage.id: evidence.article.pmid for evidence in answer.evidence}

    def outcome(verdict: Verdict, *, shown: bool) -> DraftOutcome:
        grades = [_grade(question, quote, pmids) for quote in verdict.claim.sentences]
        best = max(grades, default=0)
        judgement = judged.get((question.id, verdict.claim.text))
        return DraftOutcome(
            shown, verdict.label, -1 if best == 0 and -1 in grades else best, judgement
        )

    for verdict in answer.verdicts:
        if verdict.claim.sentences:  # quotations of the local writer cite whole passages
            yield outcome(verdict, shown=True)
    for verdict in answer.draft:
        yield outcome(verdict, shown=False)


def _grade(question: GradedQuestion, quote: Quote, pmids: Mapping[str, str]) -> int:
    return question.grade((pmids.get(quote.key, ""), quote.start, quote.end))


def _clinical(question: GradedQuestion, answer: Answer) -> float:
    """The clinical score of what is shown without a flag."""
    kept = tuple(verdict for verdict in answer.verdicts if not verdict.label.flagged)
    shown = list(sentences_shown(replace(answer, verdicts=kept)))
    return clinical_score(question, shown) / _BEST_SCORE


def _unverified(answer: Answer) -> bool:
    """Whether the model's verdicts could not be read."""
    checks = [check for v in (*answer.verdicts, *answer.draft) for check in v.checks]
    return any(c.name == "model" and c.finding.startswith("was not asked") for c in checks)


def _mean(values: Iterable[float]) -> float | None:
    items = list(values)
    return sum(items) / len(items) if items else None
