"""Claims not used in training: near misses, drafts, and human labels.

Near misses and drafts are the files `edits-dev.jsonl` and `drafts-dev.jsonl` (or `edits.jsonl` and
`drafts.jsonl`); SciFact, Check-COVID and HealthVer are beside them. They are used only for
evaluation, never for training or tuning.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from agent.answer import Label, Verdict
from agent.intervals import Rate
from agent.verification.local_verifier import LocalVerifier
from agent.verification.plain_text import PlainClaim, verify_plain
from corpora.errors import BadInput
from evaluation.report import Figure, Report
from evaluation.verification.labelled import Relation, apart, read_healthver
from evaluation.verification.statistics import bootstrap, macro_f1
from evaluation.verification.written import Part, articles_of, read_written

_DRAWS = 1000
_VERBATIM = "verbatim"
_CLASSES = tuple(relation.name for relation in Relation)
# (name, whether right or wrong claims, the labels that count)
_OUTCOMES: tuple[tuple[str, bool, Callable[[Label], bool]], ...] = (
    ("wrong claims green", False, lambda label: label.carries),
    ("right claims green", True, lambda label: label.carries),
    ("right claims green or partly", True, lambda label: label.carries_part),
    ("right claims red (contradicted)", True, lambda label: label is Label.CONTRADICTED),
    ("wrong claims red (contradicted)", False, lambda label: label is Label.CONTRADICTED),
    ("wrong claims flagged", False, lambda label: label.flagged),
)
Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BlindClaim:
    """A claim, its evidence, whether it is right, and its kind.

    `group`, an article or a draft, is resampled as a whole for intervals. Claims whose `kind` is
    "verbatim" are (nearly) quotations and are excluded, like those labelled QUOTED.
    """

    claim: str
    evidence: tuple[str, ...]
    right: bool
    kind: str
    group: str


def read_near_misses(path: Path) -> list[BlindClaim]:
    """Right restatements and near misses on passages of abstracts.

    Raises:
        BadInput: the file cannot be read or has another format.
    """
    return [
        BlindClaim(
            row["claim"], (row["evidence"],), row["label"] == "true", row["kind"], row["pmid"]
        )
        for row in _rows(path)
    ]


def read_drafts(path: Path) -> list[BlindClaim]:
    """Claims of drafts over evidence pools.

    Raises:
        BadInput: the file cannot be read or has another format.
    """
    return [
        BlindClaim(
            row["claim"], tuple(row["evidence"]), row["label"] == "supported", row["label"],
            str(row["q"]),
        )
        for row in _rows(path)
    ]  # fmt: skip


def near_miss_and_draft_claims(data: Path) -> dict[str, list[BlindClaim]]:
    """Both sets, by name.

    Raises:
        BadInput: one cannot be read.
    """
    return {
        "near misses": read_near_misses(_one_of(data, "edits-dev.jsonl", "edits.jsonl")),
        "drafts": read_drafts(_one_of(data, "drafts-dev.jsonl", "drafts.jsonl")),
    }


def near_misses_and_drafts(data: Path, verifier: LocalVerifier) -> Report:
    """Discrimination of right and wrong claims on both sets."""
    figures: list[Figure] = []
    items: list[Mapping[str, Any]] = []
    for name, claims in near_miss_and_draft_claims(data).items():
        report = judged(name, claims, verdicts_on(verifier, claims))
        figures += report.figures
        items += report.items
    return Report("verification blind", figures, items=items)


def written_claims(home: Path, part: Part = Part.TEST) -> list[BlindClaim]:
    """A part of the written claims, each with the whole abstracts that it cites."""
    claims = read_written(part)
    articles = articles_of(claims, home / "corpus.sqlite")
    return [
        BlindClaim(
            claim.claim,
            tuple(articles[p].text for p in dict.fromkeys(c.pmid for c in claim.cites)),
            claim.right,
            claim.label.value.lower() if claim.pair else f"draft: {claim.label.value.lower()}",
            claim.group,
        )
        for claim in claims
        if all(cite.pmid in articles for cite in claim.cites)
    ]


def written(home: Path, verifier: LocalVerifier, part: Part = Part.TEST) -> Report:
    """Discrimination of right and wrong claims of a part."""
    claims = written_claims(home, part)
    report = judged("written claims", claims, verdicts_on(verifier, claims))
    return replace(report, suite="verification written", of={"part": part})


def people(data: Path, verifier: LocalVerifier, split: str = "dev") -> Report:
    """Macro-F1 of three classes on SciFact, Check-COVID, and HealthVer."""
    sets: dict[str, list[tuple[str, str, str, str]]] = {}
    for name in ("scifact", "check-covid"):
        rows = [r for r in _rows(data / "claims-train" / f"{name}.jsonl.gz") if r["split"] == split]
        sets[name] = [(r["claim"], r["evidence"], r["label"], r["claim"]) for r in rows]
    pairs = apart(read_healthver(data / "healthver-dev" / "healthver_dev.csv"))
    sets["healthver"] = [(p.claim, p.evidence, p.relation.name, p.group) for p in pairs]
    figures: list[Figure] = []
    for name, listed in sets.items():
        claims = [PlainClaim(str(i), row[0], (row[1],)) for i, row in enumerate(listed)]
        predicted = [v.label.three_way for v in verify_plain(verifier, claims)]
        expected = [row[2] for row in listed]
        f1 = bootstrap(
            lambda e, p: macro_f1(e, p, _CLASSES), expected, predicted, [row[3] for row in listed]
        )
        figures.append(Figure.of("macro-F1", f1, group=name))
        for each in _CLASSES:
            count = predicted.count(each)
            figures.append(Figure(f"as {each}", count, n=len(listed), group=name))
    return Report("verification people", figures)


def judged(name: str, claims: Sequence[BlindClaim], verdicts: Sequence[Verdict]) -> Report:
    """The area under the curve, the labels of right and wrong claims, and figures by kind."""
    kept = [
        (c, v)
        for c, v in zip(claims, verdicts, strict=True)
        if v.label is not Label.QUOTED and c.kind != _VERBATIM
    ]
    right = np.array([c.right for c, _ in kept], dtype=bool)
    scores = np.array([v.score if v.score is not None else 0.0 for _, v in kept])
    area = resampled(area_under_curve, right, scores, [c.group for c, _ in kept])
    figures = [
        Figure("claims", len(kept), group=name),
        Figure("right", int(right.sum()), group=name),
        Figure("quotations excluded", len(claims) - len(kept), group=name),
        Figure.of("area under the curve", area, group=name),
    ]
    for what, is_right, chosen in _OUTCOMES:
        hits = np.array([float(chosen(v.label)) for c, v in kept if c.right is is_right])
        share = resampled(_mean, hits > 0, hits, [c.group for c, _ in kept if c.right is is_right])
        figures.append(Figure.of(what, share, group=name))
    for side, is_right in (("right", True), ("wrong", False)):
        of_side = [(c.kind, v.label) for c, v in kept if c.right is is_right]
        figures += _labels(f"{name}: {side}", [label for _, label in of_side])
        for kind in sorted({kind for kind, _ in of_side}):
            own = [label for k, label in of_side if k == kind]
            figures += _labels(f"{name}: {side}, {kind}", own)
    items = [
        {
            "claim": c.claim,
            "right": c.right,
            "kind": c.kind,
            "label": v.label.value,
            "score": v.score,
        }
        for c, v in kept
    ]
    return Report("verification blind", figures, items=items)


def _labels(group: str, labels: Sequence[Label]) -> Iterator[Figure]:
    """The share of claims with each label."""
    for label in Label:
        if label is not Label.QUOTED:
            share = labels.count(label) / len(labels) if labels else None
            yield Figure(label.value, share, n=len(labels), group=group)


def area_under_curve(right: Booleans, scores: Floats) -> float:
    """The probability that a right claim scores above a wrong one; a tie counts half."""
    above, below = scores[right], scores[~right]
    if not len(above) or not len(below):
        return float("nan")
    gaps = above[:, None] - below[None, :]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def resampled(
    measure: Callable[[Booleans, Floats], float],
    right: Booleans,
    scores: Floats,
    groups: Sequence[str],
    seed: int = 0,
) -> Rate:
    """A measure with its 95 % percentile interval over resampled groups."""
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    clusters = [np.array(indices) for indices in members.values()]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(_DRAWS if clusters else 0):
        at = np.concatenate([clusters[i] for i in rng.integers(len(clusters), size=len(clusters))])
        values.append(measure(right[at], scores[at]))
    low, high = np.nanpercentile(values, [2.5, 97.5]) if values else (np.nan, np.nan)
    value = measure(right, scores) if len(right) else float("nan")
    return Rate(value, float(low), float(high), len(right))


def _mean(_: Booleans, values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def verdicts_on(verifier: LocalVerifier, claims: Sequence[BlindClaim]) -> list[Verdict]:
    """A verdict on each claim, against its own evidence only."""
    plain = [PlainClaim(str(i), c.claim, c.evidence) for i, c in enumerate(claims)]
    return list(verify_plain(verifier, plain))


def _one_of(data: Path, *names: str) -> Path:
    return next((data / name for name in names if (data / name).exists()), data / names[0])


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if path.suffix == ".gz" else raw
        return [orjson.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, orjson.JSONDecodeError) as error:
        raise BadInput(
            f"{path} cannot be read ({error}).", "Give the folder of the evaluation data."
        ) from error
