"""`knn`, `ssim` and their calibrated kin against their formulas, written out slowly."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from attacks.base import Reference, Target, TargetShape
from attacks.knn import (
    NearestNeighbour,
    knn_cal,
    knn_reg,
    knn_z,
)
from attacks.similarity import ssim_matrix, ssim_pairs
from attacks.ssim import StructuralSimilarity, ssim_cal

N, M, SIZE = 7, 30, 16
IDS = tuple(f"{i}" for i in range(N))


@pytest.fixture
def noise_images():
    rng = np.random.default_rng(0)
    return lambda n: rng.integers(0, 256, (n, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def calibrated_target(noise_images) -> Target:
    """A target with four references, two of which, at least, did not hold each slice."""
    held = np.random.default_rng(1).random((4, N)) < 0.5
    held[:2, held.sum(axis=0) > 2] = False
    references = tuple(Reference(noise_images(M), row) for row in held)
    return Target(IDS, noise_images(N), noise_images(M), references)


def slow_distance(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(((x.astype(float) - y.astype(float)) ** 2).sum()))


def slow_log(x: np.ndarray, release: np.ndarray) -> float:
    return float(np.log(min(slow_distance(x, g) for g in release)))


def out_logs(target: Target, i: int) -> list[float]:
    """log d1 of candidate i to each release of a generator that did not see it."""
    return [slow_log(target.candidates[i], r.release) for r in target.references if not r.held[i]]


def test_knn_is_minus_log_of_the_mean_of_the_k_smallest(noise_images):
    x, release = noise_images(N), noise_images(M)
    for k in (1, 5):
        expected = [-np.log(np.mean(sorted(slow_distance(a, g) for g in release)[:k])) for a in x]
        assert NearestNeighbour(k=k).score(Target(IDS, x, release)) == pytest.approx(expected, rel=1e-9)


def test_knn_cal_uses_only_references_that_did_not_hold_the_slice(calibrated_target):
    own = [slow_log(x, calibrated_target.release) for x in calibrated_target.candidates]
    expected = [np.mean(out_logs(calibrated_target, i)) - own[i] for i in range(N)]
    assert knn_cal().score(calibrated_target) == pytest.approx(expected, rel=1e-9)
    assert NearestNeighbour(calibration="cal").score(calibrated_target) == pytest.approx(expected, rel=1e-9)


def test_knn_reg_is_the_negated_residual_over_the_targets_own_candidates(calibrated_target):
    own = np.array([slow_log(x, calibrated_target.release) for x in calibrated_target.candidates])
    expected = np.array([np.mean(out_logs(calibrated_target, i)) for i in range(N)])
    residual = own - np.polyval(np.polyfit(expected, own, 1), expected)
    score = knn_reg().score(calibrated_target)
    assert score == pytest.approx(-residual / residual.std(), rel=1e-6)


def test_knn_z_divides_by_one_pooled_deviation(calibrated_target):
    own = np.array([slow_log(x, calibrated_target.release) for x in calibrated_target.candidates])
    logs = [out_logs(calibrated_target, i) for i in range(N)]
    squares = sum(((np.array(one) - np.mean(one)) ** 2).sum() for one in logs)
    sd = np.sqrt(squares / sum(len(one) - 1 for one in logs))
    expected = (np.array([np.mean(one) for one in logs]) - own) / (sd + 0.05)
    assert knn_z().score(calibrated_target) == pytest.approx(expected, rel=1e-9)


def test_calibrated_names_share_what_knn_observes():
    for kin in (knn_cal(), knn_reg(), NearestNeighbour(calibration="lira")):
        assert kin.observation() == NearestNeighbour().observation()
    assert NearestNeighbour(k=2).observation() != NearestNeighbour().observation()


def test_ssim_equals_scikit_image(noise_images, images):
    x = np.concatenate([noise_images(3), images(3, SIZE, 5)])
    release = np.concatenate([noise_images(4), images(4, SIZE, 6)])
    expected = [[structural_similarity(a, g, data_range=255) for g in release] for a in x]
    assert ssim_matrix(x, release) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("window", [3, 9, 15])
def test_ssim_of_other_windows_and_of_pairs_equals_scikit_image(noise_images, images, window):
    x = np.concatenate([noise_images(3), images(2, SIZE, 5), np.full((2, SIZE, SIZE), 255, np.uint8)])
    release = np.concatenate([images(3, SIZE, 6), noise_images(2), np.zeros((1, SIZE, SIZE), np.uint8), x[-1:]])
    expected = np.array([[structural_similarity(a, g, data_range=255, win_size=window) for g in release] for a in x])
    assert ssim_matrix(x, release, window) == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(ssim_pairs(x, release, window), np.diag(ssim_matrix(x, release, window)))


def test_ssim_of_a_copy_is_one_and_no_more(noise_images):
    x = noise_images(N)
    assert (np.diag(ssim_matrix(x, x)) == 1.0).all()
    assert ssim_matrix(x, x).max() <= 1.0
    assert ssim_pairs(x, x).max() <= 1.0


def test_ssim_cal_is_less_what_the_out_references_show(calibrated_target):
    def largest(i: int, release: np.ndarray) -> float:
        return max(structural_similarity(calibrated_target.candidates[i], g, data_range=255) for g in release)

    expected = [
        largest(i, calibrated_target.release)
        - np.mean([largest(i, r.release) for r in calibrated_target.references if not r.held[i]])
        for i in range(N)
    ]
    assert ssim_cal().score(calibrated_target) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NearestNeighbour(distance="pixle"), "pixel"),
        (lambda: NearestNeighbour(calibration="calm"), "no calibration 'calm'"),
        (lambda: NearestNeighbour(k=8).check(TargetShape(n_images=7, size=SIZE, n_timesteps=10)), "choose 1 to 7"),
        (
            lambda: StructuralSimilarity(window=17).check(TargetShape(n_images=7, size=SIZE, n_timesteps=10)),
            "from 3 to 16",
        ),
    ],
)
def test_bad_options_are_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_options_that_the_target_does_not_allow_are_refused(noise_images):
    x = noise_images(N)
    with pytest.raises(ValueError, match="choose 1 to 7"):
        NearestNeighbour(k=8).score(Target(IDS, x, x))
    with pytest.raises(ValueError, match="odd"):
        StructuralSimilarity(window=4).score(Target(IDS, x, x))
