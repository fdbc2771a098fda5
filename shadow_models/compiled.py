"""Compiled networks, and whether they are to be trusted: a compiler can be wrong without a word.

One of torch 2.13 gave this project's UNet gradients of nothing on a CPU, and training went on and even learnt.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from torch import nn

APART = 0.1
"""Of a weight's gradient, that rounding to bfloat16 may move it by."""
_NEXT_TO_NOTHING = 1e-3  # of the norm of all gradients: a weight's, below which it is all rounding


class _Learner(Protocol):
    """See `training.Learner`."""

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]: ...


def trusted(learner: _Learner, step: int, networks: Mapping[str, nn.Module]) -> Mapping[str, nn.Module]:
    """Return the networks; in place of compiled ones the plain ones, with a warning, where gradients are not theirs.

    Gradients are those of the losses of a step, of networks that have one loss each; they are taken away again.
    """
    plain = {name: getattr(network, "_orig_mod", network) for name, network in networks.items()}
    if all(plain[name] is network for name, network in networks.items()):
        return networks
    wanted, found = (_gradients(learner, step, of) for of in (plain, networks))
    apart = _farthest(wanted, found)
    if apart <= APART:
        return networks
    warnings.warn(
        f"The network is not compiled: this version of torch compiles it to gradients that are off by {apart:.0%} "
        "of themselves. Training is slower, and right.",
        stacklevel=2,
    )
    return plain


def _gradients(learner: _Learner, step: int, networks: Mapping[str, nn.Module]) -> list[torch.Tensor]:
    weights = [weight for network in networks.values() for weight in network.parameters()]
    for _, loss in learner.losses(step, networks):
        loss.backward()  # type: ignore[no-untyped-call]
    gradients = [torch.zeros_like(one) if one.grad is None else one.grad.detach() for one in weights]
    for weight in weights:
        weight.grad = None
    return gradients


def _farthest(wanted: list[torch.Tensor], found: list[torch.Tensor]) -> float:
    """The largest difference of a weight's gradients over its norm; infinite where one is no number."""
    norms = torch.stack([one.float().norm() for one in wanted])
    apart = torch.stack([(one - other).float().norm() for one, other in zip(wanted, found, strict=True)])
    worst = float((apart / (norms + _NEXT_TO_NOTHING * norms.norm())).max())
    return worst if worst == worst else float("inf")  # noqa: PLR0124  # not a number
