"""What a language model adds to the local verifier, on cases whose truth is known.

Cases are judged as the claims of answers are: some in one call, each with its own passage cited and
the others' passages beside it. Sentences that stand word for word are left out: no model is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.progress import track

from agent.answer import Claim, Label, Verdict
from agent.intervals import Rate, rate
from agent.judging import Judging
from agent.models.base import LanguageModel
from agent.models.choice import open_model, parse_model
from agent.verification.llm import ModelVerifier
from agent.verification.plain_text import as_evidence
from agent.verification.trained import LocalVerifier
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.verification.labelled import read_healthver
from evaluation.verification.perturbations import TRUE_KINDS, suite
from evaluation.verification.report import Found

# So many claims has an answer.
_TOGETHER = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the passage that it cites. `kind` groups cases; `holds` says what is true."""

    kind: str
    holds: bool
    claim: str
    evidence: str


def perturbed(home: Home, most: int, seed: int = 0) -> list[Judged]:
    """About `most` cases of the perturbation suite, as many of each kind."""
    cases = [c for c in suite(home.root) if c.kind != "verbatim"]
    drawn = _drawn([Judged(c.kind, c.holds, c.claim, c.evidence) for c in cases], most, seed)
    return list(drawn)


def labelled(healthver: Path, most: int, seed: int = 0) -> list[Judged]:
    """About `most` of HealthVer's pairs, as many of each class."""
    pairs = read_healthver(healthver)
    cases = [
        Judged(p.relation.name, p.relation.name == "SUPPORTS", p.claim, p.evidence) for p in pairs
    ]
    return list(_drawn(cases, most, seed))


def _drawn(cases: Sequence[Judged], most: int, seed: int) -> Iterator[Judged]:
    """As many of each kind, in an order in which kinds are mixed."""
    rng = Random(seed)
    kinds = list(dict.fromkeys(case.kind for case in cases))
    each = max(1, most // len(kinds))
    shuffled = [rng.sample([c for c in cases if c.kind == kind], each) for kind in kinds]
    for row in zip(*shuffled, strict=True):
        yield from row


def opened(name: str, home: Home) -> LanguageModel:
    """The model that `name` means, as `--model` has it.

    Raises:
        BadInput: it names no model.
        ModelError: it cannot be opened.
    """
    model = open_model(parse_model(name, home))
    if model is None:
        raise BadInput(f"“{name}” is no language model.", "Name one; `medcite models` lists them.")
    return model


def compared(cases: Sequence[Judged], model: LanguageModel, judging: Judging) -> Found:
    """Marks that the local verifier gives, and those that it and the model give together.

    Args:
        judging: what is known of how well the model judges.
    """
    local, marked, said = LocalVerifier(), dict[str, list[Verdict]](), Counter[str]()
    both = ModelVerifier(model, local, judging=judging)
    starts = range(0, len(cases), _TOGETHER)
    for start in track(starts, "Verifying", console=Console(stderr=True)):
        part = cases[start : start + _TOGETHER]
        evidence = [as_evidence(str(at), case.evidence) for at, case in enumerate(part)]
        claims = [Claim(case.claim, (str(at),)) for at, case in enumerate(part)]
        marked.setdefault("local", []).extend(local.verify(claims, evidence))
        together = both.verify(claims, evidence)
        marked.setdefault("local and model", []).extend(together)
        told = (check.finding for v in together for check in v.checks if check.name == "model")
        said.update(re.sub("“.*”", "words of it", finding) for finding in told)
    return _report(cases, marked, said, f"{model.name}, which {judging.words}")


def _report(
    cases: Sequence[Judged], marked: dict[str, list[Verdict]], said: Counter[str], model: str
) -> Found:
    kinds = list(dict.fromkeys(case.kind for case in cases))
    rates = {
        way: {kind: _share(cases, verdicts, kind, Label.SUPPORTED) for kind in kinds}
        for way, verdicts in marked.items()
    }
    red = {
        way: {kind: _share(cases, verdicts, kind, Label.CONTRADICTED) for kind in kinds}
        for way, verdicts in marked.items()
    }
    ways = list(marked)
    head = [f"supported by {way}" for way in ways] + [f"contradicted by {way}" for way in ways]
    lines = [
        f"{len(cases)} cases, {model}",
        "",
        "| | n | " + " | ".join(head) + " |",
        "|---" * (len(head) + 2) + "|",
    ]
    for kind in kinds:
        cells = [*(rates[way][kind] for way in ways), *(red[way][kind] for way in ways)]
        name = f"{kind} (true)" if kind in (*TRUE_KINDS, "SUPPORTS") else kind
        lines.append(f"| {name} | {cells[0].count} | " + " | ".join(map(str, cells)) + " |")
    lines += ["", *(f"- {count} × {finding}" for finding, count in said.most_common())]
    figures: dict[str, Any] = {
        "supported": {w: {k: asdict(r) for k, r in of.items()} for w, of in rates.items()},
        "contradicted": {w: {k: asdict(r) for k, r in of.items()} for w, of in red.items()},
        "said": dict(said),
        "cases": [
            {**asdict(case), **{way: marked[way][at].label.value for way in ways}}
            for at, case in enumerate(cases)
        ],
    }
    return Found("\n".join(lines), figures)


def _share(cases: Sequence[Judged], verdicts: Sequence[Verdict], kind: str, label: Label) -> Rate:
    given = [v.label is label for c, v in zip(cases, verdicts, strict=True) if c.kind == kind]
    return rate(sum(given), len(given))
