"""The benchmarks of verification: what is run, and what is reported of it."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agent.answer import Label
from agent.verification.cross_encoder import (
    Calibration,
    Network,
    NetworkScorer,
    Probabilities,
    Scorer,
    ShippedCrossEncoder,
    Thresholds,
    weights_folder,
)
from agent.verification.local import LocalVerifier
from agent.verification.plain import PlainClaim, verify_plain
from evaluation.verification import baselines as alike
from evaluation.verification.labelled import LabelledPair, Relation, read_healthver
from evaluation.verification.perturbations import TRUE_KINDS, Case, suite
from evaluation.verification.statistics import (
    Rate,
    accuracy,
    bootstrap,
    calibration_error,
    confusion,
    macro_f1,
    per_class,
    rate,
)
from evaluation.verification.training.calibrate import scaling
from evaluation.verification.training.pairs import THRESHOLD_DIGIT
from evaluation.verification.training.train import fold_outputs

CLASSES = tuple(relation.name for relation in Relation)
# Three-way sets: a claim that is partly carried counts as carried, what could not be checked as
# neutral.
THREE_WAY = {
    Label.QUOTED: "SUPPORTS",
    Label.SUPPORTED: "SUPPORTS",
    Label.PARTIALLY_SUPPORTED: "SUPPORTS",
    Label.CONTRADICTED: "REFUTES",
    Label.UNSUPPORTED: "NEUTRAL",
    Label.UNVERIFIED: "NEUTRAL",
}
# What a baseline may flag of the reworded true claims that its threshold is chosen on.
_BASELINE_ALARMS = 0.08
_SENTENCES, _PASSAGES = 8, 5
# Baselines encode every sentence of every passage; a part of the cases tells enough of them.
_BASELINE_EVERY = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A table to read, and all figures."""

    table: str
    figures: dict[str, Any]


class AllSupported:
    """A scorer that supports everything: what is left are the hard checks alone."""

    thresholds = Thresholds(0.5, 0.5, 1.0)

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        return np.tile([1.0, 0.0, 0.0], (len(pairs), 1))


class Remembered:
    """A scorer that computes no pair twice."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[tuple[str, str], npt.NDArray[np.float64]] = {}

    @property
    def thresholds(self) -> Thresholds:
        return self._scorer.thresholds

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        self._known |= dict(zip(new, self._scorer.relations(new), strict=True))
        return np.array([self._known[pair] for pair in pairs]).reshape(-1, 3)


def perturbations(home: Path, *, baselines: bool) -> Found:
    """Share of each kind that is judged right: true claims marked supported, false ones not.

    Any label but SUPPORTED counts as caught on a false claim and as a false alarm on a true one.
    """
    cases = suite(home)
    scorer = Remembered(ShippedCrossEncoder())
    ways = {
        "both": LocalVerifier(scorer),
        "checks": LocalVerifier(AllSupported()),
        "cross-encoder": LocalVerifier(scorer, checks=False),
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


def healthver(path: Path, folds: Path | None) -> Found:
    """Macro-F1, accuracy, each class and the confusion matrix against people's labels."""
    pairs = read_healthver(path)
    wanted = [pair.relation.name for pair in pairs]
    groups = [pair.group for pair in pairs]
    scorers = _scorers(pairs, folds)
    tables, figures = [], {}
    remembered = [(Remembered(scorer), held) for scorer, held in scorers]
    for name, way in (("local verifier", True), ("cross-encoder alone", False)):
        given = [""] * len(pairs)
        for scorer, held in remembered:
            for i, label in zip(
                held, _three_way(scorer, [pairs[i] for i in held], way), strict=True
            ):
                given[i] = label
        table, numbers = _three_way_report(name, wanted, given, groups)
        tables.append(table)
        figures[name] = numbers
    if folds is not None:
        table, numbers = _calibration(pairs, folds)
        tables.append(table)
        figures["calibration"] = numbers
    return Found("\n\n".join(tables), figures)


def _scorers(pairs: Sequence[LabelledPair], folds: Path | None) -> list[tuple[Scorer, list[int]]]:
    """Each scorer with the places of the pairs that it judges."""
    if folds is None:
        return [(ShippedCrossEncoder(), list(range(len(pairs))))]
    limits = Calibration.read(weights_folder() / "calibration.json").thresholds
    return [
        (
            NetworkScorer(
                Network.load(folds / f"fold-{fold}"), replace(calibration, thresholds=limits)
            ),
            [int(i) for i in held],
        )
        for fold, held, calibration in _cross_fitted(pairs, folds)
    ]


def _cross_fitted(
    pairs: Sequence[LabelledPair], folds: Path
) -> Iterator[tuple[int, npt.NDArray[np.int64], Calibration]]:
    """Each fold with its pairs and the calibration that the other folds' labels give."""
    outputs, listed = fold_outputs(folds)
    fold_of = np.array(listed)
    wanted = np.array([int(pair.relation) for pair in pairs])
    for fold in sorted(set(listed)):
        rest = fold_of != fold
        yield fold, np.flatnonzero(~rest), scaling(outputs[rest], wanted[rest])


def _three_way(scorer: Scorer, pairs: Sequence[LabelledPair], checks: bool) -> list[str]:
    claims = [PlainClaim(str(i), pair.claim, (pair.evidence,)) for i, pair in enumerate(pairs)]
    verdicts = verify_plain(LocalVerifier(scorer, checks=checks), claims)
    return [THREE_WAY[verdict.label] for verdict in verdicts]


def _three_way_report(
    name: str, wanted: list[str], given: list[str], groups: list[str]
) -> tuple[str, dict[str, Any]]:
    f1 = bootstrap(lambda w, g: macro_f1(w, g, CLASSES), wanted, given, groups)
    right = bootstrap(accuracy, wanted, given, groups)
    classes = per_class(wanted, given, CLASSES)
    matrix = confusion(wanted, given, CLASSES)
    lines = [
        f"{name}: macro-F1 {f1.value:.3f} [{f1.low:.3f}, {f1.high:.3f}],"
        f" accuracy {right.value:.3f} [{right.low:.3f}, {right.high:.3f}]",
        "",
        "| class | precision | recall | F1 | n | " + " | ".join(f"as {c}" for c in CLASSES) + " |",
        "|---" * (5 + len(CLASSES)) + "|",
    ]
    for label, row in zip(CLASSES, matrix, strict=True):
        one = classes[label]
        cells = " | ".join(map(str, row))
        lines.append(
            f"| {label} | {one.precision:.3f} | {one.recall:.3f} | {one.f1:.3f} | {one.count} | {cells} |"
        )
    figures = {
        "macro-F1": asdict(f1),
        "accuracy": asdict(right),
        "classes": {label: asdict(one) for label, one in classes.items()},
        "confusion": matrix,
    }
    return "\n".join(lines), figures


def _calibration(pairs: Sequence[LabelledPair], folds: Path) -> tuple[str, dict[str, Any]]:
    """Reliability of the probability of the likeliest class, scaled by what other folds say."""
    outputs, _ = fold_outputs(folds)
    wanted = np.array([int(pair.relation) for pair in pairs])
    raw = Calibration(1.0, Thresholds(0.0, 0.0, 0.0)).probabilities(outputs)
    scaled = np.zeros_like(outputs)
    for _, held, calibration in _cross_fitted(pairs, folds):
        scaled[held] = calibration.probabilities(outputs[held])
    before, _ = _reliability(raw, wanted)
    after, curve = _reliability(scaled, wanted)
    lines = [
        f"expected calibration error: {before:.3f} before, {after:.3f} after scaling",
        "",
        "| said | was right | n |",
        "|---|---|---|",
        *(f"| {said:.2f} | {share:.2f} | {count} |" for said, share, count in curve),
    ]
    return "\n".join(lines), {"before": before, "after": after, "curve": curve}


def _reliability(
    probabilities: Probabilities, wanted: npt.NDArray[np.int64]
) -> tuple[float, list[tuple[float, float, int]]]:
    right = probabilities.argmax(axis=1) == wanted
    return calibration_error(probabilities.max(axis=1), right)


def speed(home: Path) -> Found:
    """Pairs a second on passages of about 256 tokens, and the memory that the verifier adds.

    The claims are reworded or changed sentences, so that none is settled by being verbatim.
    """
    cases = [case for case in suite(home) if case.kind != "verbatim"][:1000]
    claims = [PlainClaim(str(i), case.claim, (_long(case),)) for i, case in enumerate(cases)]
    verifier = LocalVerifier()
    before = _memory()
    list(verify_plain(verifier, claims[:64]))
    began, computing = time.perf_counter(), time.process_time()
    verdicts = list(verify_plain(verifier, claims))
    spent, computed = time.perf_counter() - began, time.process_time() - computing
    figures = {
        "pairs": len(claims),
        "seconds": round(spent, 2),
        "pairs a second": round(len(claims) / spent, 1),
        # What this process itself computed: what is left when others use the machine too.
        "pairs a second of one core": round(len(claims) / computed, 1),
        "an answer of 8 sentences on 5 passages (s)": round(_answer_time(verifier, claims), 3),
        "memory added (MB)": round(_memory() - before),
        "labels": Counter(verdict.label.value for verdict in verdicts),
    }
    return Found("\n".join(f"{name}: {value}" for name, value in figures.items()), figures)


def _answer_time(verifier: LocalVerifier, claims: Sequence[PlainClaim]) -> float:
    """Median time to verify eight sentences, each against the same five passages."""
    times = []
    for start in range(0, 10 * _SENTENCES, _SENTENCES):
        some = claims[start : start + _SENTENCES]
        passages = tuple(one.texts[0] for one in some[:_PASSAGES])
        answer = [PlainClaim(one.id, one.claim, (passage,)) for one in some for passage in passages]
        began = time.perf_counter()
        list(verify_plain(verifier, answer))
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _long(case: Case) -> str:
    """The evidence, filled up to the length of a whole passage."""
    words = case.evidence.split()
    return " ".join(words) if len(words) >= 150 else " ".join([*words, *words[: 170 - len(words)]])


def _memory() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
