"""Fréchet and kernel distance against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from audit_worlds import SIZE, people

from harness.audit.features import dct_features, extractor, grain
from harness.audit.fidelity import Cloud, drawn, frechet, jackknife, kernel_distance, with_interval
from harness.errors import InputError


def cloud(features, unit=None):
    features = np.asarray(features, dtype=np.float64)
    return Cloud(features, np.arange(len(features)) if unit is None else np.asarray(unit))


def with_moments(mean, root, seed):
    """200 points whose sample mean and covariance are exactly mean and root @ root.T."""
    points = np.random.default_rng(seed).normal(size=(200, len(mean)))
    points -= points.mean(axis=0)
    white = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return cloud(white @ np.asarray(root).T + mean)


def test_frechet_of_two_gaussians_is_the_closed_form():
    """Commuting covariances: |m1 - m2|^2 + sum of (s1 - s2)^2 over the axes, whatever the rotation."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    first = with_moments([1.0, 2.0, 3.0], turn @ np.diag([1.0, 2.0, 3.0]), 1)
    second = with_moments([0.0, 2.0, 5.0], turn @ np.diag([4.0, 2.0, 0.5]), 2)
    assert frechet(first, second) == pytest.approx(1 + 4 + (1 - 4) ** 2 + 0 + (3 - 0.5) ** 2)
    assert frechet(second, first) == pytest.approx(frechet(first, second))


def test_frechet_of_covariances_that_do_not_commute():
    from scipy.linalg import sqrtm

    first, second = (
        with_moments([0.0, 0.0], [[2.0, 0.0], [1.0, 1.0]], 3),
        with_moments([0.0, 0.0], [[1, 3], [0, 1]], 4),
    )
    one, other = (np.cov(of.features, rowvar=False) for of in (first, second))
    assert frechet(first, second) == pytest.approx(np.trace(one + other - 2 * sqrtm(one @ other)).real)


def test_identical_sets_are_at_zero():
    same = cloud(np.random.default_rng(0).normal(size=(50, 4)))
    assert frechet(same, same) == pytest.approx(0.0, abs=1e-9)


def test_kernel_distance_by_hand():
    first, second = cloud([[1.0], [2.0]]), cloud([[0.0], [3.0]])
    across = np.mean([1, (1 + 3) ** 3, 1, (1 + 6) ** 3])
    assert kernel_distance(first, second) == pytest.approx((1 + 2) ** 3 + 1 - 2 * across)


def test_kernel_distance_of_one_law_is_zero_on_average_and_of_two_is_not():
    rng = np.random.default_rng(0)
    same = [kernel_distance(*(cloud(rng.normal(size=(40, 3))) for _ in range(2))) for _ in range(200)]
    moved = [kernel_distance(cloud(rng.normal(size=(40, 3))), cloud(rng.normal(1, 1, (40, 3)))) for _ in range(50)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(len(same))
    assert np.mean(moved) > 5 * np.std(same)


def test_slices_of_one_patient_do_not_move_the_kernel_distance():
    """Each patient five times over: pairs within a patient would make one law look like two."""
    rng = np.random.default_rng(1)

    def repeated(patients):
        people = rng.normal(size=(20, 3))
        return cloud(np.repeat(people, 5, axis=0), np.repeat(np.arange(20), 5) if patients else None)

    kept = [kernel_distance(repeated(True), repeated(True)) for _ in range(200)]
    naive = [kernel_distance(repeated(False), repeated(False)) for _ in range(200)]
    assert abs(np.mean(kept)) < 3 * np.std(kept) / np.sqrt(len(kept))
    assert np.mean(naive) > 3 * np.std(naive) / np.sqrt(len(naive))


def test_the_interval_covers_the_truth():
    """Kernel distance, whose expectation is known: 0 for one law."""
    rng = np.random.default_rng(2)
    covered = []
    for _ in range(100):
        patient = np.repeat(np.arange(30), 2)
        people = [rng.normal(size=(30, 2))[patient] for _ in range(2)]
        found = with_interval(kernel_distance, *(Cloud(one, patient) for one in people), -np.inf)
        covered.append(found.low <= 0.0 <= found.high)
    assert np.mean(covered) > 0.85


def mean_of(one):
    return float(one.features.mean())


def test_the_jackknife_of_a_mean_by_hand_where_groups_are_unequal():
    """30 units in 20 groups, 10 of two and 10 of one: groups' means stand in for their pseudo-values."""
    values = np.random.default_rng(3).exponential(size=30)
    means = np.array([values[k::20].mean() for k in range(20)])
    m = np.repeat([2.0, 1.0], 10)
    expected = np.mean(m / (30 - m) * (means - values.mean()) ** 2)
    assert jackknife(mean_of, cloud(values[:, None])) == pytest.approx(expected, rel=1e-9)


def test_the_jackknife_finds_the_variance_of_patients_who_have_one_slice_or_ten():
    """Over many draws of 30 patients, whose slices are alike; counted in rows, groups would give 0.7 of it."""
    rng = np.random.default_rng(4)
    means, variances = [], []
    for _ in range(600):
        patient = np.repeat(np.arange(30), rng.choice([1, 10], 30))
        drawn_now = cloud(rng.normal(size=30)[patient][:, None], patient)
        means.append(mean_of(drawn_now))
        variances.append(jackknife(mean_of, drawn_now))
    assert 0.85 < np.mean(variances) / np.var(means) < 1.25


def test_drawn_takes_every_patient_before_a_second_slice_of_any():
    patient = np.array([0, 0, 0, 0, 1, 1, 2])
    places = drawn(patient, 5, np.random.default_rng(0))
    assert set(patient[places[:3]].tolist()) == {0, 1, 2}
    assert set(patient[places[3:5]].tolist()) == {0, 1}
    assert len(set(places.tolist())) == 5


def test_features_see_blur_noise_and_brightness():
    images = people(30, 3, 1).pixels
    blurred = images.reshape(30, SIZE // 2, 2, SIZE // 2, 2).mean(axis=(2, 4)).repeat(2, axis=1).repeat(2, axis=2)
    name, features = extractor(None, images)
    assert name == "dct features"
    assert features(images).shape == (30, 32)
    assert features(images).mean(axis=0) == pytest.approx(0.0, abs=1e-9)
    assert (grain(blurred.astype(np.uint8))[:, -1] < grain(images)[:, -1]).all()
    brighter = dct_features(np.minimum(images, 245) + np.uint8(10)) - dct_features(images)
    assert brighter[:, 0].mean() == pytest.approx(10.0, abs=0.5)


def test_an_encoder_of_the_user(tmp_path):
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "mine.safetensors"
    save_file({"0.weight": torch.ones(4, 1, 3, 3), "0.bias": torch.zeros(4)}, file)
    images = people(4, 3, 1).pixels
    name, features = extractor(file, images)
    assert name == "encoder mine.safetensors"
    assert features(images).shape == (4, 4)
    file.write_bytes(b"no tensors")
    with pytest.raises(InputError, match=r"--encoder .* cannot be used"):
        extractor(file, images)
