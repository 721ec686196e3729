"""Answers to the graded questions, as a clinician would score them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from agent.answer import Answer
from agent.assistant import Assistant
from agent.intervals import rate
from corpora.errors import ModelError
from evaluation.reading.near import NearQuestion
from evaluation.reading.questions import GradedQuestion, SentenceKey, Shown, figures
from evaluation.report import Figure, Report

Progress = Callable[[int, int], None]

_RESAMPLED = 1_000


def ask_all(
    assistant: Assistant, questions: Sequence[GradedQuestion], progress: Progress
) -> list[Shown]:
    """What each question is answered with; where a language model fails, it counts as refused."""
    shown = []
    for number, question in enumerate(questions, start=1):
        try:
            answer = assistant.ask(question.question)
            confidence = answer.confidence.value if answer.confidence else ""
            shown.append(Shown(question, tuple(sentences_shown(answer)), confidence))
        except ModelError:
            shown.append(Shown(question, (), ""))
        progress(number, len(questions))
    return shown


def sentences_shown(answer: Answer) -> Iterator[SentenceKey]:
    """The sentences that an answer quotes, or that decided the verdict on a sentence of its own."""
    pmids = {each.passage.id: each.article.pmid for each in answer.evidence}
    for verdict in answer.verdicts:
        for quote in verdict.quotes[:1]:
            yield pmids[quote.key], quote.start, quote.end


def report(shown: Sequence[Shown]) -> Report:
    """Each figure with its 95 % bootstrap interval over clusters of questions."""
    clusters: dict[str, list[Shown]] = {}
    for each in shown:
        clusters.setdefault(each.question.cluster, []).append(each)
    names = list(clusters)
    random = np.random.default_rng(0)
    drawn = [
        figures(one for name in random.choice(names, len(names)) for one in clusters[name])
        for _ in range(_RESAMPLED)
    ]
    measured = [
        Figure(name, value, *np.nanpercentile([one[name] for one in drawn], [2.5, 97.5]).tolist())
        for name, value in figures(shown).items()
    ]
    answerable = sum(each.question.answerable for each in shown)
    counts = [Figure("questions", len(shown)), Figure("answerable", answerable)]
    return Report("answers", counts + measured)


def ask_near(
    assistant: Assistant, questions: Sequence[NearQuestion], progress: Progress
) -> list[tuple[NearQuestion, str]]:
    """How sure each answer is: "likely", "possible" or "nearest"; "refused" without one."""
    steps = []
    for number, question in enumerate(questions, start=1):
        answer = assistant.ask(question.question)
        steps.append((question, answer.confidence.value if answer.confidence else "refused"))
        progress(number, len(questions))
    return steps


def report_near(steps: Sequence[tuple[NearQuestion, str]]) -> Report:
    """By the second reader's verdict, the share of each step with its 95 % interval."""
    figures = []
    for verdict in ("yes", "part", "no"):
        own = [step for question, step in steps if question.verdict == verdict]
        figures += [
            Figure.of(
                f"rated {step}", rate(own.count(step), len(own)), group=f"answered: {verdict}"
            )
            for step in ("likely", "possible", "nearest", "refused")
        ]
    return Report("near", figures)
