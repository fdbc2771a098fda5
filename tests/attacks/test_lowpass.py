"""`lowpass=`: prediction and target lose the same high frequencies before the norm, and nothing without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from attacks.conformance.worlds import World, auc, fitted, planted
from attacks.dime import DistanceAndDivergence
from attacks.loss import DenoisingLoss
from attacks.loss_mlp import LossClassifier
from attacks.lowpass import low
from attacks.noising import fixed_noise
from attacks.pia import NormalisedProximalInitialization, ProximalInitialization
from attacks.secmi import StepwiseError
from attacks.sima import ScoreNorm
from attacks.view import CountedModel, View

SIZE, N, C = 16, 4, 0.3
CLOSE = {"rel": 1e-8, "abs": 1e-6}
X = np.random.default_rng(0).integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)
Z = X.astype(float) / 127.5 - 1.0
ATTACKS = [
    DenoisingLoss(),
    LossClassifier(),
    StepwiseError(),
    ProximalInitialization(),
    NormalisedProximalInitialization(),
    ScoreNorm(),
    DistanceAndDivergence(),
]
each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)


def slow_low(image: np.ndarray, lowpass: float) -> np.ndarray:
    """Wave by wave."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    kept = np.zeros(image.shape)
    for u in range(-SIZE // 2, SIZE // 2):
        for v in range(-SIZE // 2, SIZE // 2):
            if np.hypot(u, v) / (SIZE / 2) <= lowpass:
                wave = np.exp(2j * np.pi * (u * rows + v * columns) / SIZE)
                kept += ((image * wave.conj()).sum() * wave).real / image.size
    return kept


@pytest.fixture
def view(linear_denoiser) -> View:
    return View(X, X[:0], CountedModel(linear_denoiser(C)))


@pytest.mark.parametrize("lowpass", [0.1, 0.5, 1.0])
def test_it_is_the_sum_of_the_waves_it_keeps(lowpass):
    expected = np.stack([slow_low(z, lowpass) for z in Z])
    assert low(torch.from_numpy(Z)[:, None], lowpass)[:, 0].numpy() == pytest.approx(expected, abs=1e-12)


def test_every_channel_is_filtered_by_itself():
    both = torch.from_numpy(np.stack([Z, -2 * Z], axis=1))
    assert torch.allclose(low(both, 0.4)[:, 1], -2 * low(both, 0.4)[:, 0])


def test_loss_compares_what_prediction_and_noise_keep(view):
    a = view.denoiser.alphas_cumprod[100]
    noise = fixed_noise(view.denoiser.encode(X), 0, 0)[0, 0].numpy()
    expected = [
        ((slow_low(C * (a**0.5 * z + (1 - a) ** 0.5 * noise), 0.4) - slow_low(noise, 0.4)) ** 2).mean() for z in Z
    ]
    found = DenoisingLoss(timesteps=[100], n_noises=1, lowpass=0.4).observe(view)[:, 0, 0]
    assert found == pytest.approx(np.array(expected), **CLOSE)


def test_sima_pia_and_secmi_lose_the_same_frequencies(view):
    """eps = c x: each difference is a multiple of x, so its low part is that multiple of the low part of x."""
    kept = np.stack([slow_low(z, 0.4) for z in Z])
    for attack, power in ((ScoreNorm(timesteps=[50]), 4), (ProximalInitialization(), 4), (StepwiseError(), 2)):
        whole, part = attack.observe(view).ravel(), replace(attack, lowpass=0.4).observe(view).ravel()
        ratio = (np.abs(kept) ** power).sum(axis=(1, 2)) / (np.abs(Z) ** power).sum(axis=(1, 2))
        assert part - whole == pytest.approx(-np.log(ratio), **CLOSE)


def test_dimes_divergence_is_that_of_the_frequencies_kept(view):
    """eps = c x, filtered: c times the share of frequencies kept, in the mean over many signs."""
    found = DistanceAndDivergence(timesteps=[100], n_signs=400, lowpass=0.4).observe(view)[:, 0, 0, 1]
    s = (1 - view.denoiser.alphas_cumprod[100]) ** 0.5
    u = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE))) / 0.5
    assert found == pytest.approx(s**3 * C * (u <= 0.4).mean(), rel=0.05)


@each_attack
def test_a_limit_beyond_every_frequency_changes_nothing(attack, view):
    assert replace(attack, lowpass=1.5).observe(view) == pytest.approx(attack.observe(view), **CLOSE)


@each_attack
def test_it_is_an_option_that_decides_the_observation_and_asks_nothing_more(attack, view):
    filtered = replace(attack, lowpass=0.4)
    assert filtered.observation() != attack.observation()
    attack.observe(view)
    asked = view.denoiser.images_seen + view.denoiser.images_saved
    filtered.observe(view)
    assert view.denoiser.images_seen + view.denoiser.images_saved == 2 * asked
    for wrong in (0.0, -0.5, 7.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"lowpass={wrong}"):
            replace(attack, lowpass=wrong)


@each_attack
def test_filtered_attacks_find_planted_copies(attack):
    world = World(n_pairs=5, seed=1)
    ready = fitted(replace(attack, lowpass=0.5), world)
    assert np.mean([auc(ready, planted(world, number)) for number in (0, 1)]) > 0.95
