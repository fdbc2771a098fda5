"""Training of `gan`: two networks against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import torch

from shadow_models.accelerator import accelerator_for
from shadow_models.families.gan.augment import Draws, augment, draw
from shadow_models.families.gan.generator import GanGenerator
from shadow_models.families.gan.network import build_networks
from shadow_models.images import pixels_of
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase, optimise
from shadow_models.weights import load_states, states_of

if TYPE_CHECKING:
    import numpy as np
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.families.gan import GanRecipe
    from shadow_models.one_training import Training


def train_gan(members: NDArray[np.uint8], recipe: GanRecipe, training: Training) -> GanGenerator:
    """Train on the members, uint8 [n, size, size]: see `GanRecipe.train`."""
    start = training.start
    assert start is None or isinstance(start, GanGenerator)
    accelerator = accelerator_for(recipe.precision, recipe.batch, training.device)
    learner = _Learner(members, recipe, training.seed, accelerator, start)
    averages = optimise(learner, recipe, members, training, accelerator)
    networks = build_networks(recipe, seed=0)
    averages.into(networks)
    return GanGenerator(recipe, networks, str(accelerator.device))


class _Step(NamedTuple):
    """What is drawn for one step, this process's share."""

    real: torch.Tensor
    """Members, float32 [b, 1, size, size]."""
    z: torch.Tensor
    """float32 [b, latent]"""
    augmentations: tuple[Draws, Draws, Draws]
    """Of the members, of the slices made, and of these once more for the generator's own loss."""


class _Learner:
    """Two networks: in each step the discriminator's loss, then the generator's, on the same slices made."""

    def __init__(
        self,
        members: NDArray[np.uint8],
        recipe: GanRecipe,
        seed: int,
        accelerator: Accelerator,
        start: GanGenerator | None,
    ) -> None:
        self.networks: Mapping[str, nn.Module] = build_networks(recipe, seed_of(seed, "weights"))
        if start is not None:
            load_states(self.networks, states_of(start.networks))
        self._recipe, self._seed, self._device = recipe, seed, accelerator.device
        self._share = slice(accelerator.process_index, None, accelerator.num_processes)
        self._members = pixels_of(members)
        self._spread = float(_spread(self._members))

    def pace(self, network: str) -> Pace:
        """The discriminator's weights are not averaged: what judges at the end is what judged last."""
        of = self._recipe
        rate, decay = (of.learning_rate, of.ema_decay) if network == "generator" else (of.critic_rate, 0.0)
        return Pace(rate, of.warm_up, of.final_rate, of.weight_decay, decay, betas=(0.5, 0.999))

    def phase(self, network: str) -> Phase:
        """Both all the time."""
        del network
        return Phase(0, self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """Hinge losses (equations 3 and 4 of arXiv 2101.04775)."""
        now, strength = self._at(step), self._recipe.augmentation
        of_real, of_made, of_made_again = now.augmentations
        made = networks["generator"](now.z)
        real = augment(now.real, of_real, strength)
        shown = torch.cat([real, augment(made.detach(), of_made, strength)])
        scores = networks["discriminator"](shown)
        loss = torch.relu(1 - scores[: len(real)]).mean() + torch.relu(1 + scores[len(real) :]).mean()
        yield "discriminator", loss
        # The slope is taken by itself: backward through the discriminator would leave gradients on its weights.
        seen = made.detach().requires_grad_(True)
        fooled = self.networks["discriminator"](augment(seen, of_made_again, strength)).mean()
        (slope,) = torch.autograd.grad(fooled, seen)
        yield "generator", -(made * slope).sum() + self._recipe.diversity * self._spread / (_spread(made) + 1e-3)

    def _at(self, step: int) -> _Step:
        generator = torch.Generator().manual_seed(seed_of(self._seed, "step", step))
        n = self._recipe.batch
        rows = torch.randint(len(self._members), (n,), generator=generator)
        real = self._members[rows]
        mirrored = torch.rand(n, generator=generator) < (0.5 if self._recipe.flip else 0.0)
        real = torch.where(mirrored[:, None, None, None], real.flip(-1), real)
        z = torch.randn((n, self._recipe.latent), generator=generator)
        first, second, third = (draw(n, generator).of(self._share).to(self._device) for _ in range(3))
        return _Step(real[self._share].to(self._device), z[self._share].to(self._device), (first, second, third))


def _spread(images: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of a slice from others, over as many pairs as slices."""
    return (images - images.roll(1, 0)).abs().mean()
