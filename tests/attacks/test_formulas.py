"""Each attack against its formula, written out slowly or known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from attacks.base import Reference, Target
from attacks.distances import SMALLEST_DISTANCE, nearest
from attacks.knn import NearestNeighbour
from attacks.knn_cal import CalibratedNearestNeighbour
from attacks.loss import DenoisingLoss
from attacks.noising import fixed_noise
from attacks.reconstruction import Reconstruction
from attacks.reference import out_mean
from attacks.similarity import ssim_matrix
from attacks.ssim import StructuralSimilarity

N, M, SIZE = 7, 30, 16
IDS = tuple(f"{i}" for i in range(N))


@pytest.fixture
def noise_images():
    rng = np.random.default_rng(0)
    return lambda n: rng.integers(0, 256, (n, SIZE, SIZE), dtype=np.uint8)


def slow_distance(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(((x.astype(float) - y.astype(float)) ** 2).sum()))


def test_knn_is_minus_log_of_the_mean_of_the_k_smallest(noise_images):
    x, release = noise_images(N), noise_images(M)
    for k in (1, 5):
        expected = [-np.log(np.mean(sorted(slow_distance(a, g) for g in release)[:k])) for a in x]
        assert NearestNeighbour(k=k).score(Target(IDS, x, release)) == pytest.approx(expected, rel=1e-9)


def test_nearest_over_several_chunks_equals_brute_force(noise_images, monkeypatch):
    monkeypatch.setattr("attacks.distances._CHUNK_ROWS", 4)
    x, release = noise_images(N), noise_images(M)
    found = nearest(x, release, k=3)
    table = np.array([[slow_distance(a, g) for g in release] for a in x])
    assert found.distances == pytest.approx(np.sort(table, axis=1)[:, :3], rel=1e-9)
    assert np.array_equal(found.places[:, 0], table.argmin(axis=1))


def test_near_ties_are_settled_exactly():
    """Bright images that differ by one grey level: a float32 product alone cannot order them."""
    base = np.full((1, 64, 64), 250, dtype=np.uint8)
    release = np.repeat(base, 6, axis=0)
    for image in range(6):
        release[image].flat[: 6 - image] = 251
    found = nearest(base, release, k=2)
    assert found.places[0].tolist() == [5, 4]
    assert found.distances[0] == pytest.approx([1.0, 2**0.5])


def test_exact_copy_has_the_smallest_distance(noise_images):
    x = noise_images(N)
    assert np.all(nearest(x, x).distances == SMALLEST_DISTANCE)


def test_ncc_ignores_brightness_and_contrast(noise_images):
    x = noise_images(1) // 2
    changed = (x * 1.5 + 20).round().astype(np.uint8)
    assert nearest(x, changed, distance="ncc").distances[0, 0] < 0.05 * nearest(x, changed).distances[0, 0]


def test_knn_cal_uses_only_references_that_did_not_hold_the_slice(noise_images):
    x, release = noise_images(N), noise_images(M)
    held = np.random.default_rng(1).random((4, N)) < 0.5
    held[:, held.all(axis=0)] = False
    references = tuple(Reference(noise_images(M), row) for row in held)
    expected = []
    for i, a in enumerate(x):
        strangers = [r for r in references if not r.held[i]]
        logs = [np.log(min(slow_distance(a, g) for g in r.release)) for r in strangers]
        expected.append(np.mean(logs) - np.log(min(slow_distance(a, g) for g in release)))
    scores = CalibratedNearestNeighbour().score(Target(IDS, x, release, references))
    assert scores == pytest.approx(expected, rel=1e-9)


def test_missing_references_are_not_filled_with_zeros():
    """A slice with fewer references keeps the same law: the mean of those it has."""
    images = np.zeros((N, SIZE, SIZE), np.uint8)
    held = np.zeros((3, N), dtype=bool)
    held[:2, 0] = True
    target = Target(IDS, images, images, tuple(Reference(images, row) for row in held))
    assert out_mean(target, lambda reference: np.full(N, 5.0)) == pytest.approx(np.full(N, 5.0))


def test_ssim_equals_scikit_image(noise_images, images):
    x = np.concatenate([noise_images(3), images(3, SIZE, 5)])
    release = np.concatenate([noise_images(4), images(4, SIZE, 6)])
    expected = [[structural_similarity(a, g, data_range=255) for g in release] for a in x]
    assert ssim_matrix(x, release) == pytest.approx(np.array(expected), abs=1e-6)


def test_ssim_in_pieces_is_the_same(noise_images, monkeypatch):
    x, release = noise_images(5), noise_images(6)
    whole = ssim_matrix(x, release)
    monkeypatch.setattr("attacks.similarity._CHUNK_FLOATS", 130)
    assert ssim_matrix(x, release) == pytest.approx(whole, abs=1e-7)
    assert StructuralSimilarity().score(Target(IDS[:5], x, release)) == pytest.approx(whole.max(axis=1))


def test_loss_closed_form(noise_images, linear_denoiser):
    """eps = c x gives residual c sqrt(a) x + (c sqrt(1 - a) - 1) noise."""
    x, c, attack = noise_images(N), 0.3, DenoisingLoss(timesteps=[25, 400], n_noises=3)
    model = linear_denoiser(c)
    clean = model.encode(x)
    error = np.zeros(N)
    for t in attack.timesteps:
        a = model.alphas_cumprod[t]
        for index in range(3):
            noise = fixed_noise(clean, 0, index)
            residual = c * a**0.5 * clean + (c * (1 - a) ** 0.5 - 1) * noise
            error += (residual**2).mean(dim=(1, 2, 3)).numpy() / 6
    assert attack.score(Target(IDS, x, x, model=model)) == pytest.approx(-error, abs=1e-6)


def test_noises_are_the_same_for_every_image_and_differ_by_index(noise_images, linear_denoiser):
    clean = linear_denoiser(0.0).encode(noise_images(N))
    one, other = fixed_noise(clean, 0, 0), fixed_noise(clean[:2], 0, 0)
    assert one.shape[0] == 1
    assert bool((one == other).all())
    assert not bool((one == fixed_noise(clean, 0, 1)).all())
    assert abs(float(one.std()) - 1.0) < 0.1


def test_reconstruction_closed_form(noise_images, linear_denoiser):
    """eps = c x makes every DDIM step a factor: sqrt(a') (1 - c sqrt(1 - a)) / sqrt(a) + c sqrt(1 - a')."""
    x, c = noise_images(N), 0.2
    attack = Reconstruction(timestep=200, n_results=2, n_steps=4)
    model = linear_denoiser(c)
    a = {t: model.alphas_cumprod[t] for t in (200, 150, 100, 50)} | {0: 1.0}
    factor = 1.0
    for now, then in [(200, 150), (150, 100), (100, 50), (50, 0)]:
        factor *= a[then] ** 0.5 * (1 - c * (1 - a[now]) ** 0.5) / a[now] ** 0.5 + c * (1 - a[then]) ** 0.5
    clean = model.encode(x)
    noise = (fixed_noise(clean, 0, 0) + fixed_noise(clean, 0, 1)) / 2
    restored = factor * (a[200] ** 0.5 * clean + (1 - a[200]) ** 0.5 * noise)
    expected = -np.sqrt((((restored - clean) * 127.5) ** 2).mean(dim=(1, 2, 3)).numpy())
    assert attack.score(Target(IDS, x, x, model=model)) == pytest.approx(expected, abs=1e-6)


def test_batches_of_any_size_give_the_same_scores(noise_images, linear_denoiser, monkeypatch):
    x = noise_images(N)
    target = Target(IDS, x, x, model=linear_denoiser(0.3))
    whole = [attack.score(target) for attack in (DenoisingLoss(), Reconstruction())]
    monkeypatch.setattr("attacks.noising.BATCH_IMAGES", 2)
    for attack, scores in zip((DenoisingLoss(), Reconstruction()), whole, strict=True):
        assert attack.score(target) == pytest.approx(scores, abs=1e-9)


def test_reconstruction_by_ssim_is_the_similarity_of_slice_and_restoration(noise_images, memorising_denoiser):
    x = noise_images(N)
    model = memorising_denoiser(x, bandwidth=1e-3)
    assert Reconstruction(distance="ssim").score(Target(IDS, x, x, model=model)) == pytest.approx(
        np.ones(N), abs=1e-3
    )


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (lambda: NearestNeighbour(distance="pixle"), "pixel"),
        (lambda: DenoisingLoss(n_noises=0), "n_noises"),
        (lambda: Reconstruction(distance="l1"), "l2 or ssim"),
    ],
)
def test_bad_options_are_refused_in_words(attack, message):
    with pytest.raises(ValueError, match=message):
        attack()


def test_options_that_the_target_does_not_allow_are_refused(noise_images, linear_denoiser):
    x = noise_images(N)
    with pytest.raises(ValueError, match="choose 1 to 7"):
        NearestNeighbour(k=8).score(Target(IDS, x, x))
    with pytest.raises(ValueError, match="0 to 999"):
        DenoisingLoss(timesteps=[1000]).score(Target(IDS, x, x, model=linear_denoiser(0.1)))
    with pytest.raises(ValueError, match="odd"):
        StructuralSimilarity(window=4).score(Target(IDS, x, x))
