"""Compare answers with those of experts: citations, wording and abstention.

The data is a folder with `answers.jsonl`: {"id", "question", "type", "ideal_answer": […],
"snippets": [{"pmid", "text"}]}, whose articles were imported and indexed by
`evaluation.retrieval.benchmark.prepare`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson
from rouge_score import rouge_scorer

from agent.answer import Answer, Claim, Confidence, Status, Verdict
from agent.assistant import Assistant
from agent.language.question_words import key_words
from agent.reading.sentences import whole
from agent.verification.local_verifier import LocalVerifier
from agent.verification.protocol import Verifier
from corpora.article import Article, Section
from corpora.errors import BadInput, ModelError
from evaluation.report import Figure, Report
from evaluation.retrieval.benchmark import held_out
from retrieval.passage import Evidence, Passage, Retriever

Progress = Callable[[int, int], None]
T = TypeVar("T")

# Invented drug names, checked for absence from the index before use.
_INVENTED = (
    "zolvaprexin",
    "mirtacanib",
    "quenorafelib",
    "tovadrelimab",
    "brixomycin",
    "pelvorastat",
)


@dataclass(frozen=True, slots=True)
class Expert:
    """A question with the experts' answers; `snippets` are (PMID, text), best first."""

    id: str
    question: str
    kind: str
    ideals: tuple[str, ...]
    snippets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Metrics of the answers to one data set; shares are between 0 and 1, NaN of nothing.

    `rouge_f`, `rouge_recall`: ROUGE-2 of summary questions against the best of several ideal
    answers; unanswered ones count 0. `cited_recall`: share of the experts' articles cited;
    `cited_precision`: share of cited articles that are the experts'. `words` is the mean length.
    `_held_out` excludes data that weights were fitted to. `failed` counts questions on which the
    language model failed; `unsupported` uses the answer's own verdicts, `citation_recall` and
    `_precision` those of the local verifier, so that one judge assesses every model.
    """

    questions: int
    answered: float
    failed: float
    abstained_invented: float
    doubted_invented: float
    cited_recall: float
    cited_precision: float
    rouge_f: float
    rouge_f_held_out: float
    rouge_recall: float
    words: float
    rouge_f_given_snippets: float
    rouge_recall_given_snippets: float
    words_given_snippets: float
    unsupported: float
    citation_recall: float
    citation_precision: float


def read_experts(data: Path) -> list[Expert]:
    """The questions of `answers.jsonl`.

    Raises:
        BadInput: the file cannot be read.
    """
    path = data / "answers.jsonl"
    try:
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return [
            Expert(
                str(line["id"]),
                line["question"],
                line["type"],
                tuple(line["ideal_answer"]),
                tuple((str(s["pmid"]), s["text"]) for s in line["snippets"]),
            )
            for line in lines
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Check the data set.") from error


def evaluate(assistant: Assistant, experts: Sequence[Expert], progress: Progress) -> Quality:
    """Ask every question, and every second one again about a drug that does not exist."""
    answers: list[Answer] = []
    invented: list[Answer] = []
    for number, expert in enumerate(experts, start=1):
        answers.append(_answer(assistant, expert.question))
        if number % 2 and (nothing := about_nothing(expert.question, assistant.searcher, number)):
            invented.append(_answer(assistant, nothing))
        progress(number, len(experts))
    pairs = list(zip(experts, answers, strict=True))
    summaries = [(e, a) for e, a in pairs if e.kind == "summary"]
    own = [(e, rouge(plain(a), e.ideals)) for e, a in summaries]
    texts = [_written(assistant, e) for e, _ in summaries]
    with_snippets = [rouge(t, e.ideals) for t, (e, _) in zip(texts, summaries, strict=True)]
    answered = [(e, a) for e, a in pairs if a.status is Status.ANSWERED]
    cited = [_cited(e, a) for e, a in answered]
    judge = LocalVerifier()
    judged = [(a, judge.verify([v.claim for v in a.verdicts], a.evidence)) for _, a in answered]
    return Quality(
        questions=len(experts),
        answered=len(answered) / len(experts),
        failed=_mean([a.status is Status.FAILED for a in answers]),
        abstained_invented=_mean([a.status is Status.ABSTAINED for a in invented]),
        doubted_invented=_mean(
            [a.status is Status.ABSTAINED or a.confidence is Confidence.NEAREST for a in invented]
        ),
        cited_recall=_mean([recall for recall, _ in cited]),
        cited_precision=_mean([precision for _, precision in cited]),
        rouge_f=_mean([f for _, (f, _) in own]),
        rouge_f_held_out=_mean([f for e, (f, _) in own if held_out(e.id)]),
        rouge_recall=_mean([recall for _, (_, recall) in own]),
        words=_mean([len(plain(a).split()) for _, a in summaries]),
        rouge_f_given_snippets=_mean([f for f, _ in with_snippets]),
        rouge_recall_given_snippets=_mean([recall for _, recall in with_snippets]),
        words_given_snippets=_mean([len(text.split()) for text in texts]),
        unsupported=_mean([not v.label.carries for _, a in answered for v in a.verdicts]),
        citation_recall=_mean([v.label.carries for _, verdicts in judged for v in verdicts]),
        citation_precision=_mean(
            [
                needed
                for a, verdicts in judged
                for needed in citations_needed(verdicts, a.evidence, judge)
            ]
        ),
    )


def spread(experts: Sequence[T], limit: int | None) -> list[T]:
    """An evenly spaced sample of the questions; all without a limit."""
    if limit is None or limit >= len(experts):
        return list(experts)
    return [experts[number * len(experts) // limit] for number in range(limit)]


def _answer(assistant: Assistant, question: str) -> Answer:
    """The answer; FAILED if the language model failed."""
    try:
        return assistant.ask(question)
    except ModelError as error:
        return assistant.failed(question, error)


def _written(assistant: Assistant, expert: Expert) -> str:
    """The answer text written from the experts' snippets; "" if the language model failed."""
    try:
        evidence = snippets_as_evidence(expert)
        reading = assistant.reader.read(expert.question, evidence, assistant.searcher)
        pool = [part for snippet in evidence for part in whole(snippet)]
        return plain_claims(assistant.writer.write(expert.question, pool, reading).claims)
    except ModelError:
        return ""


def citations_needed(
    verdicts: Sequence[Verdict], evidence: Sequence[Evidence], judge: Verifier
) -> Iterator[bool]:
    """For each citation whether it is needed: it carries its sentence alone, or the others do not.

    Source: citation precision of ALCE, Gao et al., "Enabling large language models to generate text
    with citations", EMNLP 2023, with Medcite's verifier as the judge.
    """
    for verdict in verdicts:
        keys = verdict.claim.keys
        if len(keys) <= 1 or not verdict.label.carries:
            yield from [verdict.label.carries] * len(keys)
            continue
        for key in keys:
            others = tuple(other for other in keys if other != key)
            text = verdict.claim.text
            alone, without = judge.verify([Claim(text, (key,)), Claim(text, others)], evidence)
            yield alone.label.carries or not without.label.carries


def plain(answer: Answer) -> str:
    """An answer's sentences without its citations."""
    return plain_claims([verdict.claim for verdict in answer.verdicts])


def plain_claims(claims: Sequence[Claim]) -> str:
    return " ".join(claim.text for claim in claims)


_SCORER = rouge_scorer.RougeScorer(["rouge2"], use_stemmer=True)


def rouge(text: str, ideals: Sequence[str]) -> tuple[float, float]:
    """(F, recall) of ROUGE-2 against the nearest of several ideal answers.

    Source: Lin, "ROUGE: a package for automatic evaluation of summaries", 2004.
    """
    if not text or not ideals:
        return 0.0, 0.0
    scores = [_SCORER.score(ideal, text)["rouge2"] for ideal in ideals]
    best = max(scores, key=lambda score: score.fmeasure)
    return float(best.fmeasure), float(best.recall)


def snippets_as_evidence(expert: Expert) -> list[Evidence]:
    """The experts' own snippets, in the form a retriever returns."""
    evidence = []
    for rank, (pmid, text) in enumerate(expert.snippets, start=1):
        article = Article(pmid, "", (Section("", " ".join(text.split())),))
        start = article.text.index("\n") + 1
        passage = Passage(
            f"{pmid}:{rank}", pmid, "", start, len(article.text), article.text[start:]
        )
        evidence.append(Evidence(passage, article, rank, 0.0))
    return evidence


def about_nothing(question: str, retriever: Retriever, seed: int) -> str | None:
    """The question with its rarest key word replaced by an invented drug name.

    None if no key word is in the index.
    """
    name = _INVENTED[seed % len(_INVENTED)]
    if any(retriever.frequency(term) for term in retriever.terms(name)):
        return None
    words = [word for word in key_words(question) if len(word) > 3]
    counts = {word: _frequency(retriever, word) for word in words}
    rarest = min((n, word) for word, n in counts.items() if n) if any(counts.values()) else None
    if rarest is None:
        return None
    return re.sub(rf"(?<!\w){re.escape(rarest[1])}(?!\w)", name, question)


def _frequency(retriever: Retriever, word: str) -> int:
    return min((retriever.frequency(term) for term in retriever.terms(word)), default=0)


def _cited(expert: Expert, answer: Answer) -> tuple[float, float]:
    """(recall, precision) of the articles cited against those of the experts' snippets."""
    gold = {pmid for pmid, _ in expert.snippets}
    cited = {source.article.pmid for source in answer.cited}
    both = len(gold & cited)
    return both / max(1, len(gold)), both / max(1, len(cited))


def _mean(values: Sequence[float | bool]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def report(quality: Quality) -> Report:
    """The figures by the names of docs/answers.md."""
    q = quality
    figures = {
        "answered": q.answered,
        "the language model failed": q.failed,
        "abstained on invented things": q.abstained_invented,
        "… or showed the nearest as no answer": q.doubted_invented,
        "experts' articles cited": q.cited_recall,
        "cited articles that are the experts'": q.cited_precision,
        "ROUGE-2 F, summary questions": q.rouge_f,
        "ROUGE-2 F on the held-out third": q.rouge_f_held_out,
        "ROUGE-2 recall": q.rouge_recall,
        "words": q.words,
        "ROUGE-2 F, given the snippets": q.rouge_f_given_snippets,
        "ROUGE-2 recall, given the snippets": q.rouge_recall_given_snippets,
        "words, given the snippets": q.words_given_snippets,
        "sentences not supported": q.unsupported,
        "citation recall (verifier as judge)": q.citation_recall,
        "citation precision (verifier as judge)": q.citation_precision,
    }
    counts = [Figure("questions", q.questions)]
    return Report("answers", counts + [Figure(name, value) for name, value in figures.items()])
