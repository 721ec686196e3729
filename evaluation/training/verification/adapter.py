"""From a fine-tuned all-mpnet-base-v2 to the adapter of the large judge.

    python -m evaluation.training.verification.adapter --base BASE --tuned TUNED --out FOLDER

Each matrix's difference from the base is cut to its largest singular values and kept as two int8
factors; what is no matrix of the encoder (norms, biases, heads) is kept whole in half precision.
The embeddings stay the base's.
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
    """What `agent.verification.cross_encoder.merged` puts on the base.

    Args:
        base: weights under the names of `transformers`' MPNetModel.
        tuned: the whole network's; those of the encoder under `base.NAME`.
    """
    found: Tensors = {}
    for name, value in tuned.items():
        own = base.get(name.removeprefix("base."))
        if own is None or value.ndim < 2 or value.numel() < _LEAST:
            found[name] = value.half()
        elif "embeddings" not in name:
            left, sizes, right = torch.linalg.svd(value - own, full_matrices=False)
            for part, factor, of_rank in (
                ("up", left[:, :rank] * sizes[:rank], 0),
                ("down", right[:rank], 1),
            ):
                scale = factor.abs().amax(dim=of_rank, keepdim=True).clamp(min=1e-9) / 127
                found[f"{name}.{part}"] = (factor / scale).round().to(torch.int8)
                found[f"{name}.{part}_scale"] = scale.flatten()
    return {name: value.contiguous() for name, value in found.items()}


def main() -> None:
    """Read, cut, write."""
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
