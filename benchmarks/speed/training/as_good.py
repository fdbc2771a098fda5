"""Whether two trained networks are as good as each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attacks.base import Images

if TYPE_CHECKING:
    import torch

    from shadow_models.families.ddpm import DdpmRecipe

AS_GOOD = 0.1
"""Of the larger loss, that two networks may differ by."""


def losses_apart(
    ours: Sequence[torch.nn.Module], peer: torch.nn.Module, recipe: DdpmRecipe, members: Images, device: str
) -> float:
    """By how much of the larger one the losses of ours, in the mean, and of the peer's network differ."""
    mine = float(np.mean([loss_of(network, recipe, members, device) for network in ours]))
    theirs = loss_of(peer, recipe, members, device)
    return abs(mine - theirs) / max(mine, theirs)


def loss_of(network: torch.nn.Module, recipe: DdpmRecipe, members: Images, device: str) -> float:
    """The mean square error of a network on every member, at one drawn time with one drawn noise each."""
    import torch

    from shadow_models.denoising.batches import Batch
    from shadow_models.images import pixels_of

    where = torch.device(device)
    clean = pixels_of(members).to(where)
    draw = torch.Generator().manual_seed(0)
    t = recipe.draw_times()(len(clean), draw).to(where)
    noise = torch.randn(clean.shape, generator=draw).to(where)
    task = recipe.ask(where)(Batch(clean, t, noise))
    with torch.no_grad():
        return float((network.eval()(task.noised, task.t) - task.target).square().mean())
