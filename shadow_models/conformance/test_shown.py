"""What a family says that an attacker with the model holds (`gives`) is there: a denoiser, or a discriminator."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.denoiser import WhiteBox
from shadow_models.generator import Generator
from shadow_models.recipe import Gives, Recipe

ROUNDING = 1e-3  # of noise of unit variance: what float32 may lose where it adds in another order


@pytest.fixture
def white_box(family: type[Recipe], trained: Generator) -> WhiteBox:
    """The trained generator, where the family says that it is a denoiser."""
    if family.gives is not Gives.DENOISER:
        pytest.skip("The family does not say that it gives a denoiser.")
    assert isinstance(trained, WhiteBox), "says that it gives a denoiser, and lacks part of `WhiteBox`"
    return trained


@pytest.fixture
def halfway(white_box: WhiteBox) -> int:
    """The timestep at which a slice is half noise."""
    return int(np.abs(white_box.alphas_cumprod - 0.5).argmin())


def noised(white_box: WhiteBox, slices: NDArray[np.uint8], timestep: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Slices at a timestep, and the noise in them, both [n, c, h', w']."""
    z, a = white_box.encode(slices), float(white_box.alphas_cumprod[timestep])
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0)).to(z)
    return a**0.5 * z + (1 - a) ** 0.5 * noise, noise


def test_says_what_it_gives(family: type[Recipe], recipe: Recipe) -> None:
    """A denoiser has timesteps to ask for, and nothing else has."""
    assert isinstance(family.gives, Gives)
    assert (recipe.n_timesteps_asked > 0) == (family.gives is Gives.DENOISER)


def test_noise_levels_fall(white_box: WhiteBox, recipe: Recipe) -> None:
    """Alpha-bar is float64 [T], falls, and lies in (0, 1); T is what the recipe says."""
    levels = white_box.alphas_cumprod
    assert levels.dtype == np.float64
    assert levels.shape == (recipe.n_timesteps_asked,)
    assert (np.diff(levels) < 0).all()
    assert 0 < levels[-1] < levels[0] < 1


def test_encode_and_decode(white_box: WhiteBox, members: NDArray[np.uint8]) -> None:
    """z is float32 [n, c, h', w'], the same when asked again, of about unit variance.

    Decoded it is the slices again, to a grey level. Where z has fewer numbers than a slice has pixels, that cannot
    be, and images of the same shape will do.
    """
    z = white_box.encode(members)
    assert z.dtype == torch.float32
    assert z.ndim == 4
    assert len(z) == len(members)
    assert 0.2 < float(z.std()) < 5
    assert torch.isfinite(z).all()
    assert torch.equal(white_box.encode(members), z)
    decoded = white_box.decode(z)
    assert decoded.dtype == np.uint8
    assert decoded.shape == members.shape
    if z[0].numel() >= members[0].size:
        assert np.abs(decoded.astype(int) - members).max() <= 1


def test_eps_is_per_image_and_without_gradient(white_box: WhiteBox, members: NDArray[np.uint8], halfway: int) -> None:
    """Predictions are like z_t, finite, and each image's is by its own timestep, whoever else is asked about."""
    z_t, _ = noised(white_box, members, halfway)
    t = torch.linspace(1, len(white_box.alphas_cumprod) - 1, len(z_t)).long()
    eps = white_box.eps(z_t, t)
    assert eps.shape == z_t.shape
    assert eps.dtype == z_t.dtype
    assert not eps.requires_grad
    assert torch.isfinite(eps).all()
    alone = torch.cat([white_box.eps(z_t[i : i + 1], t[i : i + 1]) for i in range(len(z_t))])
    torch.testing.assert_close(alone, eps, rtol=ROUNDING, atol=ROUNDING)
    others = white_box.eps(z_t, t.flip(0))
    assert not torch.allclose(others, eps, rtol=ROUNDING, atol=ROUNDING), "the timestep has no say"


def test_noise_is_found(
    family: type[Recipe], overfitted: Generator, members: NDArray[np.uint8], halfway: int
) -> None:
    """In members that it learnt by heart, half noised, it predicts the noise better than by nothing (error 1)."""
    assert isinstance(overfitted, WhiteBox)
    if not family.learns:
        pytest.skip("The family says that it learns nothing.")
    z_t, noise = noised(overfitted, members, halfway)
    eps = overfitted.eps(z_t, torch.full((len(z_t),), halfway))
    assert float((eps - noise).square().mean()) < 0.8


def test_gradients_by_the_weights(white_box: WhiteBox, members: NDArray[np.uint8], halfway: int) -> None:
    """`eps_with_grad` is `eps`, on the graph of the parameters of `network`; some of them get a gradient."""
    z_t, noise = noised(white_box, members, halfway)
    t = torch.full((len(z_t),), halfway)
    closed, traced = white_box.eps(z_t, t), white_box.eps_with_grad(z_t, t)
    torch.testing.assert_close(traced.detach(), closed, rtol=ROUNDING, atol=ROUNDING)
    weights = list(white_box.network.parameters())
    assert weights
    assert all(one.requires_grad for one in weights)
    slopes = torch.autograd.grad((traced - noise).square().mean(), weights, allow_unused=True)
    assert any(one is not None and bool(one.abs().max() > 0) for one in slopes)
    assert not white_box.eps(z_t, t).requires_grad


def test_discriminates(family: type[Recipe], trained: Generator, members: NDArray[np.uint8]) -> None:
    """`discriminate` gives a number an image, float64 [n], finite, the same whichever others are asked with it."""
    if family.gives is not Gives.DISCRIMINATOR:
        pytest.skip("The family does not say that it gives a discriminator.")
    assert callable(getattr(trained, "discriminate", None)), "says that it gives a discriminator, and has none"
    found = trained.discriminate(members)  # type: ignore[attr-defined]  # what the line before asks for
    assert found.dtype == np.float64
    assert found.shape == (len(members),)
    assert np.isfinite(found).all()
    assert len(np.unique(found)) > 1, "all images are alike to it"
    alone = np.concatenate([trained.discriminate(members[i : i + 1]) for i in range(len(members))])  # type: ignore[attr-defined]
    np.testing.assert_allclose(alone, found, rtol=ROUNDING, atol=ROUNDING)
