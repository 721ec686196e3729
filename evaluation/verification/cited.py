"""Citations of answers without a language model, judged by the experts' articles and snippets.

A citation is right by article if experts marked its article for the question, and right by snippet
if, in addition, the quoted span and one of their snippets of that article share a run of words.
Recall is over the experts' articles and snippets of the answered questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from agent.answer import Answer, Status
from agent.assistant import Assistant
from corpora.home import Home
from evaluation.answers.benchmark import Expert, read_experts
from evaluation.report import Figure, Report
from evaluation.verification.statistics import accuracy, bootstrap

_WORD = re.compile(r"\w+")
# Length of a shared run of words; a shorter span must match completely.
_RUN = 6
# Per measure: for each judged item, its question and whether it is right.
Judged = dict[str, list[tuple[str, bool]]]


def citations(home: Home, data: Path, most: int, seed: int = 0) -> Report:
    """Ask `most` of the questions, sampled at random, and judge the citations of the answers.

    Raises:
        BadInput: there are no such questions.
    """
    experts = read_experts(data)
    experts = Random(seed).sample(experts, min(most, len(experts)))
    judged: Judged = {}
    answered = 0
    with Assistant.open(home) as assistant:
        for expert in experts:
            answer = assistant.ask(expert.question)
            if answer.status is Status.ANSWERED:
                answered += 1
                for name, right in judge(expert, answer):
                    judged.setdefault(name, []).append((expert.id, right))
    figures = [Figure("questions", len(experts)), Figure("answered", answered)]
    for name, items in judged.items():
        outcomes = ["right" if right else "wrong" for _, right in items]
        groups = [group for group, _ in items]
        share = bootstrap(accuracy, ["right"] * len(outcomes), outcomes, groups)
        figures.append(Figure.of(name, share))
    return Report("verification citations", figures)


def judge(expert: Expert, answer: Answer) -> list[tuple[str, bool]]:
    """Each citation, and each article and snippet of the experts, with whether it is right."""
    pmid_of = {evidence.passage.id: evidence.article.pmid for evidence in answer.evidence}
    quoted = [
        (pmid_of[quote.key], quote.text)
        for verdict in answer.verdicts
        for quote in verdict.quotes
        if quote.key in verdict.claim.keys and quote.key in pmid_of
    ]
    cited = [pmid_of[key] for v in answer.verdicts for key in v.claim.keys if key in pmid_of]
    gold = dict.fromkeys(pmid for pmid, _ in expert.snippets)
    judged = [("precision by article", pmid in gold) for pmid in cited]
    judged += [
        ("precision by snippet", any(p == pmid and overlaps(q, s) for p, s in expert.snippets))
        for pmid, q in quoted
    ]
    judged += [("recall of articles", pmid in cited) for pmid in gold]
    judged += [
        ("recall of snippets", any(p == pmid and overlaps(q, s) for pmid, q in quoted))
        for p, s in expert.snippets
    ]
    return judged


def overlaps(one: str, other: str) -> bool:
    """Whether two texts share six consecutive words, or all words of a shorter text."""
    words, others = _WORD.findall(one.casefold()), _WORD.findall(other.casefold())
    length = min(_RUN, len(words), len(others))
    return length > 0 and bool(_runs(words, length) & _runs(others, length))


def _runs(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
