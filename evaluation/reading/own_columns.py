"""Question columns on the graded questions: precision and recall of their cells.

Each question is asked of the articles that its annotator read (`evaluation.reading.questions`). A
cell is right if its sentence is graded 1 or more; an article has an answer if one of its sentences
is graded 2 or 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.reading.reader import LocalReader
from agent.table.table import as_evidence
from corpora.errors import BadInput
from corpora.store import ArticleStore
from evaluation.reading.questions import GradedQuestion
from evaluation.report import Report
from evaluation.table.measure import Share
from retrieval.search import Searcher

_ANSWERS = 2


def measure_questions(
    searcher: Searcher,
    store: ArticleStore,
    questions: Sequence[GradedQuestion],
    progress: Callable[[int, int], None],
) -> Report:
    """Precision of filled cells, the share of them that only look like an answer, and recall over
    articles with an answer.

    Raises:
        BadInput: none of a question's articles is in the store.
    """
    reader = LocalReader(searcher.encoder)
    filled = right = misleading = with_answer = recalled = 0
    for number, question in enumerate(questions, start=1):
        articles = [a for pmid in question.articles if (a := store.get(pmid))]
        if not articles:
            raise BadInput(
                "The graded questions' articles are not in this corpus.",
                "This needs the demo literature: medcite corpus fetch demo.",
            )
        answers, *_ = reader.answers_in_each([question.question], as_evidence(articles), searcher)
        answering = {key[0] for key, grade in question.grades.items() if grade >= _ANSWERS}
        with_answer += len(answering)
        for pmid, sentence in answers.items():
            grade = question.grade((pmid, sentence.start, sentence.end))
            filled += 1
            right += grade > 0
            misleading += grade < 0
            recalled += grade > 0 and pmid in answering
        progress(number, len(questions))
    figures = [
        Share(right, filled).figure("precision"),
        Share(misleading, filled).figure("misleading"),
        Share(recalled, with_answer).figure("recall"),
    ]
    return Report("table", figures, {"columns": "questions"})
