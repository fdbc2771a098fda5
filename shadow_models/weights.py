"""Weights as a file: written as bytes, and read only where names, shapes and kinds are those expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import torch
    from torch import nn

WEIGHTS = "generator.safetensors"


def content_of(tensors: Mapping[str, torch.Tensor]) -> dict[str, bytes]:
    """Return the one file of weights: the same values give the same bytes."""
    from safetensors.torch import save

    return {WEIGHTS: save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})}


def states_of(networks: Mapping[str, nn.Module]) -> dict[str, torch.Tensor]:
    """Return every tensor of the networks, as `NETWORK.name`."""
    return {f"{of}.{name}": value for of, one in networks.items() for name, value in one.state_dict().items()}


def bytes_of(build: Callable[[], Sequence[nn.Module]]) -> int:
    """Return how many bytes the tensors of the networks that are built take; nothing is drawn for them, or held."""
    import torch

    with torch.device("meta"):
        tensors = [value for network in build() for value in network.state_dict().values()]
    return sum(value.numel() * value.element_size() for value in tensors)


def load_states(networks: Mapping[str, nn.Module], tensors: Mapping[str, torch.Tensor]) -> None:
    """Give the networks the tensors that `states_of` named."""
    for of, network in networks.items():
        network.load_state_dict(
            {name.removeprefix(f"{of}."): value for name, value in tensors.items() if name.startswith(f"{of}.")}
        )


def read_weights(folder: Path, shapes: Mapping[str, Sequence[int]]) -> dict[str, torch.Tensor]:
    """Return what the file holds, float32; ValueError, one sentence, for what are not these tensors, all finite.

    Names and shapes are those of the file's head, so that what is too large is not read.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    try:
        with safe_open(path, "pt") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            if {name: tuple(part.get_shape()) for name, part in found.items()} != {
                name: tuple(shape) for name, shape in shapes.items()
            }:
                raise ValueError(f"{path} holds other weights than those of the recipe beside it.")
            kinds = {part.get_dtype() for part in found.values()}
        tensors = load_file(path) if kinds == {"F32"} else {}
    except SafetensorError as error:
        raise ValueError(f"{path} is no file of weights ({error}).") from error
    if not tensors or not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise ValueError(f"{path} holds weights that are no finite float32 numbers.")
    return tensors
