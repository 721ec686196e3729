"""Calibrate the trained cross-encoder and choose its thresholds.

    python -m evaluation.verification.training.calibrate --folds FOLDER --healthver CSV --home HOME --weights FOLDER

The temperature makes the probabilities of people's labels (HealthVer, each pair scored by a network
that has not seen its claim) most likely. The thresholds are the strictest that leave the false-alarm
rates below on true claims of abstracts that are in neither training nor test (PMIDs ending in 1),
and for claims in other words the least strict at which people agree with four marks of five.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from agent.verification.cross_encoder import (
    REFUTES,
    SUPPORTS,
    Calibration,
    Network,
    Outputs,
    Thresholds,
)
from agent.verification.extract import extract
from evaluation.verification.labelled import read_healthver
from evaluation.verification.perturbations import suite
from evaluation.verification.training.pairs import THRESHOLD_DIGIT, split_text
from evaluation.verification.training.train import fold_outputs

# Of lightly reworded true claims, so many may lose their mark for the score alone, or be called
# contradicted.
FALSE_ALARMS, FALSE_CONTRADICTIONS = 0.03, 0.005
# Of claims in other words that carry the mark, people must agree with so many.
PRECISION = 0.8
_FEWEST = 60


def scaling(outputs: Outputs, wanted: npt.NDArray[np.int64]) -> Calibration:
    """The temperature under which the labels are most likely; thresholds that always hold.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    logits, labels = torch.tensor(outputs), torch.tensor(wanted)
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_t], max_iter=100)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / log_t.exp(), labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    return Calibration(round(float(log_t.exp().detach()), 4), Thresholds(0.0, 0.0, 0.0))


def thresholds(
    network: Network,
    scaled: Calibration,
    home: Path,
    outputs: Outputs,
    wanted: npt.NDArray[np.int64],
) -> Thresholds:
    """The strictest that keep to the false-alarm rates on held-out true claims.

    For claims in other words: the least strict at which people agree with the mark.
    """
    cases = [case for case in suite(home, THRESHOLD_DIGIT) if case.kind == "paraphrase"]
    pairs = [(case.claim, extract(case.claim, split_text(case.evidence))) for case in cases]
    found = scaled.probabilities(network.outputs(pairs))
    contradicted = float(np.quantile(found[:, REFUTES], 1 - FALSE_CONTRADICTIONS))
    return Thresholds(
        close=round(float(np.quantile(found[:, SUPPORTS], FALSE_ALARMS)), 3),
        reworded=round(_agreed(scaled.probabilities(outputs)[:, SUPPORTS], wanted == SUPPORTS), 3),
        contradicted=round(max(0.34, contradicted), 3),
    )


def _agreed(probability: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The least probability from which on the claims are right often enough."""
    order = np.argsort(-probability)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share[_FEWEST:] >= PRECISION)
    return float(probability[order][_FEWEST + enough[-1]]) if len(enough) else 1.0


def main() -> None:
    """Write calibration.json beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--healthver", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    wanted = np.array([int(pair.relation) for pair in read_healthver(options.healthver)])
    outputs, _ = fold_outputs(options.folds)
    scaled = scaling(outputs, wanted)
    network = Network.load(options.weights, dtype=torch.bfloat16)
    limits = thresholds(network, scaled, options.home, outputs, wanted)
    fields = {
        "temperature": scaled.temperature,
        "thresholds": asdict(limits),
    }
    (options.weights / "calibration.json").write_text(json.dumps(fields, indent=2) + "\n")


if __name__ == "__main__":
    main()
