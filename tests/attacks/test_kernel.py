"""`kernel_near` and `kernel_crowded` against their formula, written out slowly, and what fixes their width."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.base import LabelledTarget, Target
from attacks.conformance.worlds import World, fitted, labelled_shadows, planted
from attacks.kernel import KernelCrowded, KernelNear, kernel
from attacks.view import View

N, M, SIZE = 6, 20, 8
RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)
G = (X[np.arange(M) % N].astype(int) + RNG.integers(-20, 21, (M, SIZE, SIZE))).clip(0, 255).astype(np.uint8)


def slow(x: np.ndarray, h: float) -> tuple[float, float]:
    flat = G.reshape(M, -1).astype(float)
    squares = ((flat - x.ravel()) ** 2).sum(axis=1)
    weight = np.exp(-(squares - squares.min()) / (2 * h**2))
    weight /= weight.sum()
    mean = weight @ flat
    return ((mean - x.ravel()) ** 2).sum(), weight @ ((flat - mean) ** 2).sum(axis=1)


@pytest.mark.parametrize("h", [5.0, 60.0, 1e4])
def test_bias_and_spread_are_their_formula(h):
    """With all of the release as neighbours; squares below a quarter of a grey level count as that."""
    found = kernel(KernelNear(neighbours=M).observe(View(X, G)), h)
    expected = np.maximum([slow(x, h) for x in X], 0.25)
    assert found.bias == pytest.approx(expected[:, 0], rel=1e-9)
    assert found.spread == pytest.approx(expected[:, 1], rel=1e-9)


def test_few_neighbours_do_where_the_kernel_is_narrow():
    few, all_ = (kernel(KernelNear(neighbours=k).observe(View(X, G)), 15.0) for k in (5, M))
    assert few.bias == pytest.approx(all_.bias, rel=1e-6)


def test_a_narrow_kernel_sees_the_nearest_alone_and_a_wide_one_the_mean_of_all():
    observed = KernelNear(neighbours=M).observe(View(X, G))
    squares = ((G[None].astype(float) - X[:, None]) ** 2).sum(axis=(2, 3))
    narrow, wide = kernel(observed, 1e-3), kernel(observed, 1e6)
    assert narrow.bias == pytest.approx(squares.min(axis=1))
    assert (narrow.spread == 0.25).all()
    flat = G.reshape(M, -1)
    assert wide.bias == pytest.approx(((flat.mean(axis=0) - X.reshape(N, -1)) ** 2).sum(axis=1), rel=1e-6)
    assert wide.spread == pytest.approx(flat.var(axis=0).sum(), rel=1e-6)


def test_what_is_observed_is_whole_numbers_and_serves_both():
    view = View(X, G)
    observed = KernelNear().observe(view)
    assert np.array_equal(observed, np.rint(observed))
    assert np.array_equal(observed, KernelCrowded().observe(view))
    assert KernelNear().observation() == KernelCrowded().observation()


@pytest.mark.parametrize("attack", [KernelNear(), KernelCrowded()], ids=lambda one: one.name)
def test_the_width_comes_from_shadows_and_never_from_the_target(attack):
    world = World(n_pairs=5, seed=1)
    ready, (target, member) = fitted(attack, world), planted(world)
    other = replace(target, release=planted(world, 1).target.release, seen=None)
    assert ready._width != attack._width
    ready.score(other)
    assert fitted(attack, world)._width == ready._width
    assert roc_auc_score(member, ready.score(target)) > 0.95
    backwards = [LabelledTarget(one.target, ~one.member) for one in labelled_shadows(world)]
    assert roc_auc_score(member, attack.fit(backwards).score(target)) > 0.5, "a width has no sign to learn"


def test_bad_options_are_refused_in_words():
    with pytest.raises(ValueError, match="neighbours=0"):
        KernelNear(neighbours=0)
    ids = tuple(map(str, range(N)))
    assert KernelNear(neighbours=99).observe(View(X, G)).shape == (N, M * (M + 1) // 2)
    with pytest.raises(ValueError, match="has not been fitted"):
        KernelNear().score(Target(ids, X, G))
