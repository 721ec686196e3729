"""The benchmarks of verification: what is run, and what is reported of it."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent.answer import Claim
from agent.intervals import Rate, rate
from agent.verification.classifier import Opinion, ShippedJudge, Thresholds
from agent.verification.extract import ClaimWithSentences
from agent.verification.plain_text import PlainClaim, as_evidence, verify_plain
from agent.verification.trained import LocalVerifier
from evaluation.verification import baselines as alike
from evaluation.verification.perturbations import THRESHOLD_DIGIT, TRUE_KINDS, Case, suite

# What a baseline may flag of the reworded true claims that its threshold is chosen on.
_BASELINE_ALARMS = 0.08
_PAIRS, _CLAIMS, _PASSAGES = 700, 6, 5
# Baselines encode every sentence of every passage; a part of the cases tells enough of them.
_BASELINE_EVERY = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A table to read, and all figures."""

    table: str
    figures: dict[str, Any]


class AllCarried:
    """A judge that is sure of everything: what is left are the hard checks alone."""

    thresholds = Thresholds(0.5, 1.1, 0.0)

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [Opinion(1.0, 0.0)] * len(asked)


def perturbations(home: Path, *, baselines: bool) -> Found:
    """Share of each kind that is judged right: true claims marked supported, false ones not.

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
        some = cases[::_BASELINE_EVERY]
        for name, green in _baselines(home, some).items():
            rates[name] = {kind: _caught(some, green, kind) for kind in kinds}
    lines = [
        f"| {len(cases)} cases | n | " + " | ".join(rates) + " |",
        "|---" * (len(rates) + 2) + "|",
    ]
    for kind in kinds:
        name = f"{kind}: false alarms" if kind in TRUE_KINDS else f"{kind}: caught"
        count = rates["both"][kind].count
        shown = " | ".join(str(of_kind[kind]) for of_kind in rates.values())
        lines.append(f"| {name} | {count} | {shown} |")
    missed = [
        {"kind": case.kind, "claim": case.claim, "made of": case.made_of}
        for case, green in zip(cases, marked["both"], strict=True)
        if green != case.holds
    ]
    figures = {
        "rates": {n: {k: asdict(r) for k, r in of.items()} for n, of in rates.items()},
        "wrong": missed,
    }
    return Found("\n".join(lines), figures)


def _marked(verifier: LocalVerifier, cases: Sequence[Case]) -> list[bool]:
    claims = [PlainClaim(str(i), case.claim, (case.evidence,)) for i, case in enumerate(cases)]
    return [v.label.carries for v in verify_plain(verifier, claims)]


def _caught(cases: Sequence[Case], marked: Sequence[bool], kind: str) -> Rate:
    """Share of a kind that carries no mark."""
    unmarked = [not green for case, green in zip(cases, marked, strict=True) if case.kind == kind]
    return rate(sum(unmarked), len(unmarked))


def _baselines(home: Path, cases: Sequence[Case]) -> dict[str, list[bool]]:
    """Likeness as a verdict, its threshold chosen on reworded claims of other articles."""
    from retrieval.encoder import load_encoder

    encoder = load_encoder()
    tuning = [case for case in suite(home, THRESHOLD_DIGIT) if case.kind == "paraphrase"]
    tuning = tuning[::_BASELINE_EVERY]
    chosen = [(case.claim, case.evidence) for case in tuning]
    pairs = [(case.claim, case.evidence) for case in cases]
    found = {}
    for name, score in (
        ("cosine", lambda some: alike.cosines(encoder, some)),
        ("ROUGE-L", alike.rouge_l),
    ):
        least = float(np.quantile(score(chosen), _BASELINE_ALARMS))
        found[name] = [bool(each >= least) for each in score(pairs)]
    return found


def speed(home: Path) -> Found:
    """Pairs a second on passages of about 256 tokens, an answer's time, and the memory added.

    The claims are reworded or changed sentences, so that none is settled by being verbatim. Memory
    counts from a process that has encoded a question, as one that answers has.
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
    figures = {
        "pairs": len(paired),
        "pairs a second": round(len(paired) / spent, 1),
        # What this process itself computed: what is left when others use the machine too.
        "pairs a second of one core": round(len(paired) / computed, 1),
        f"an answer of {_CLAIMS} claims on {_PASSAGES} passages (s, median)": round(
            float(np.median(times)), 3
        ),
        "… of one core": round(computed_of_answers / len(times), 3),
        "memory added by answers (MB)": round(of_answers),
        "memory added (MB)": round(_memory() - before),
        "labels": Counter(verdict.label.value for verdict in verdicts),
    }
    return Found("\n".join(f"{name}: {value}" for name, value in figures.items()), figures)


def _answer_time(verifier: LocalVerifier, claims: Sequence[PlainClaim]) -> float:
    """Seconds to verify an answer that was not seen before, lookups for what fails included."""
    evidence = [as_evidence(str(i), one.texts[0]) for i, one in enumerate(claims[:_PASSAGES])]
    asked = [Claim(one.claim, (str(i % _PASSAGES),)) for i, one in enumerate(claims)]
    began = time.perf_counter()
    verifier.verify(asked, evidence)
    return time.perf_counter() - began


def _long(case: Case) -> str:
    """The evidence, filled up to the length of a whole passage."""
    words = case.evidence.split()
    return " ".join(words) if len(words) >= 150 else " ".join([*words, *words[: 170 - len(words)]])


def _memory() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
