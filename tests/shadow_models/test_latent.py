"""Two networks, one after the other, and the latents between them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny_denoisers import tiny_recipe

from shadow_models.denoising.autoencoder import Coded, build_autoencoder
from shadow_models.denoising.noise_prediction import NoiseGenerator
from shadow_models.families.latent import LatentRecipe, coding_loss
from shadow_models.train import train


@pytest.fixture(scope="module")
def recipe() -> LatentRecipe:
    recipe = tiny_recipe("latent", autoencoder_steps=60, steps=30)
    assert isinstance(recipe, LatentRecipe)
    return recipe


def trained_on(slices: NDArray[np.uint8], recipe: LatentRecipe, **more: object) -> NoiseGenerator:
    generator = train(slices, recipe, seed=2, device="cpu", **more)  # type: ignore[arg-type]
    assert isinstance(generator, NoiseGenerator)
    return generator


@pytest.fixture(scope="module")
def trained(recipe: LatentRecipe, slices: NDArray[np.uint8]) -> NoiseGenerator:
    return trained_on(slices, recipe)


def test_progress_runs_over_both_networks(recipe: LatentRecipe, slices: NDArray[np.uint8]) -> None:
    seen: list[tuple[int, int]] = []
    trained_on(slices, recipe, report=lambda done, total: seen.append((done, total)))
    assert recipe.n_steps == 90
    assert seen == [(25, 90), (50, 90), (75, 90), (90, 90)]


def test_latents_of_members_have_unit_variance(trained: NoiseGenerator, slices: NDArray[np.uint8]) -> None:
    z = trained.encode(slices)
    assert z.shape == (6, *trained.space.shape) == (6, 8, 4, 4)
    assert torch.allclose(z.mean((0, 2, 3)), torch.zeros(8), atol=1e-4)
    assert torch.allclose(z.std((0, 2, 3)), torch.ones(8), atol=1e-4)


def test_slices_come_back_from_latents_the_better_the_longer_it_learnt(
    recipe: LatentRecipe, trained: NoiseGenerator, slices: NDArray[np.uint8]
) -> None:
    def error(generator: NoiseGenerator) -> float:
        return float(np.abs(generator.decode(generator.encode(slices)).astype(float) - slices).mean())

    assert error(trained) < 0.7 * error(trained_on(slices, replace(recipe, autoencoder_steps=1)))


def test_with_a_start_the_autoencoder_is_its_and_stays(
    recipe: LatentRecipe, trained: NoiseGenerator, slices: NDArray[np.uint8]
) -> None:
    seen: list[tuple[int, int]] = []
    further = trained_on(
        255 - slices, replace(recipe, steps=25), start=trained, report=lambda *progress: seen.append(progress)
    )
    assert seen == [(25, 25)]
    assert torch.equal(further.encode(slices), trained.encode(slices))
    before, after = (next(one.network.parameters()) for one in (trained, further))
    assert not torch.equal(before, after)


def test_the_loss_of_coding_is_error_and_divergence() -> None:
    pixels, mean = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 1, 1), 2.0)
    coded = Coded(pixels + 3, mean, torch.zeros_like(mean))
    assert float(coding_loss(coded, pixels, 0.0)) == 9
    assert float(coding_loss(coded, pixels, 0.5)) == 9 + 0.5 * 2  # of N(2, 1) from N(0, 1): 2^2 / 2


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("autoencoder_channels", [], "at least one"), ("autoencoder_channels", [6], "multiple of norm_groups=4"),
     ("autoencoder_steps", 0, "between 1"), ("kl_weight", -1.0, "between 0"), ("latent_channels", 0, "between 1")],
)  # fmt: skip
def test_a_bad_option_gives_a_sentence(recipe: LatentRecipe, field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^Recipe field {field} .*{words}.*\.$"):
        replace(recipe, **{field: value})


def test_latents_are_scaled_and_scaled_back(recipe: LatentRecipe, slices: NDArray[np.uint8]) -> None:
    """Whatever mean and spread are taken out on the way there are put back on the way here."""
    autoencoder = build_autoencoder(recipe, seed=1)
    plain = autoencoder.images(autoencoder.latents(slices))
    autoencoder.mean.fill_(3.0)
    autoencoder.sd.fill_(0.25)
    assert np.abs(autoencoder.images(autoencoder.latents(slices)).astype(int) - plain).max() <= 1
    autoencoder.measure(slices)
    scaled = autoencoder.latents(slices)
    assert torch.allclose(scaled.mean((0, 2, 3)), torch.zeros(recipe.latent_channels), atol=1e-4)
    assert torch.allclose(scaled.std((0, 2, 3)), torch.ones(recipe.latent_channels), atol=1e-3)
