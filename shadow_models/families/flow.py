"""`flow`: a straight way from noise to pixels (rectified flow), by the same UNet as `ddpm`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from shadow_models.denoising.generator import DenoisingGenerator
from shadow_models.denoising.learner import Task
from shadow_models.denoising.pixels import PixelRecipe
from shadow_models.diffusion import sigmas_of, stratified
from shadow_models.recipe import refuse
from shadow_models.registry import register

if TYPE_CHECKING:
    from shadow_models.denoising.batches import Batch, DrawTimes, Pair
    from shadow_models.denoising.learner import Ask
    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet, UnetRecipe

TIME_SCALE = 1000.0
"""The network takes s in 0 .. 1 as 0 .. 1000, the range for which diffusers' embedding of times is made."""


@register("flow")
@dataclass(frozen=True)
class FlowRecipe(PixelRecipe):
    """The velocity eps - x0 on the way x_s = (1 - s) x0 + s eps, s from 0 to 1, is learnt.

    Rectified flow (arXiv 2209.03003); with `coupling` "ot" noise and slices of a batch are paired by optimal
    transport (arXiv 2302.00482, section 3.2.3). The `schedule` of `n_timesteps` noise levels is for attacks alone:
    level t is that time s at which noise over signal, s / (1 - s), is what DDPM has at its timestep t, so that a
    timestep means the same in every family.

    Raises ValueError, one sentence, for a value out of its range.
    """

    steps: int = 1_500
    """Optimiser steps."""
    coupling: str = "ot"
    """How noise and slices of a batch are paired: "ot" (least sum of squared distances) or "independent"."""

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**PixelRecipe.choices, "coupling": ("ot", "independent")}
    of_training: ClassVar[Collection[str]] = (*PixelRecipe.of_training, "coupling", "schedule", "n_timesteps")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epsilon is not None and self.coupling == "ot":
            refuse("coupling", self.coupling, "independent with epsilon: pairs tell of the other slices in a batch")

    @classmethod
    def presets(cls) -> Mapping[str, FlowRecipe]:
        """Return the recipe of each preset."""
        return PRESETS

    def draw_times(self) -> DrawTimes:
        """Every s in 0 .. 1 is as likely."""
        return stratified

    def ask(self, device: torch.device) -> Ask:
        """The velocity is asked for."""
        del device
        return ask_for_velocity

    def pair(self) -> Pair | None:
        """The nearest, where that is asked for."""
        return nearest_pairs if self.coupling == "ot" else None

    def generator(self, network: Unet, space: Space, device: torch.device) -> FlowGenerator:
        """Return the generator of a trained network."""
        return FlowGenerator(self, network, space, device)


def ask_for_velocity(batch: Batch) -> Task:
    """Return the task of a batch: x_s = (1 - s) x0 + s eps, and eps - x0 is wanted (arXiv 2209.03003, equation 1)."""
    s = batch.t[:, None, None, None]
    return Task((1 - s) * batch.clean + s * batch.noise, TIME_SCALE * batch.t, batch.noise - batch.clean)


def nearest_pairs(clean: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Return which noise goes with each slice, int64 [n], so that the sum of squared distances is least."""
    from scipy.optimize import linear_sum_assignment  # a tenth of a second to import

    # the squares of both sides are the same in every pairing: what is left of the distance is the product
    product = clean.flatten(1).double() @ noise.flatten(1).double().T
    _, columns = linear_sum_assignment(-product.cpu().numpy())
    return torch.from_numpy(columns).to(clean.device)


class FlowGenerator(DenoisingGenerator):
    """A network that predicts the velocity."""

    def __init__(self, recipe: UnetRecipe, network: Unet, space: Space, device: torch.device) -> None:
        """As `DenoisingGenerator` takes them."""
        super().__init__(recipe, network, space, device)
        sigmas = sigmas_of(self.alphas_cumprod)
        self._times = torch.from_numpy(sigmas / (1 + sigmas)).float().to(device)

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """z_t = x_s / norm with norm^2 = (1 - s)^2 + s^2, and eps = x_s + (1 - s) (eps - x0)."""
        times = self._times[t]
        s = times[:, None, None, None]
        x_s = z_t * ((1 - s) ** 2 + s**2).sqrt()
        velocity: torch.Tensor = self.network(x_s, TIME_SCALE * times)
        return x_s + (1 - s) * velocity

    def _denoised(self, noise: torch.Tensor) -> torch.Tensor:
        """Euler's method in equal steps from s = 1 to 0."""
        from diffusers import FlowMatchEulerDiscreteScheduler  # seconds to import

        scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=int(TIME_SCALE))
        n_steps = self.recipe.sample_steps
        scheduler.set_timesteps(sigmas=np.linspace(1, 1 / n_steps, n_steps).tolist())
        x = noise
        for t in scheduler.timesteps:
            velocity = self.network(x, t.to(self.device).expand(len(x)))
            x = scheduler.step(velocity, t, x, return_dict=False)[0]
        return x


PRESETS: dict[str, FlowRecipe] = {
    "quick": FlowRecipe(),
    "small": FlowRecipe(size=128, channels=[64, 128, 192], steps=6_000, batch=16, ema_decay=0.998),
    "gpu": FlowRecipe(
        size=256,
        channels=[64, 128, 256, 256],
        layers=2,
        norm_groups=32,
        patch=2,
        steps=20_000,
        batch=16,
        learning_rate=4e-4,
        ema_decay=0.9995,
        precision="bf16",
        sample_steps=50,
    ),
}
"""`quick`: tuned on 35 real slices, minutes on one CPU core. `small` and `gpu` are neither tuned nor trained yet."""
