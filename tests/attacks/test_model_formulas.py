"""Each attack on a model against its formula, written out slowly for the analytic denoiser eps(x, t) = c x."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from attacks.base import Target, TargetShape
from attacks.dime import DistanceAndDivergence
from attacks.fcre import FrequencyCalibratedError
from attacks.gsa import GradientNorms
from attacks.loss import DenoisingLoss
from attacks.loss_mlp import LossClassifier
from attacks.noising import fixed_noise
from attacks.pfami import ProbabilityFluctuation
from attacks.pia import NormalisedProximalInitialization, ProximalInitialization
from attacks.reconstruction import Reconstruction
from attacks.secmi import StepwiseError
from attacks.sima import ScoreNorm
from attacks.view import CountedModel, View

N, SIZE, C = 5, 16, 0.3
CLOSE = {"rel": 1e-9, "abs": 1e-6}
CALLS = [  # network calls a candidate, each attack alone, as attacks.md has them
    (DenoisingLoss(), 24),
    (LossClassifier(), 24),
    (StepwiseError(), 11),
    (ProximalInitialization(), 2),
    (NormalisedProximalInitialization(), 2),
    (ScoreNorm(), 5),
    (DistanceAndDivergence(), 20),
    (Reconstruction(), 20),
    (FrequencyCalibratedError(), 20),
    (ProbabilityFluctuation(), 110),
]
on_every_attack = pytest.mark.parametrize(("attack", "n_calls"), CALLS, ids=[attack.name for attack, _ in CALLS])


@pytest.fixture
def world(linear_denoiser):
    """Random slices x, the same in [-1, 1] as z, the model, and alpha-bar a."""
    x = np.random.default_rng(0).integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)
    model = linear_denoiser(C)
    target = Target(tuple(map(str, range(N))), x, x[:1], model=model)
    z = x.astype(float) / 127.5 - 1.0
    return SimpleNamespace(x=x, z=z, model=model, target=target, a=model.alphas_cumprod)


def view_of(world) -> View:
    return View(world.x, world.x[:0], CountedModel(world.model))


def noise_of(world, index: int) -> np.ndarray:
    return fixed_noise(world.model.encode(world.x), 0, index)[0, 0].numpy()


def slow_loss(world, z: np.ndarray, timestep: int, index: int) -> float:
    """eps = c x gives residual c sqrt(a) x + (c sqrt(1 - a) - 1) noise."""
    a = world.a[timestep]
    return float(((C * a**0.5 * z + (C * (1 - a) ** 0.5 - 1) * noise_of(world, index)) ** 2).mean())


def ddim_factor(a: float, a_then: float) -> float:
    """What one deterministic step multiplies x_t by."""
    return a_then**0.5 * (1 - C * (1 - a) ** 0.5) / a**0.5 + C * (1 - a_then) ** 0.5


def slow_restored(world, n_results: int, times: list[int]) -> np.ndarray:
    """The mean of the restorations led from times[0] to 0."""
    a = [world.a[t] if t else 1.0 for t in times]
    factor = np.prod([ddim_factor(*pair) for pair in itertools.pairwise(a)])
    noise = np.mean([noise_of(world, index) for index in range(n_results)], axis=0)
    return factor * (a[0] ** 0.5 * world.z + (1 - a[0]) ** 0.5 * noise)


def test_loss(world):
    attack = DenoisingLoss(timesteps=[25, 400], n_noises=3)
    expected = [
        -np.log(np.mean([slow_loss(world, z, t, index) for t in (25, 400) for index in range(3)])) for z in world.z
    ]
    assert attack.score(world.target) == pytest.approx(expected, **CLOSE)


def test_secmi_follows_the_published_code(world):
    """On to 90 in steps of 10 from 0, then to 100 and back to 90, where the squared difference is summed."""
    up = np.prod([ddim_factor(world.a[t], world.a[t + 10]) for t in range(0, 90, 10)])
    back = ddim_factor(world.a[90], world.a[100]) * ddim_factor(world.a[100], world.a[90])
    expected = [-np.log(((1 - back) ** 2 * (up * z) ** 2).sum()) for z in world.z]
    assert StepwiseError().score(world.target) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize(
    ("attack", "mean_size"),
    [
        (ProximalInitialization(), None),
        (NormalisedProximalInitialization(), (2 / np.pi) ** 0.5),
        (NormalisedProximalInitialization(normalization="paper"), (np.pi / 2) ** 0.5),
    ],
)
def test_pia_and_both_normalisations_of_pian(world, attack, mean_size):
    a = world.a[200]
    expected = []
    for z in world.z:
        own = C * z if mean_size is None else C * z * mean_size / np.abs(C * z).mean()
        again = C * (a**0.5 * z + (1 - a) ** 0.5 * own)
        expected.append(-np.log((np.abs(own - again) ** 4).sum()))
    assert attack.score(world.target) == pytest.approx(expected, **CLOSE)


def test_sima_observes_the_fourth_powers_at_every_timestep(world):
    expected = [-np.log(((C * z) ** 4).sum()) for z in world.z]
    assert ScoreNorm().observe(view_of(world)) == pytest.approx(np.repeat(np.array(expected)[:, None], 5, 1), **CLOSE)


def test_reconstruction(world):
    difference = (slow_restored(world, 2, [200, 150, 100, 50, 0]) - world.z) * 127.5
    expected = -np.log(np.sqrt((difference**2).mean(axis=(1, 2))))
    attack = Reconstruction(n_results=2, n_steps=4)
    assert attack.score(world.target) == pytest.approx(expected, **CLOSE)


def test_reconstruction_by_ssim_is_the_similarity_of_slice_and_restoration(world, memorising_denoiser):
    by_heart = Target(world.target.ids, world.x, world.x, model=memorising_denoiser(world.x, bandwidth=1e-3))
    assert Reconstruction(compare="ssim").score(by_heart) == pytest.approx(np.ones(N), abs=1e-3)


def test_fcre_is_the_error_of_the_reconstruction_in_its_band(world):
    """The band filter as matrices of cosines and sines, frequency by frequency."""
    difference = (slow_restored(world, 10, [200, 100, 0]) - world.z) * 127.5
    rows, columns = np.mgrid[:SIZE, :SIZE]
    filtered = np.zeros_like(difference)
    for u, v in itertools.product(range(-SIZE // 2, SIZE // 2), repeat=2):
        if 0.15 <= np.hypot(u, v) / (SIZE / 2) < 0.85:
            wave = np.exp(2j * np.pi * (u * rows + v * columns) / SIZE)
            weight = (difference * wave.conj()).sum(axis=(1, 2)) / SIZE**2
            filtered += (weight[:, None, None] * wave).real
    expected = -np.log(np.sqrt((filtered**2).mean(axis=(1, 2))))
    assert FrequencyCalibratedError().score(world.target) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize("fluctuation", ["difference", "relative"])
def test_pfami(world, fluctuation):
    sides = (0.94, 0.825, 0.71)  # at 0.95 and 0.7 some values lie half way between two grey levels
    attack = ProbabilityFluctuation(
        timesteps=[25, 300], n_crops=3, widest=0.94, narrowest=0.71, fluctuation=fluctuation
    )
    expected = []
    for x in world.x:
        images = [x, *(slow_crop(x, side) for side in sides)]
        own, *crops = [
            np.mean([slow_loss(world, image.astype(float) / 127.5 - 1.0, t, 0) for t in (25, 300)])
            for image in images
        ]
        gap = np.mean(crops) - own
        expected.append(gap if fluctuation == "difference" else np.log1p(gap / own))
    assert attack.score(world.target) == pytest.approx(expected, **CLOSE)


def slow_crop(image: np.ndarray, side: float) -> np.ndarray:
    """The middle of a square image resized back, by interpolation between pixel centres along each axis."""
    size = len(image)
    at = (np.arange(size) + 0.5) * side + (1 - side) / 2 * size - 0.5
    wide = np.stack([np.interp(at, np.arange(size), row) for row in image.astype(float)])
    return np.stack([np.interp(at, np.arange(size), column) for column in wide.T], axis=1).round().astype(np.uint8)


def test_noises_are_the_same_for_every_image_and_differ_by_index(world):
    z = world.model.encode(world.x)
    one, other = fixed_noise(z, 0, 0), fixed_noise(z[:2], 0, 0)
    assert one.shape[0] == 1
    assert bool((one == other).all())
    assert not bool((one == fixed_noise(z, 0, 1)).all())
    assert abs(float(one.std()) - 1.0) < 0.1


@on_every_attack
def test_network_calls_are_those_of_the_specification(world, attack, n_calls):
    view = view_of(world)
    attack.observed(view)
    assert view.denoiser.images_seen == n_calls * N


def test_a_timestep_that_is_given_twice_weighs_twice_and_is_asked_once(world):
    """Nor is it counted as shared with another attack: what a row states is what the attack alone would ask."""
    view = view_of(world)
    observed = DenoisingLoss(timesteps=[25, 300, 25], n_noises=2).observed(view)
    assert (view.denoiser.images_seen, view.denoiser.images_saved) == (4 * N, 0)
    once = DenoisingLoss(timesteps=[25, 300], n_noises=2).observed(view_of(world))
    assert np.array_equal(observed, once[:, [0, 1, 0]])


@pytest.mark.parametrize("backwards", [False, True])
def test_attacks_on_one_view_share_their_calls(world, backwards):
    """Together 181 of 238 calls: all of loss_mlp's and fcre's, and of the others what they have in common."""
    view = view_of(world)
    for attack, _ in reversed(CALLS) if backwards else CALLS:
        attack.observed(view)
    assert view.denoiser.images_seen == 181 * N
    assert (
        view.denoiser.images_seen + view.denoiser.images_saved == sum(n_calls for _, n_calls in CALLS) * N == 238 * N
    )


@on_every_attack
def test_batches_of_any_size_give_the_same(world, attack, n_calls, monkeypatch):
    whole = attack.observed(view_of(world))
    monkeypatch.setattr("attacks.noising.BATCH_IMAGES", 2)
    assert attack.observed(view_of(world)) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(
    "attack",
    [
        DenoisingLoss(timesteps=[1000]),
        LossClassifier(timesteps=[1000]),
        StepwiseError(t_sec=1000),
        ProximalInitialization(timestep=1000),
        ScoreNorm(timesteps=[0, 1000]),
        DistanceAndDivergence(timesteps=[0, 1000]),
        Reconstruction(timestep=1000),
        FrequencyCalibratedError(timestep=1000),
        ProbabilityFluctuation(timesteps=[-1]),
        GradientNorms(timesteps=[1000]),
    ],
    ids=lambda attack: attack.name,
)
def test_timesteps_that_the_model_does_not_have_are_refused(world, attack):
    with pytest.raises(ValueError, match="0 to 999"):
        attack.check(TargetShape(n_images=10, size=SIZE, n_timesteps=1000))
    with pytest.raises(ValueError, match="0 to 999"):
        attack.observe(view_of(world))


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (lambda: DenoisingLoss(n_noises=0), "n_noises"),
        (lambda: LossClassifier(width=0), "width"),
        (lambda: StepwiseError(t_sec=95), "multiple of step"),
        (lambda: ProximalInitialization(power=0), "power"),
        (lambda: ProximalInitialization(normalization="l1"), "none, code, paper"),
        (lambda: Reconstruction(compare="l1"), "l2 or ssim"),
        (lambda: FrequencyCalibratedError(low=0.9), "empty"),
        (lambda: ProbabilityFluctuation(narrowest=0.96), "narrowest"),
        (lambda: ProbabilityFluctuation(fluctuation="ratio"), "difference or relative"),
        (lambda: GradientNorms(strength=0), "strength"),
        (lambda: DistanceAndDivergence(n_signs=0), "n_signs"),
        (lambda: DistanceAndDivergence(steps=[0.0]), "steps"),
    ],
)
def test_bad_options_are_refused_in_words(attack, message):
    with pytest.raises(ValueError, match=message):
        attack()


def test_a_band_without_a_frequency_is_refused():
    with pytest.raises(ValueError, match="wider band"):
        FrequencyCalibratedError(low=0.15, high=0.2).check(TargetShape(n_images=1, size=8, n_timesteps=1000))
