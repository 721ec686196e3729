"""Calibrate the trained cross-encoder and choose its thresholds.

    python -m evaluation.verification.training.calibrate --folds FOLDER --healthver CSV --home HOME --weights FOLDER

The temperature makes the probabilities of people's labels (HealthVer, each pair scored by a network
that has not seen its claim) most likely. The thresholds are the strictest that leave the false-alarm
rates below on true claims of abstracts that are in neither training nor test (PMIDs ending in 1).
"""

from __future__ import annotations

import argparse
import json
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
from evaluation.verification.training.pairs import THRESHOLD_DIGIT
from evaluation.verification.training.train import fold_outputs, split_text

# Of reworded true claims, so many may lose their mark for the score alone, or be called contradicted.
FALSE_ALARMS, FALSE_CONTRADICTIONS = 0.03, 0.005


def temperature(outputs: Outputs, wanted: npt.NDArray[np.int64]) -> float:
    """The temperature under which the labels are most likely.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    logits, labels = torch.tensor(outputs), torch.tensor(wanted)
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_t], max_iter=100)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / log_t.exp(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return float(log_t.exp().detach())


def thresholds(network: Network, scale: float, home: Path) -> Thresholds:
    """The strictest that keep to the false-alarm rates on held-out true claims."""
    cases = [case for case in suite(home, THRESHOLD_DIGIT) if case.kind == "paraphrase"]
    pairs = [(case.claim, extract(case.claim, split_text(case.evidence))) for case in cases]
    open_ = Calibration(scale, (0.0, 0.0, 0.0), Thresholds(0.0, 0.0))
    found = open_.probabilities(network.outputs(pairs))
    return Thresholds(
        supported=round(float(np.quantile(found[:, SUPPORTS], FALSE_ALARMS)), 3),
        contradicted=round(
            max(0.34, float(np.quantile(found[:, REFUTES], 1 - FALSE_CONTRADICTIONS))), 3
        ),
    )


def main() -> None:
    """Write calibration.json beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--healthver", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    wanted = np.array([int(pair.relation) for pair in read_healthver(options.healthver)])
    scale = temperature(fold_outputs(options.folds)[0], wanted)
    network = Network.load(options.weights, dtype=torch.float32)
    limits = thresholds(network, scale, options.home)
    fields = {
        "temperature": round(scale, 4),
        "bias": [0.0, 0.0, 0.0],
        "thresholds": {"supported": limits.supported, "contradicted": limits.contradicted},
    }
    (options.weights / "calibration.json").write_text(json.dumps(fields, indent=2) + "\n")


if __name__ == "__main__":
    main()
