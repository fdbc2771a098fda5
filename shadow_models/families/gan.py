"""`gan`: a light generative adversarial network for few slices, which shows an attacker its discriminator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import torch

from shadow_models.device import resolve_device
from shadow_models.gan.augment import Draws, augment, draw
from shadow_models.gan.network import build_networks
from shadow_models.generator import Generator
from shadow_models.recipe import Gives, Recipe, Report, Training, check_choices, check_ranges, refuse
from shadow_models.registry import register
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase, accelerator_for, optimise
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

CHOICES = {"precision": ("fp32", "bf16")}
_ASKED_AT_ONCE = 64  # slices put through the discriminator together; does not change a score but for rounding


@register("gan")
@dataclass(frozen=True)
class GanRecipe(Recipe):
    """FastGAN in small (Liu et al. 2021, arXiv 2101.04775), with differentiable augmentation (arXiv 2006.10738).

    Hinge loss, Adam with betas (0.5, 0.999) for both networks. Raises ValueError, one sentence, for a value out of its
    range.
    """

    latent: int = 64
    """Numbers of which a slice is made."""
    channels: list[int] = field(default_factory=lambda: [96, 64, 48, 32])
    """Width of the generator at each resolution, coarsest first; the finest is half the slice's."""
    critic_channels: list[int] = field(default_factory=lambda: [32, 64, 96, 128])
    """Width of the discriminator at each resolution, finest first: as many as `channels`."""
    norm_groups: int = 8
    """Groups of every group norm; divides each width."""
    reconstruction: bool = True
    """The discriminator also learns to restore members from its features, which keeps it from looking at a few places
    alone (the paper's self-supervision)."""
    augmentation: float = 1.0
    """How strongly slices are changed before the discriminator sees them; 1: as the paper, 0: not at all. Less of it
    lets the discriminator learn members by heart."""
    diversity: float = 0.0
    """Weight of a loss that grows as made slices come closer to each other than members are, after mode seeking (Mao et
    al. 2019, arXiv 1903.05628); 0: none."""
    steps: int = 1200
    """Optimiser steps of each network."""
    batch: int = 8
    """Members, and as many made slices, per optimiser step, over all processes."""
    learning_rate: float = 1e-3
    """Adam step size of the generator."""
    critic_rate: float = 1e-3
    """Adam step size of the discriminator."""
    warm_up: float = 0.02
    """Fraction of `steps` over which the step sizes rise linearly."""
    final_rate: float = 0.1
    """Step sizes at the end as a fraction of the peak; a half cosine leads there."""
    ema_decay: float = 0.99
    """Decay per step of the generator's averaged weights, which are the ones released."""
    flip: bool = False
    """Mirror each training slice left to right with probability one half."""
    precision: str = "fp32"
    """Arithmetic of training: "fp32" or "bf16"."""

    gives: ClassVar[Gives] = Gives.DISCRIMINATOR

    def __post_init__(self) -> None:
        check_choices(self, CHOICES)
        check_ranges(self, _RANGES)
        for name in ("channels", "critic_channels"):
            widths = getattr(self, name)
            if not widths or any(width < 1 or width % self.norm_groups for width in widths):
                refuse(name, widths, f"a list of at least one positive multiple of norm_groups={self.norm_groups}")
        if len(self.critic_channels) != len(self.channels):
            refuse("critic_channels", self.critic_channels, f"as long as channels={list(self.channels)}")
        stride = 2 ** len(self.channels)
        if self.size % stride:
            refuse("size", self.size, f"a multiple of {stride}: 2^(resolutions)")

    @property
    def grid(self) -> int:
        """Side of the coarsest resolution, positions."""
        return int(self.size // 2 ** len(self.channels))

    @classmethod
    def presets(cls) -> Mapping[str, GanRecipe]:  # type: ignore[override]  # no class is made of this one
        """Return the recipe of each preset."""
        return PRESETS

    def train(self, members: NDArray[np.uint8], training: Training) -> GanGenerator:
        """Return a generator trained on the members, uint8 [n, size, size]; a start gives both networks' weights."""
        start = training.start
        assert start is None or isinstance(start, GanGenerator)
        accelerator = accelerator_for(self.precision, self.batch, training.device)
        learner = _Learner(members, self, training.seed, accelerator, start)
        averages = optimise(learner, self, members, training, accelerator)
        networks = build_networks(self, seed=0)
        averages.into(networks)
        return GanGenerator(self, networks, str(accelerator.device))

    def load(self, folder: Path, device: str) -> GanGenerator:
        """Return what was saved of this recipe."""
        networks = build_networks(self, seed=0)
        shapes = {name: tuple(value.shape) for name, value in states_of(networks).items()}
        load_states(networks, read_weights(folder, shapes))
        return GanGenerator(self, networks, device)


class GanGenerator(Generator):
    """A trained pair of networks; implements `Discriminator`."""

    def __init__(self, recipe: GanRecipe, networks: Mapping[str, nn.Module], device: str = "cpu") -> None:
        """Take the networks with their final weights, the generator's averaged; moves them to the device."""
        self.recipe: GanRecipe = recipe
        self.device = resolve_device(device)
        self.networks = {name: one.to(self.device).eval().requires_grad_(False) for name, one in networks.items()}

    @torch.no_grad()
    def sample(
        self,
        n_images: int,
        *,
        seed: int,
        batch: int = 64,
        report: Report | None = None,
        log: Path | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a release; image i hangs on (seed, i) alone, but for the rounding of floats."""
        del log
        release = []
        for first in range(0, n_images, batch):
            last = min(first + batch, n_images)
            draws = [torch.Generator().manual_seed(seed_of(seed, "image", i)) for i in range(first, last)]
            z = torch.stack([torch.randn(self.recipe.latent, generator=one) for one in draws])
            made = self.networks["generator"](z.to(self.device))[:, 0]
            release.append(((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy())
            if report is not None:
                report(last, n_images)
        return np.concatenate(release)

    @torch.no_grad()
    def discriminate(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the discriminator's output for slices, uint8 [n, size, size]: float64 [n], larger = more like the
        members; ValueError for others. Its weights are the last ones, not averaged, and nothing is augmented."""
        side = self.recipe.size
        if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
            raise ValueError(
                f"The discriminator judges uint8 slices [n, {side}, {side}], but was given "
                f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
            )
        parts = torch.split(_in_range(images), _ASKED_AT_ONCE)
        scores = [self.networks["discriminator"](part.to(self.device))[0].cpu() for part in parts]
        return torch.cat(scores).double().numpy()

    def content(self) -> dict[str, bytes]:
        """The weights of both networks."""
        return content_of(states_of(self.networks))


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
        self.networks = build_networks(recipe, seed_of(seed, "weights"))
        if start is not None:
            load_states(self.networks, states_of(start.networks))
        self._recipe, self._seed, self._device = recipe, seed, accelerator.device
        self._share = slice(accelerator.process_index, None, accelerator.num_processes)
        self._members = _in_range(members)
        self._spread = float(_spread(self._members))

    def pace(self, network: str) -> Pace:
        """The discriminator's weights are not averaged: what judges at the end is what judged last."""
        of = self._recipe
        rate, decay = (of.learning_rate, of.ema_decay) if network == "generator" else (of.critic_rate, 0.0)
        return Pace(rate, of.warm_up, of.final_rate, 0.0, decay, betas=(0.5, 0.999))

    def phase(self, network: str) -> Phase:
        """Both all the time."""
        del network
        return Phase(0, self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """Hinge losses (equations 3 and 4 of arXiv 2101.04775), and the restoring of members."""
        now, strength = self._at(step), self._recipe.augmentation
        of_real, of_made, of_made_again = now.augmentations
        made = networks["generator"](now.z)
        real = augment(now.real, of_real, strength)
        shown = torch.cat([real, augment(made.detach(), of_made, strength)])
        scores, restored = networks["discriminator"](shown, len(real))
        loss = torch.relu(1 - scores[: len(real)]).mean() + torch.relu(1 + scores[len(real) :]).mean()
        if restored is not None:
            small = torch.nn.functional.avg_pool2d(real, 2)
            loss = loss + (restored - small).abs().mean()
        yield "discriminator", loss
        # The slope is taken by itself: backward through the discriminator would leave gradients on its weights.
        seen = made.detach().requires_grad_(True)
        fooled = self.networks["discriminator"](augment(seen, of_made_again, strength))[0].mean()
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


def _in_range(images: NDArray[np.uint8]) -> torch.Tensor:
    """Slices, uint8 [n, h, w], as float32 [n, 1, h, w] in [-1, 1]."""
    return torch.from_numpy(images.astype(np.float32) / 127.5 - 1)[:, None]


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("size", 8, 1024),
    ("latent", 1, 4096),
    ("norm_groups", 1, 1024),
    ("augmentation", 0, 1),
    ("diversity", 0, 100),
    ("steps", 1, 10**8),
    ("batch", 1, 4096),
    ("learning_rate", 1e-8, 1),
    ("critic_rate", 1e-8, 1),
    ("warm_up", 0, 1),
    ("final_rate", 0, 1),
    ("ema_decay", 0, 0.999999),
)

PRESETS: dict[str, GanRecipe] = {
    "quick": GanRecipe(),
    "small": GanRecipe(
        size=128, channels=[128, 96, 64, 48, 32], critic_channels=[32, 48, 64, 96, 128], steps=10_000,
        learning_rate=5e-4, critic_rate=5e-4, ema_decay=0.995,
    ),
    "gpu": GanRecipe(
        size=256, channels=[256, 256, 192, 128, 96, 64], critic_channels=[64, 96, 128, 192, 256, 256], steps=50_000,
        batch=16, learning_rate=2e-4, critic_rate=2e-4, ema_decay=0.999, precision="bf16",
    ),
}  # fmt: skip
