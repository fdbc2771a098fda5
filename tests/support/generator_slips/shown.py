"""Slips in what a generator shows besides its images."""

from __future__ import annotations

from typing import ClassVar

from toy_generators import Judged, Kernel, KernelGenerator, Memory

from generator_slips.base import made_by, slip
from shadow_models.recipe import Gives


@slip("no_denoiser", "test_noise_levels_fall")
class NoDenoiser(Memory):
    """Says that it gives a denoiser and has none."""

    n_timesteps: int = 100
    """Of nothing."""
    gives: ClassVar[Gives] = Gives.DENOISER


@slip("no_timesteps", "test_says_what_it_gives")
class NoTimesteps(Memory):
    """Says that it gives a denoiser and has no timesteps."""

    gives: ClassVar[Gives] = Gives.DENOISER


class Rising(KernelGenerator):
    @property
    def alphas_cumprod(self):
        return self._alphas[::-1].copy()


@slip("rising", "test_noise_levels_fall")
class LevelsRise(made_by(Rising, Kernel)):  # type: ignore[misc]
    """Alpha-bar rises."""


class Dark(KernelGenerator):
    def decode(self, z):
        return super().decode(z) // 2


@slip("decodes_otherwise", "test_encode_and_decode")
class DecodesOtherwise(made_by(Dark, Kernel)):  # type: ignore[misc]
    """Decodes half of the grey."""


class FirstTimestep(KernelGenerator):
    def eps_with_grad(self, z_t, t):
        return super().eps_with_grad(z_t, t[:1].expand(len(t)))


@slip("first_timestep", "test_eps_is_per_image_and_without_gradient")
class TakesTheFirstTimestep(made_by(FirstTimestep, Kernel)):  # type: ignore[misc]
    """One timestep for all images."""


class Attached(KernelGenerator):
    def eps(self, z_t, t):
        return self.eps_with_grad(z_t, t)


@slip("attached", "test_eps_is_per_image_and_without_gradient")
class KeepsTheGraph(made_by(Attached, Kernel)):  # type: ignore[misc]
    """`eps` with gradients."""


class Guess(KernelGenerator):
    def eps_with_grad(self, z_t, t):
        return -super().eps_with_grad(z_t, t)


@slip("wrong_noise", "test_noise_is_found")
class FindsNoNoise(made_by(Guess, Kernel)):  # type: ignore[misc]
    """Noise with the wrong sign."""


class Detached(KernelGenerator):
    def eps_with_grad(self, z_t, t):
        return super().eps_with_grad(z_t, t).detach()


@slip("detached", "test_gradients_by_the_weights")
class CutsTheGraph(made_by(Detached, Kernel)):  # type: ignore[misc]
    """`eps_with_grad` without gradients."""


@slip("no_discriminator", "test_discriminates")
class NoDiscriminator(Memory):
    """Says that it gives a discriminator and has none."""

    gives: ClassVar[Gives] = Gives.DISCRIMINATOR


@slip("ranks", "test_discriminates")
class Ranks(Judged):
    """Its number for an image hangs on the others."""

    def generator(self, table):
        generator = super().generator(table)
        plain = generator.discriminate
        generator.discriminate = lambda images: plain(images) - plain(images).mean()
        return generator
