"""Each attack on a release against its formula written out slowly with loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from attacks.base import TargetShape
from attacks.c2st import ClassifierTwoSample, folds
from attacks.carlini import RelativeDistance, carlini_reg
from attacks.distances import principal_components
from attacks.domias import DensityRatio
from attacks.dpi import DataPlagiarismIndex
from attacks.knn import NearestNeighbour
from attacks.mc import MonteCarlo
from attacks.patch import TileDistance, patch_reg
from attacks.real_ratio import RealRatio
from attacks.retrieval import Retrieval, retrieval_cal, retrieval_reg
from attacks.view import View

N, M, SIZE = 7, 30, 16
UNFITTED = [
    RealRatio(), Retrieval(), Retrieval(softness=0.0), RelativeDistance(), TileDistance(), MonteCarlo(),
    DensityRatio(), DataPlagiarismIndex(), ClassifierTwoSample(),
]  # fmt: skip
each_observation = pytest.mark.parametrize("attack", UNFITTED, ids=lambda one: one.name)


def noise_images(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def view() -> View:
    return View(noise_images(N, 0), noise_images(M, 1))


def d(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(((x.astype(float) - y.astype(float)) ** 2).sum()))


def others(view: View, i: int) -> list[np.ndarray]:
    return [y for j, y in enumerate(view.candidates) if j != i]


def test_real_ratio(view):
    expected = [
        np.log(min(d(x, y) for y in others(view, i))) - np.log(min(d(x, g) for g in view.release))
        for i, x in enumerate(view.candidates)
    ]
    assert RealRatio().observe(view) == pytest.approx(expected, rel=1e-9)


def test_retrieval_counts_the_images_that_name_a_slice(view):
    named = [int(np.argmin([d(x, g) for x in view.candidates])) for g in view.release]
    expected = [np.log(1 + named.count(i)) for i in range(N)]
    assert Retrieval(softness=0.0).observe(view) == pytest.approx(expected)


def test_retrieval_spreads_each_image_softly(view):
    expected = np.zeros(N)
    for g in view.release:
        distances = np.array([d(x, g) for x in view.candidates])
        weight = np.exp(-distances / (0.1 * distances.min()))
        expected += weight / weight.sum()
    assert Retrieval(softness=0.1).observe(view) == pytest.approx(np.log(1 + expected), rel=1e-9)


def test_retrieval_shares_a_tie(view):
    twins = View(view.candidates[[0, 0, 1]], view.candidates[:1])
    hard = Retrieval(softness=0.0)
    assert hard.observe(twins) == pytest.approx(np.log([1.5, 1.5, 1.0]))
    # Equal slices whose distances differ in the last digit, as a matrix product may leave them.
    assert hard._shares(np.array([[3.0], [np.nextafter(3.0, 4.0)], [3.1]])).tolist() == [[0.5], [0.5], [0.0]]


@pytest.mark.parametrize(("near", "n_reals"), [(1, 3), (4, 50), (1000, 1)])
def test_carlini(view, near, n_reals):
    expected = []
    for x in view.candidates:
        ratios = []
        for g in sorted(view.release, key=lambda g: d(x, g))[:near]:
            reals = sorted(d(g, y) for y in view.candidates)[:n_reals]
            ratios.append(-np.log(d(g, x) / (0.5 * np.mean(reals))))
        expected.append(max(ratios))
    assert RelativeDistance(near=near, n_reals=n_reals).observe(view) == pytest.approx(expected, rel=1e-9)


def test_patch_is_the_worst_tile_of_the_nearest_image(view):
    expected = []
    for x in view.candidates.astype(float):
        worst = [
            max(np.sqrt(np.mean((x[t:t + 4, s:s + 4] - g[t:t + 4, s:s + 4]) ** 2))
                for t in range(0, SIZE, 4) for s in range(0, SIZE, 4))
            for g in view.release.astype(float)
        ]  # fmt: skip
        expected.append(-np.log(min(worst)))
    assert TileDistance().observe(view) == pytest.approx(expected, rel=1e-9)


def test_names_that_only_preselect_share_their_observations():
    assert TileDistance().observation() == NearestNeighbour(distance="tile").observation()
    assert TileDistance().observation() == patch_reg().observation()
    assert TileDistance().observation() != NearestNeighbour().observation()
    assert RelativeDistance().observation() == carlini_reg().observation()
    assert Retrieval().observation() == retrieval_cal().observation() == retrieval_reg().observation()


def test_mc_is_the_fraction_within_the_radius(view):
    radius = float(np.median([d(x, g) for x in view.candidates for g in view.release]))
    expected = [np.log((sum(d(x, g) <= radius for g in view.release) + 0.5) / (M + 1)) for x in view.candidates]
    attack = MonteCarlo().fitted(_radius=radius)
    assert len(set(expected)) > 2
    assert attack.signal(attack.observe(view)) == pytest.approx(expected)


def test_mc_keeps_and_counts_no_more_than_its_neighbours(view):
    attack = MonteCarlo(neighbours=5).fitted(_radius=1e9)
    assert attack.observe(view).shape == (N, 6)
    assert attack.signal(attack.observe(view)) == pytest.approx(np.full(N, np.log(5.5 / (M + 1))))


def slow_log_density(point: np.ndarray, sample: np.ndarray, sd: np.ndarray) -> float:
    bandwidth = sd * len(sample) ** (-1 / (len(point) + 4))
    kernels = [np.prod(norm.pdf(point, loc=centre, scale=bandwidth)) for centre in sample]
    return float(np.log(np.mean(kernels)))


def test_domias_is_a_ratio_of_kernel_densities(view):
    centre, components = principal_components(view.candidates, 3)
    real, released = ((part.reshape(-1, SIZE**2) - centre) @ components.T for part in (view.candidates, view.release))
    expected = [
        slow_log_density(x, released, released.std(axis=0))
        - slow_log_density(x, np.delete(real, i, axis=0), real.std(axis=0))
        for i, x in enumerate(real)
    ]
    assert DensityRatio(n_components=3).observe(view) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("k", [1, 4, 17])
def test_dpi_counts_both_kinds_among_the_nearest(view, k):
    expected = []
    for i, x in enumerate(view.candidates):
        kinds = [(d(x, g), True) for g in view.release] + [(d(x, y), False) for y in others(view, i)]
        n_g = sum(released for _, released in sorted(kinds)[:k])
        expected.append(np.log((n_g + 1) / (k - n_g + 1)) - np.log(M / (N - 1)))
    assert DataPlagiarismIndex(k=k).observe(view) == pytest.approx(expected)


def test_dpi_shares_the_last_place_and_takes_half_of_what_there_is(view):
    """One real and one released image equally far, and k = 1: half an image each."""
    x = view.candidates
    assert DataPlagiarismIndex(k=1).observe(View(x[:2], x[1:2]))[0] == pytest.approx(0.0)
    assert DataPlagiarismIndex(k=500).observe(view) == pytest.approx(DataPlagiarismIndex(k=18).observe(view))


def test_c2st_is_the_logit_of_a_model_that_did_not_see_the_fold(view):
    centre, components = principal_components(view.candidates, 3)
    real, released = ((part.reshape(-1, SIZE**2) - centre) @ components.T for part in (view.candidates, view.release))
    fold, fold_g = folds(view.candidates, 3), folds(view.release, 3)
    expected = []
    for x, own in zip(real, fold, strict=True):
        seen = np.concatenate([released[fold_g != own], real[fold != own]])
        label = np.r_[np.ones((fold_g != own).sum()), np.zeros((fold != own).sum())]
        mean, sd = seen.mean(axis=0), seen.std(axis=0)
        model = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-10, max_iter=10_000)
        model.fit((seen - mean) / sd, label)
        expected.append(model.intercept_[0] + model.coef_[0] @ ((x - mean) / sd))
    assert ClassifierTwoSample(n_components=3, n_folds=3).observe(view) == pytest.approx(expected, abs=1e-4)


def test_c2st_folds_follow_the_pixels_alone():
    images = noise_images(200, 4)
    order = np.random.default_rng(5).permutation(200)
    assert np.array_equal(folds(images[order], 5), folds(images, 5)[order])
    assert np.array_equal(folds(images[:3], 5), folds(images, 5)[:3])
    assert np.bincount(folds(images, 5)).min() > 20
    assert len(set(folds(np.repeat(images[:1], 9, axis=0), 5))) == 1


def test_c2st_gives_even_odds_where_nothing_else_was_seen(view):
    alike = np.repeat(view.candidates[:1], 3, axis=0)
    assert ClassifierTwoSample().observe(View(alike, view.release)).tolist() == [0.0, 0.0, 0.0]


@each_observation
def test_observation_follows_the_candidates_and_not_the_order_of_the_release(attack, view):
    rng = np.random.default_rng(2)
    order, shuffled = rng.permutation(N), rng.permutation(M)
    moved = attack.observed(View(view.candidates[order], view.release[shuffled]))
    np.testing.assert_allclose(moved, attack.observed(view)[order], rtol=1e-7, atol=1e-9)


@each_observation
@pytest.mark.parametrize("m", [4, 300])
def test_equal_slices_are_observed_equally(attack, m):
    """One slice among the few is there twice, and released as it is, so that everything ties that can."""
    x = noise_images(N, 0)
    x[5] = x[2]
    observed = attack.observed(View(x, np.concatenate([x[:3], noise_images(m - 3, 1)])))
    np.testing.assert_allclose(observed[5], observed[2], rtol=1e-9, atol=1e-9)


@each_observation
def test_exact_copies_and_collapsed_releases_stay_finite(attack, view):
    for release in (view.candidates, np.repeat(view.candidates[:1], 4, axis=0), np.zeros((4, SIZE, SIZE), np.uint8)):
        assert np.isfinite(attack.observed(View(view.candidates, release))).all()
    assert np.isfinite(attack.observed(View.of_candidates(view.candidates))).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Retrieval(softness=-0.1), "softness=-0.1"),
        (lambda: RelativeDistance(near=0), "near=0"),
        (lambda: RelativeDistance(n_reals=0), "n_reals=0"),
        (lambda: TileDistance(k=9).check(TargetShape(n_images=8, size=SIZE, n_timesteps=10)), "choose 1 to 8"),
        (lambda: MonteCarlo(neighbours=0), "neighbours=0"),
        (lambda: DensityRatio(n_components=33), "1 to 32"),
        (lambda: DataPlagiarismIndex(k=0), "k=0"),
        (lambda: ClassifierTwoSample(n_folds=1), "n_folds=1"),
        (lambda: ClassifierTwoSample(strength=0.0), "strength=0.0"),
    ],
)
def test_impossible_options_are_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()
