"""`dime` against its formula, for the analytic denoiser eps(x, t) = c x, and what it learns from shadows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from attacks.base import LabelledTarget, Target
from attacks.dime import DistanceAndDivergence
from attacks.noising import fixed_noise
from attacks.view import CountedModel, View

N, SIZE, C = 5, 16, 0.3
CLOSE = {"rel": 1e-9, "abs": 1e-6}


@pytest.fixture
def world(linear_denoiser):
    """Random slices x, the same in [-1, 1] as z, and alpha-bar a."""
    x = np.random.default_rng(0).integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)
    model = linear_denoiser(C)
    target = Target(tuple(map(str, range(N))), x, x[:1], model=model)
    view = View(x, x[:0], CountedModel(model))
    noise = [fixed_noise(model.encode(x), 0, index)[0, 0].numpy() for index in range(3)]
    z = x.astype(float) / 127.5 - 1.0
    return SimpleNamespace(z=z, target=target, view=view, noise=noise, a=model.alphas_cumprod)


def test_dime_observes_size_and_divergence(world):
    """eps = c x: |c (z + c' s r)|^2, and a divergence of c for every element."""
    timesteps, steps = [50, 300], [0.1, 0.5]
    observed = DistanceAndDivergence(timesteps=timesteps, steps=steps, n_signs=3).observe(world.view)
    assert observed.shape == (N, 2, 2, 2)
    for (at, t), (by, step) in itertools.product(enumerate(timesteps), enumerate(steps)):
        s = (1 - world.a[t]) ** 0.5
        for i, z in enumerate(world.z):
            moved = [world.a[t] ** 0.5 * z + step * s * np.sign(world.noise[k]) for k in range(3)]
            size = np.mean([np.sqrt(((C * one) ** 2).sum()) for one in moved])
            assert observed[i, at, by] == pytest.approx([s**2 * size**2 / SIZE**2, s**3 * C], **CLOSE)


def test_dimes_score_is_its_formula_and_its_signs_are_fixed(world):
    observed = DistanceAndDivergence().observe(world.view)
    expected = -(observed[:, 0, 0, 0] - observed[:, 0, 0, 1])
    assert DistanceAndDivergence().signal(observed) == pytest.approx(expected, **CLOSE)
    reverse = np.array([1.0, 0.0, 1.0, 0.0, 1.0], dtype=bool)  # members that lie where non-members should
    size, divergence = np.where(reverse, 2.0, 1.0), np.where(reverse, 1.0, 2.0)
    made = np.stack([size, divergence], axis=1)[:, None, None]
    for n_balances in (1, 5):
        told = LabelledTarget(replace(world.target, seen=lambda attack: made), reverse)
        fitted = DistanceAndDivergence(timesteps=[100], n_balances=n_balances).fit([told])
        assert (fitted.signal(made)[reverse] < fitted.signal(made)[~reverse].min()).all(), "the sign was learnt"


def test_dime_takes_timestep_step_and_balance_from_shadows(world):
    member = np.arange(N) < 2
    made = np.zeros((N, 2, 3, 2))
    made[:, 1, 2, 0] = ~member
    made[:, 1, 2, 1] = np.linspace(5.0, -5.0, N) * np.array([-1, 1, 1, 1, -1])
    told = LabelledTarget(replace(world.target, seen=lambda attack: made), member)
    attack = DistanceAndDivergence(timesteps=[50, 100], steps=[0.1, 0.2, 0.3], n_balances=3)
    assert attack.fit([told]).chosen == (1, 2, pytest.approx(np.pi))
    everyone = LabelledTarget(told.target, np.ones(N, dtype=bool))
    with pytest.raises(ValueError, match="members and others"):
        attack.fit([everyone])
