from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shadow_models.diffusion import alphas_cumprod, sigmas_of
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.families.dct.sample import sampling_timesteps
from shadow_models.sample import sample
from shadow_models.train import train


@pytest.fixture(scope="module")
def trained(tiny: DctRecipe, slices: NDArray[np.uint8]) -> DctGenerator:
    return train(slices, replace(tiny, whitening=0.7), seed=5, device="cpu")


def test_batch_size_does_not_change_an_image(trained: DctGenerator) -> None:
    together = sample(trained, 7, seed=3, batch=7)
    assert together.shape == (7, 16, 16)
    assert together.dtype == np.uint8
    for batch in (1, 3):
        parts = sample(trained, 7, seed=3, batch=batch)
        assert np.abs(parts.astype(int) - together.astype(int)).max() <= 1
    assert np.array_equal(sample(trained, 4, seed=3, batch=7), together[:4])


def test_same_seed_same_images_and_other_seed_others(trained: DctGenerator) -> None:
    first = sample(trained, 3, seed=0)
    assert np.array_equal(first, sample(trained, 3, seed=0))
    assert not np.array_equal(first, sample(trained, 3, seed=1))
    assert len(np.unique(first, axis=0)) == 3


def test_report_and_refusal(trained: DctGenerator) -> None:
    seen: list[tuple[int, int]] = []
    sample(trained, 5, seed=0, batch=2, report=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]
    with pytest.raises(ValueError, match="0 images"):
        sample(trained, 0, seed=0)


@pytest.mark.parametrize("sampler", ["sde-dpm++", "dpm++", "ddim"])
def test_a_generator_of_one_slice_draws_that_slice(tiny: DctRecipe, slices: NDArray[np.uint8], sampler: str) -> None:
    generator = train(slices[:1], replace(tiny, steps=150, batch=8, sampler=sampler), seed=0, device="cpu")
    drawn = sample(generator, 4, seed=0)
    rmse = np.sqrt(((drawn.astype(float) - slices[0]) ** 2).mean(axis=(1, 2)))
    others = np.sqrt(((drawn[:, None].astype(float) - slices[None, 1:]) ** 2).mean(axis=(2, 3)))
    assert rmse.max() < 0.5 * others.min()
    assert rmse.max() < 20


def test_timesteps_follow_the_noise_levels_asked_for() -> None:
    recipe = replace(DctRecipe(), sample_sigma_max=40.0, sample_sigma_min=0.05, sample_steps=20)
    alpha_bar = alphas_cumprod(recipe)
    t = sampling_timesteps(recipe, alpha_bar)
    sigma = sigmas_of(alpha_bar)[t]
    assert (np.diff(t) < 0).all()
    assert 18 <= len(t) <= 20
    assert sigma[0] == pytest.approx(40, rel=0.02)
    assert sigma[-1] == pytest.approx(0.05, rel=0.1)
