"""Put trained weights where Medcite ships them: the mean of the folds' networks, in bfloat16.

    python -m evaluation.verification.training.ship --folds FOLDER

All began from the same weights, so that their mean is a network too, and better than most of them
(Wortsman et al., Model soups, ICML 2022); every label is seen by four of the five. bfloat16 halves
the size for a rounding that moves probabilities by less than a hundredth.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import torch

from agent.verification.cross_encoder import Network, weights_folder
from evaluation.verification.training.train import FOLDS, save


def mean(networks: list[Network]) -> Network:
    """The first network, its weights replaced by the mean of all."""
    states = [network.model.state_dict() for network in networks]
    blended = {
        name: torch.stack([state[name] for state in states]).mean(dim=0)
        if first.is_floating_point()
        else first
        for name, first in states[0].items()
    }
    networks[0].model.load_state_dict(blended)
    return networks[0]


def main() -> None:
    """Write the shipped weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, required=True)
    options = parser.parse_args()
    found = [
        Network.load(options.folds / f"fold-{fold}", dtype=torch.float32) for fold in range(FOLDS)
    ]
    network = mean(found)
    cast("torch.nn.Module", network.model).to(torch.bfloat16)
    folder = weights_folder()
    folder.mkdir(exist_ok=True)
    save(network, folder)


if __name__ == "__main__":
    main()
