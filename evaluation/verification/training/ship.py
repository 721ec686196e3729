"""Put trained weights where Medcite ships them: in bfloat16, with their tokenizer.

    python -m evaluation.verification.training.ship --weights FOLDER

Half the size for a rounding that moves probabilities by less than a hundredth (the tests hold that).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from agent.verification.cross_encoder import Network, weights_folder
from evaluation.verification.training.train import save


def main() -> None:
    """Write the shipped weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    folder = weights_folder()
    folder.mkdir(exist_ok=True)
    save(Network.load(options.weights, dtype=torch.bfloat16), folder)


if __name__ == "__main__":
    main()
