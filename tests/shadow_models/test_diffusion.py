from dataclasses import replace

import numpy as np
import pytest
import torch

from shadow_models.diffusion import alphas_cumprod, eps_of, level_at, sigmas_of, target_of, time_sampler
from shadow_models.families.dct import DctRecipe


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_schedules_match_diffusers(schedule: str) -> None:
    from diffusers import DDPMScheduler

    name = {"linear": "linear", "cosine": "squaredcos_cap_v2"}[schedule]
    theirs = DDPMScheduler(beta_schedule=name).alphas_cumprod.double().numpy()
    ours = alphas_cumprod(replace(DctRecipe(), schedule=schedule))
    assert ours.dtype == np.float64
    assert np.allclose(ours, theirs, rtol=2e-3)
    assert (np.diff(ours) < 0).all()
    assert 0 < ours[-1] < ours[0] < 1


@pytest.mark.parametrize("prediction", ["v_prediction", "epsilon"])
def test_a_perfect_output_gives_the_noise_back(prediction: str) -> None:
    draw = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 5, 3, 4, 4, generator=draw, dtype=torch.float64)
    gain = torch.tensor([0.2, 1.0, 1.7], dtype=torch.float64)[:, None, None]
    a = torch.linspace(0.001, 0.999, 5, dtype=torch.float64)
    level = level_at(a, gain)
    z_t = a.sqrt()[:, None, None, None] * gain * clean + (1 - a).sqrt()[:, None, None, None] * noise
    scaled = z_t / level.spread
    assert torch.allclose(level.signal**2 + level.noise**2, torch.ones(5, 3, 1, 1, dtype=torch.float64))
    assert torch.allclose(scaled, level.signal * clean + level.noise * noise)
    recovered = eps_of(prediction, target_of(prediction, clean, noise, level), scaled, level)
    assert torch.allclose(recovered, noise, atol=1e-12)


def test_lognormal_timesteps_have_the_wanted_law() -> None:
    recipe = replace(DctRecipe(), time_mean=-0.5, time_sd=0.8)
    times, draw = time_sampler(recipe), torch.Generator().manual_seed(0)
    t = torch.cat([times.draw(8, draw) for _ in range(500)])
    log_sigma = np.log(sigmas_of(alphas_cumprod(recipe)))[t.numpy()]
    assert abs(log_sigma.mean() + 0.5) < 0.03
    assert abs(log_sigma.std() - 0.8) < 0.03
    middle = times.draw(2, draw)
    assert log_sigma.size == 4000
    assert middle[0] < np.searchsorted(times.log_sigmas.numpy(), -0.5) <= middle[1]  # one from each half


def test_uniform_timesteps_cover_the_range() -> None:
    times = time_sampler(replace(DctRecipe(), time_sampling="uniform"))
    t = times.draw(10, torch.Generator().manual_seed(0))
    assert torch.equal(t // 100, torch.arange(10))
