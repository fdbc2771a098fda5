"""What one denoising network learns in each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from shadow_models.denoising.generator import NETWORK, DenoisingGenerator
from shadow_models.denoising.unet import build_unet
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import nn

    from shadow_models.denoising.batches import Batch, Batches
    from shadow_models.denoising.unet import Unet, UnetRecipe
    from shadow_models.generator import Generator
    from shadow_models.optimised import OptimisedRecipe


class Task(NamedTuple):
    """What the network is shown, and what it should say."""

    noised: torch.Tensor
    """float32 [b, c, h, w]"""
    t: torch.Tensor
    """As the network takes times, [b]."""
    target: torch.Tensor
    """Like `noised`."""


Ask = Callable[["Batch"], Task]


class DenoisingLearner:
    """Mean square error between what the network says and what it should say."""

    def __init__(self, recipe: UnetRecipe, network: nn.Module, batches: Batches, ask: Ask) -> None:
        self.networks: Mapping[str, nn.Module] = {NETWORK: network}
        self._recipe, self._batches, self._ask = recipe, batches, ask

    def pace(self, network: str) -> Pace:
        """As the recipe says."""
        del network
        return pace_of(self._recipe)

    def phase(self, network: str) -> Phase:
        """All the time."""
        del network
        return Phase(0, self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """One loss a step."""
        batch = self._batches.at(step)
        if not len(batch.clean):
            yield NETWORK, batch.clean.sum()  # nothing to learn from: a constant
            return
        task = self._ask(batch)
        output = networks[NETWORK](task.noised, task.t)
        yield NETWORK, (output - task.target).square().mean()


def first_network(
    recipe: UnetRecipe, shape: tuple[int, int, int], patch: int, seed: int, start: Generator | None
) -> Unet:
    """Return the network to train: with weights drawn from the seed, or the start's."""
    network = build_unet(recipe, shape, patch, seed_of(seed, "weights"))
    if start is not None:
        assert isinstance(start, DenoisingGenerator)
        network.load_state_dict(start.network.state_dict())
    return network


def pace_of(recipe: OptimisedRecipe) -> Pace:
    """Return how fast a network learns by the recipe."""
    return Pace(recipe.learning_rate, recipe.warm_up, recipe.final_rate, recipe.weight_decay, recipe.ema_decay)
