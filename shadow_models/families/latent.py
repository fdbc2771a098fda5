"""`latent`: an autoencoder is learnt first, then a UNet denoises its latents (arXiv 2112.10752)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from shadow_models.accelerator import accelerator_for
from shadow_models.denoising.autoencoder import AUTOENCODER, LatentSpace, build_autoencoder
from shadow_models.denoising.batches import Batches, views_of
from shadow_models.denoising.generator import NETWORK
from shadow_models.denoising.learner import DenoisingLearner, first_network, pace_of
from shadow_models.denoising.noise_prediction import NoiseGenerator, NoiseRecipe, ask_for_noise, uniform_timesteps
from shadow_models.denoising.unet import build_unet
from shadow_models.device import resolve_device
from shadow_models.diffusion import stratified
from shadow_models.images import pixels_of
from shadow_models.privacy import privacy_of, refuse_measured
from shadow_models.private_training import part_for
from shadow_models.recipe import Gives, Training, check_ranges, refuse
from shadow_models.registry import register
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase, optimise
from shadow_models.weights import bytes_of

if TYPE_CHECKING:
    import numpy as np
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.denoising.autoencoder import Coded


@register("latent")
@dataclass(frozen=True)
class LatentRecipe(NoiseRecipe):
    """DDPM in the latents of an autoencoder (latent diffusion, arXiv 2112.10752), sampled by DDIM.

    The autoencoder learns the members for `autoencoder_steps`, by squared error alone; the UNet then learns their
    latents for `steps`. With a start, the autoencoder is the start's, and only the UNet goes on. Attacks on the model
    work in the latents: a slice's z is the mean of its latents.

    Raises ValueError, one sentence, for a value out of its range.
    """

    steps: int = 1_600
    """Optimiser steps of the UNet."""
    channels: list[int] = field(default_factory=lambda: [96, 128])
    """Width of each UNet resolution."""
    patch: int = 4
    """Side of the pixel blocks that are the channels of one position of the autoencoder."""
    autoencoder_channels: list[int] = field(default_factory=lambda: [64, 96])
    """Width of each of the autoencoder's resolutions: the sides are halved between them."""
    latent_channels: int = 8
    """Values of a latent at every position."""
    autoencoder_steps: int = 500
    """Optimiser steps of the autoencoder, before the `steps` of the UNet."""
    autoencoder_rate: float = 2e-3
    """AdamW peak step size of the autoencoder."""
    kl_weight: float = 1e-5
    """Weight of the pull of every latent value to a standard normal, beside the mean square error of pixels."""

    gives: ClassVar[Gives] = Gives.DENOISER
    measured: ClassVar[str] = "the autoencoder"
    of_training: ClassVar[Collection[str]] = (
        *NoiseRecipe.of_training,
        "autoencoder_steps",
        "autoencoder_rate",
        "kl_weight",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, _RANGES)
        widths = list(self.autoencoder_channels)
        if not widths or any(width < 1 or width % self.norm_groups for width in widths):
            refuse(
                "autoencoder_channels", widths, f"a list of at least one multiple of norm_groups={self.norm_groups}"
            )

    @property
    def n_steps(self) -> int:
        """Optimiser steps of both networks; with a start, those of the UNet alone are done."""
        return self.autoencoder_steps + self.steps

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a slice's latents: [c, h, w]."""
        side = self.size // self.fold
        return self.latent_channels, side, side

    @property
    def fold(self) -> int:
        """Pixels between the positions of the latents."""
        return int(self.patch * 2 ** max(len(self.autoencoder_channels) - 1, 0))

    @property
    def stride(self) -> int:
        """Pixels between the coarsest positions."""
        return int(self.fold * 2 ** (len(self.channels) - 1))

    @classmethod
    def tiny(cls) -> Self:
        """Return a small recipe of 16 px for tests, a second."""
        return super().tiny().changed(channels=[8], autoencoder_channels=[8, 8], autoencoder_steps=16)

    @classmethod
    def overfits(cls) -> Self:
        """Return a recipe of 16 px that learns 8 slices by heart, some ten seconds."""
        return cls.tiny().changed(
            channels=[32, 64],
            autoencoder_channels=[16, 32],
            autoencoder_steps=300,
            latent_channels=8,
            kl_weight=1e-5,
            norm_groups=8,
            steps=400,
            batch=16,
            learning_rate=4e-3,
            sample_steps=20,
        )

    @classmethod
    def presets(cls) -> Mapping[str, LatentRecipe]:
        """Return the recipe of each preset."""
        return PRESETS

    def network(self) -> dict[str, Any]:
        """Return all options: how long a step takes on the average depends on how many are which network's."""
        return {"family": self.name, **self.to_dict()}

    def train(self, members: NDArray[np.uint8], training: Training) -> NoiseGenerator:
        """Return a generator trained on the members, uint8 [n, size, size]."""
        if training.start is None:
            refuse_measured(self)
        accelerator = accelerator_for(self.precision, self.batch, training.device)
        privacy = privacy_of(self, len(members), training.seed, accelerator.num_processes)
        learner = _Learner(members, self, training, accelerator)
        averages = optimise(learner, self, members, training, accelerator, make_part=part_for(privacy))
        trained = build_unet(self, self.shape, patch=1, seed=0)
        averages.into({NETWORK: trained})
        autoencoder = build_autoencoder(self, seed=0)  # a fresh one: precision and processes have wrapped the other
        autoencoder.load_state_dict(learner.autoencoder.state_dict())
        space = LatentSpace(autoencoder, self.shape, accelerator.device)
        return NoiseGenerator(self, trained, space, accelerator.device)

    def weight_bytes(self) -> int:
        """Return those of both networks."""
        return bytes_of(lambda: [build_unet(self, self.shape, patch=1, seed=0), build_autoencoder(self, seed=0)])

    def load(self, folder: Path, device: str) -> NoiseGenerator:
        """Return what was saved of this recipe."""
        here = resolve_device(device)
        space = LatentSpace(build_autoencoder(self, seed=0), self.shape, here)
        generator = NoiseGenerator(self, build_unet(self, self.shape, patch=1, seed=0), space, here)
        generator.load_weights(folder)
        return generator


class _Learner:
    """The autoencoder, then the UNet in its latents."""

    def __init__(
        self, members: NDArray[np.uint8], recipe: LatentRecipe, training: Training, accelerator: Accelerator
    ) -> None:
        self._members, self._recipe, self._seed, self._accelerator = members, recipe, training.seed, accelerator
        self.autoencoder = build_autoencoder(recipe, seed_of(training.seed, "autoencoder"))
        network = first_network(recipe, recipe.shape, 1, training.seed, training.start)
        self.networks: dict[str, nn.Module] = {NETWORK: network}
        self._first = 0
        if training.start is None:
            self.networks[AUTOENCODER] = self.autoencoder
            self._first = recipe.autoencoder_steps
        else:
            assert isinstance(training.start, NoiseGenerator)
            self.autoencoder.load_state_dict(training.start.space.modules[AUTOENCODER].state_dict())
            self.autoencoder.to(accelerator.device)
        self._pixels = Batches(
            views_of(members, recipe.flip, pixels_of), recipe.batch, training.seed, stratified, accelerator,
            noise_shape=recipe.shape,
        )  # fmt: skip
        self._in_latents: DenoisingLearner | None = None

    def pace(self, network: str) -> Pace:
        """The autoencoder's weights are not averaged: the UNet sees those that are released."""
        pace = pace_of(self._recipe)
        if network == AUTOENCODER:
            return pace._replace(learning_rate=self._recipe.autoencoder_rate, ema_decay=0.0)
        return pace

    def phase(self, network: str) -> Phase:
        """One after the other."""
        first = self._first
        return Phase(0, first) if network == AUTOENCODER else Phase(first, first + self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """What comes back should be what went in; then the noise in latents is asked for."""
        if step < self._first:
            pixels, _, noise = self._pixels.at(step)
            yield AUTOENCODER, coding_loss(networks[AUTOENCODER](pixels, noise), pixels, self._recipe.kl_weight)
            return
        if self._in_latents is None:
            self._in_latents = self._learner_in_latents()
        yield from self._in_latents.losses(step, networks)

    def _learner_in_latents(self) -> DenoisingLearner:
        recipe = self._recipe
        if self._first:
            self.autoencoder.measure(self._members)
        views = views_of(self._members, recipe.flip, lambda slices: self.autoencoder.latents(slices).cpu())
        private = recipe.epsilon is not None
        draw_times = uniform_timesteps(recipe)
        batches = Batches(views, recipe.batch, self._seed, draw_times, self._accelerator, poisson=private)
        ask = ask_for_noise(recipe, self._accelerator.device)
        return DenoisingLearner(recipe, self.networks[NETWORK], batches, ask)


def coding_loss(coded: Coded, pixels: torch.Tensor, kl_weight: float) -> torch.Tensor:
    """Return the mean square error of pixels plus the weighted divergence of latent values from a standard normal."""
    divergence = (coded.mean.square() + coded.log_variance.exp() - 1 - coded.log_variance).mean() / 2
    return (coded.pixels - pixels).square().mean() + kl_weight * divergence


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("latent_channels", 1, 64),
    ("autoencoder_steps", 1, 10**8),
    ("autoencoder_rate", 1e-8, 1),
    ("kl_weight", 0, 1),
)

PRESETS: dict[str, LatentRecipe] = {
    "quick": LatentRecipe(),
    "small": LatentRecipe(size=128, channels=[96, 160], steps=6_000, autoencoder_steps=1_500, batch=16),
    "gpu": LatentRecipe(
        size=256,
        channels=[128, 256, 384],
        layers=2,
        attention=[1],
        norm_groups=32,
        patch=2,
        autoencoder_channels=[64, 128, 256],
        latent_channels=4,
        autoencoder_steps=1_000,
        autoencoder_rate=5e-4,
        steps=2_000,
        batch=32,
        learning_rate=5e-4,
        ema_decay=0.998,
        precision="bf16",
        sample_steps=50,
    ),
}
"""`quick`: tuned on 35 real slices, minutes on one CPU core. `gpu`: trained once, on phantoms, three minutes on one
large GPU, and not tuned. `small` is neither tuned nor trained yet."""
