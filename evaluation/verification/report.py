"""Verification benchmarks on perturbations and speed."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agent.answer import Claim
from agent.intervals import Rate, rate
from agent.verification.classifier import Opinion, ShippedJudge, Thresholds
from agent.verification.extract import ClaimWithSentences
from agent.verification.local_verifier import LocalVerifier
from agent.verification.plain_text import PlainClaim, as_evidence, verify_plain
from evaluation.report import Figure, Report
from evaluation.verification.baselines import cosines, rouge_l
from evaluation.verification.perturbations import THRESHOLD_DIGIT, TRUE_KINDS, Case, suite

# Share of reworded true claims that a baseline may flag, which determines its threshold.
_BASELINE_ALARMS = 0.08
_PAIRS, _CLAIMS, _PASSAGES = 700, 6, 5
# Baselines encode every sentence of every passage, so they use only a part of the cases.
_BASELINE_EVERY = 4


class AllCarried:
    """A judge that accepts everything, so that only the hard checks decide."""

    thresholds = Thresholds(0.5, 1.1, 0.0)

    def opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [Opinion(1.0, 0.0)] * len(pairs)


def perturbations(home: Path, *, baselines: bool) -> Report:
    """Rates by kind: false claims caught, and false alarms on true claims.

    Any label but SUPPORTED counts as caught on a false claim and as a false alarm on a true one.
    """
    cases = suite(home)
    judge = ShippedJudge()
    ways = {
        "both": LocalVerifier(judge),
        "checks": LocalVerifier(AllCarried()),
        "judge": LocalVerifier(judge, checks=()),
    }
    marked = {name: _marked(verifier, cases) for name, verifier in ways.items()}
    kinds = list(dict.fromkeys(case.kind for case in cases))
    rates = {
        name: {kind: _caught(cases, green, kind) for kind in kinds}
        for name, green in marked.items()
    }
    if baselines:
        subset = cases[::_BASELINE_EVERY]
        for name, green in _baselines(home, subset).items():
            rates[name] = {kind: _caught(subset, green, kind) for kind in kinds}
    figures = [
        Figure.of(name, of_kind[kind], group=f"{kind}: {_wanted(kind)}")
        for kind in kinds
        for name, of_kind in rates.items()
    ]
    missed = [
        {"kind": case.kind, "claim": case.claim, "made of": case.made_of}
        for case, green in zip(cases, marked["both"], strict=True)
        if green != case.holds
    ]
    return Report("verification perturbations", figures, {"cases": len(cases)}, items=missed)


def _wanted(kind: str) -> str:
    """What marking a claim of this kind as not supported is."""
    return "false alarms" if kind in TRUE_KINDS else "caught"


def _marked(verifier: LocalVerifier, cases: Sequence[Case]) -> list[bool]:
    claims = [PlainClaim(str(i), case.claim, (case.evidence,)) for i, case in enumerate(cases)]
    return [v.label.carries for v in verify_plain(verifier, claims)]


def _caught(cases: Sequence[Case], marked: Sequence[bool], kind: str) -> Rate:
    """The share of a kind that is not marked as supported."""
    unmarked = [not green for case, green in zip(cases, marked, strict=True) if case.kind == kind]
    return rate(sum(unmarked), len(unmarked))


def _baselines(home: Path, cases: Sequence[Case]) -> dict[str, list[bool]]:
    """Similarity as a verdict, with a threshold chosen on reworded claims of other articles."""
    from retrieval.encoder import load_encoder

    encoder = load_encoder()
    tuning = [case for case in suite(home, THRESHOLD_DIGIT) if case.kind == "paraphrase"]
    tuning = tuning[::_BASELINE_EVERY]
    chosen = [(case.claim, case.evidence) for case in tuning]
    pairs = [(case.claim, case.evidence) for case in cases]
    marked = {}
    for name, score in (
        ("cosine", lambda texts: cosines(encoder, texts)),
        ("ROUGE-L", rouge_l),
    ):
        least = float(np.quantile(score(chosen), _BASELINE_ALARMS))
        marked[name] = [bool(value >= least) for value in score(pairs)]
    return marked


def speed(home: Path) -> Report:
    """Pairs per second on passages of about 256 tokens, the time of an answer, and memory added.

    The claims are reworded or changed sentences, so that none is accepted as verbatim. Memory is
    relative to a process that has encoded a question, as when answering.
    """
    from retrieval.encoder import load_encoder

    cases = [case for case in suite(home) if case.kind != "verbatim"][:_PAIRS]
    claims = [PlainClaim(str(i), case.claim, (_long(case),)) for i, case in enumerate(cases)]
    paired, answered = claims[: -10 * _CLAIMS], claims[-10 * _CLAIMS :]
    load_encoder().encode_queries(["Does aspirin lower fever?"])
    verifier = LocalVerifier()
    before = _memory()
    list(verify_plain(verifier, answered[:1]))
    computing = time.process_time()
    times = [
        _answer_time(verifier, answered[start : start + _CLAIMS])
        for start in range(0, len(answered), _CLAIMS)
    ]
    computed_of_answers = time.process_time() - computing
    of_answers = _memory() - before
    began, computing = time.perf_counter(), time.process_time()
    verdicts = list(verify_plain(verifier, paired))
    spent, computed = time.perf_counter() - began, time.process_time() - computing
    # Processor time does not depend on other load.
    figures = {
        "pairs": len(paired),
        "pairs a second": len(paired) / spent,
        "pairs a second of one core": len(paired) / computed,
        f"an answer of {_CLAIMS} claims on {_PASSAGES} passages (s, median)": float(
            np.median(times)
        ),
        "… of one core": computed_of_answers / len(times),
        "memory added by answers (MB)": of_answers,
        "memory added (MB)": _memory() - before,
    }
    labels = Counter(verdict.label.value for verdict in verdicts)
    figures |= {f"labelled {label}": count for label, count in labels.items()}
    return Report("verification speed", [Figure(name, value) for name, value in figures.items()])


def _answer_time(verifier: LocalVerifier, claims: Sequence[PlainClaim]) -> float:
    """Seconds to verify a new answer, including lookups for claims that fail."""
    evidence = [as_evidence(str(i), claim.texts[0]) for i, claim in enumerate(claims[:_PASSAGES])]
    cited = [Claim(claim.claim, (str(i % _PASSAGES),)) for i, claim in enumerate(claims)]
    began = time.perf_counter()
    verifier.verify(cited, evidence)
    return time.perf_counter() - began


def _long(case: Case) -> str:
    """The evidence, padded to the length of a whole passage."""
    words = case.evidence.split()
    return " ".join(words) if len(words) >= 150 else " ".join([*words, *words[: 170 - len(words)]])


def _memory() -> float:
    """Peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
