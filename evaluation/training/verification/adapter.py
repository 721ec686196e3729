"""Convert a fine-tuned all-mpnet-base-v2 to the adapter of the large judge.

    python -m evaluation.training.verification.adapter --base BASE --tuned TUNED --out FOLDER

Each matrix's difference from the base is truncated to its largest singular values and stored as two
int8 factors; tensors that are not matrices of the encoder (norms, biases, heads) are stored
completely in half precision. The embeddings of the base are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

RANK = 32
_LEAST = 100_000

Tensors = dict[str, torch.Tensor]


def adapter(base: Tensors, tuned: Tensors, rank: int = RANK) -> Tensors:
    """The tensors that `agent.verification.cross_encoder.merged` adds to the base.

    Args:
        base: weights under the names of `transformers`' MPNetModel.
        tuned: weights of the whole network; those of the encoder under `base.NAME`.
    """
    tensors: Tensors = {}
    for name, value in tuned.items():
        own = base.get(name.removeprefix("base."))
        if own is None or value.ndim < 2 or value.numel() < _LEAST:
            tensors[name] = value.half()
        elif "embeddings" not in name:
            left, sizes, right = torch.linalg.svd(value - own, full_matrices=False)
            for part, factor, of_rank in (
                ("up", left[:, :rank] * sizes[:rank], 0),
                ("down", right[:rank], 1),
            ):
                scale = factor.abs().amax(dim=of_rank, keepdim=True).clamp(min=1e-9) / 127
                tensors[f"{name}.{part}"] = (factor / scale).round().to(torch.int8)
                tensors[f"{name}.{part}_scale"] = scale.flatten()
    return {name: value.contiguous() for name, value in tensors.items()}


def main() -> None:
    """Read the weights, compute the adapter, and write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("--base", "--tuned", "--out"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    base = {k: v.float() for k, v in load_file(options.base).items() if v.is_floating_point()}
    tuned = {name: value.float() for name, value in load_file(options.tuned).items()}
    save_file(adapter(base, tuned), options.out / "adapter.safetensors")


if __name__ == "__main__":
    main()
