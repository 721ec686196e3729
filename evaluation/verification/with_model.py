"""What a language model adds to the local verifier, on labelled cases.

Cases are judged like the claims of answers: several per call, each citing its own passage with the
others' passages beside it. Verbatim sentences are excluded, since no model is asked about them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import track

from agent.answer import Claim, Label, Verdict
from agent.intervals import Rate, rate
from agent.judging import Judging
from agent.models.base import LanguageModel
from agent.models.choice import open_model, parse_model
from agent.verification.llm import ModelVerifier
from agent.verification.local_verifier import LocalVerifier
from agent.verification.plain_text import as_evidence
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.report import Figure, Report
from evaluation.verification.labelled import read_healthver
from evaluation.verification.perturbations import TRUE_KINDS, suite

# Number of claims per answer.
_TOGETHER = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the passage it cites. `kind` groups cases; `holds` is whether it is true."""

    kind: str
    holds: bool
    claim: str
    evidence: str


def perturbed(home: Home, most: int, seed: int = 0) -> list[Judged]:
    """About `most` cases of the perturbation suite, balanced by kind."""
    cases = [c for c in suite(home.root) if c.kind != "verbatim"]
    drawn = _drawn([Judged(c.kind, c.holds, c.claim, c.evidence) for c in cases], most, seed)
    return list(drawn)


def labelled(healthver: Path, most: int, seed: int = 0) -> list[Judged]:
    """About `most` of HealthVer's pairs, balanced by class."""
    pairs = read_healthver(healthver)
    cases = [
        Judged(p.relation.name, p.relation.name == "SUPPORTS", p.claim, p.evidence) for p in pairs
    ]
    return list(_drawn(cases, most, seed))


def _drawn(cases: Sequence[Judged], most: int, seed: int) -> Iterator[Judged]:
    """Equally many of each kind, with kinds alternating."""
    rng = Random(seed)
    kinds = list(dict.fromkeys(case.kind for case in cases))
    per_kind = max(1, most // len(kinds))
    shuffled = [rng.sample([c for c in cases if c.kind == kind], per_kind) for kind in kinds]
    for row in zip(*shuffled, strict=True):
        yield from row


def opened(name: str, home: Home) -> LanguageModel:
    """Open the model with this name, as in `--model`.

    Raises:
        BadInput: the name is not that of a model.
        ModelError: it cannot be opened.
    """
    model = open_model(parse_model(name, home))
    if model is None:
        raise BadInput(
            f"“{name}” is not a language model.", "Give one; `medcite models` lists them."
        )
    return model


def compared(cases: Sequence[Judged], model: LanguageModel, judging: Judging) -> Report:
    """Compare the verdicts of the local verifier with those of it and the model together.

    Args:
        judging: how well the model judges, as far as known.
    """
    local, marked, findings = LocalVerifier(), dict[str, list[Verdict]](), Counter[str]()
    both = ModelVerifier(model, local, judging=judging)
    starts = range(0, len(cases), _TOGETHER)
    for start in track(starts, "Verifying", console=Console(stderr=True)):
        part = cases[start : start + _TOGETHER]
        evidence = [as_evidence(str(at), case.evidence) for at, case in enumerate(part)]
        claims = [Claim(case.claim, (str(at),)) for at, case in enumerate(part)]
        marked.setdefault("local", []).extend(local.verify(claims, evidence))
        together = both.verify(claims, evidence)
        marked.setdefault("local and model", []).extend(together)
        texts = (check.finding for v in together for check in v.checks if check.name == "model")
        findings.update(re.sub("“.*”", "words of it", finding) for finding in texts)
    return _report(cases, marked, findings, f"{model.name}, which {judging.words}")


def _report(
    cases: Sequence[Judged], marked: dict[str, list[Verdict]], findings: Counter[str], model: str
) -> Report:
    figures = [
        Figure.of(
            f"{label.value.lower()} by {way}",
            _share(cases, verdicts, kind, label),
            group=f"{kind} (true)" if kind in (*TRUE_KINDS, "SUPPORTS") else kind,
        )
        for kind in dict.fromkeys(case.kind for case in cases)
        for label in (Label.SUPPORTED, Label.CONTRADICTED)
        for way, verdicts in marked.items()
    ]
    items = [
        {**asdict(case), **{way: verdicts[at].label.value for way, verdicts in marked.items()}}
        for at, case in enumerate(cases)
    ]
    notes = [f"{count} × {finding}" for finding, count in findings.most_common()]
    of = {"cases": len(cases), "model": model}
    return Report("verification model", figures, of, notes, items)


def _share(cases: Sequence[Judged], verdicts: Sequence[Verdict], kind: str, label: Label) -> Rate:
    matches = [v.label is label for c, v in zip(cases, verdicts, strict=True) if c.kind == kind]
    return rate(sum(matches), len(matches))
