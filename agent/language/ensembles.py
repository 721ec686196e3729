"""Ensembles of small torch networks in one file of half-precision tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn as modules


def tensors_of(networks: Sequence[modules.Module]) -> dict[str, torch.Tensor]:
    """The parameters in half precision, by name, for `networks_of`."""
    return {
        f"{number}.{name}": value.half().contiguous()
        for number, network in enumerate(networks)
        for name, value in network.state_dict().items()
    }


def networks_of(
    tensors: Mapping[str, torch.Tensor], new_network: Callable[[], modules.Module]
) -> list[modules.Module]:
    """Restore networks from the result of `tensors_of`.

    Args:
        new_network: makes one without its parameters.

    Raises:
        RuntimeError: a parameter is missing or has another shape.
        ValueError: a name does not begin with a number.
    """
    networks = []
    for number in sorted({int(name.partition(".")[0]) for name in tensors}):
        prefix = f"{number}."
        network = new_network()
        network.load_state_dict(
            {
                name.removeprefix(prefix): value.float()
                for name, value in tensors.items()
                if name.startswith(prefix)
            }
        )
        networks.append(network)
    return networks
