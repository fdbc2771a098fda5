"""The distance axis against loops, and the encoder against torch by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage.metrics import structural_similarity

from attacks.components import principal_components
from attacks.distances import BAND, DISTANCES, Distance
from attacks.encoder import encoded, file_digest
from attacks.exact import mean_and_deviation, sum_by_size
from attacks.knn import NearestNeighbour
from attacks.search import smallest
from attacks.view import View

N, M, SIZE = 5, 11, 16
PLAIN = sorted(DISTANCES)


def noise_images(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def view() -> View:
    return View(noise_images(N, 0), noise_images(M, 1))


def norm(difference: np.ndarray) -> float:
    return float(np.sqrt((difference**2).sum()))


def pixel(x: np.ndarray, y: np.ndarray) -> float:
    return norm(x.astype(float) - y.astype(float))


def to_one_contrast(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) * 64.0 / x.std()


def ncc(x: np.ndarray, y: np.ndarray) -> float:
    return norm(to_one_contrast(x) - to_one_contrast(y))


def in_band(x: np.ndarray) -> np.ndarray:
    """The band by its Fourier sum, wave by wave."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    kept = np.zeros((SIZE, SIZE))
    for u in range(-SIZE // 2, SIZE // 2):
        for v in range(-SIZE // 2, SIZE // 2):
            if BAND[0] <= np.hypot(u, v) / SIZE < BAND[1]:
                wave = np.exp(2j * np.pi * (u * rows + v * columns) / SIZE)
                kept += ((x * wave.conj()).sum() * wave).real / SIZE**2
    return kept


def band(x: np.ndarray, y: np.ndarray) -> float:
    return norm(to_one_contrast(in_band(x)) - to_one_contrast(in_band(y)))


def tile(x: np.ndarray, y: np.ndarray) -> float:
    side, worst = SIZE // 4, 0.0
    for top in range(0, SIZE, side):
        for left in range(0, SIZE, side):
            a, b = (part[top : top + side, left : left + side].astype(float) for part in (x, y))
            worst = max(worst, float(np.sqrt(((a - b) ** 2).mean())))
    return worst


def ssim(x: np.ndarray, y: np.ndarray) -> float:
    return 1.0 - structural_similarity(x, y, data_range=255)


@pytest.mark.parametrize("slow", [pixel, ncc, band, tile, ssim], ids=lambda one: one.__name__)
def test_distance_equals_its_formula(slow, view):
    expected = [[slow(x, g) for g in view.release] for x in view.candidates]
    assert Distance(slow.__name__).matrix(view) == pytest.approx(np.array(expected), rel=1e-6)


def test_pca_measures_along_the_candidates_axes(view):
    flat = view.candidates.reshape(N, -1).astype(float)
    axes = np.linalg.eigh(np.cov(flat.T))[1][:, -(N - 1) :]
    expected = [[norm((x.ravel().astype(float) - g.ravel()) @ axes) for g in view.release] for x in view.candidates]
    assert Distance("pca").matrix(view) == pytest.approx(np.array(expected), rel=1e-6)


def test_pca_axes_are_the_same_whatever_is_released(view):
    alone = Distance("pca").matrix(View(view.candidates, view.release[:1]))
    assert alone == pytest.approx(Distance("pca").matrix(view)[:, :1], rel=1e-9)


def test_principal_components_are_orthonormal_and_no_more_than_the_images_span():
    images = noise_images(6, 2)
    images[5] = images[0]  # five different images span four directions
    _, components = principal_components(images, 32)
    assert components.shape == (4, SIZE**2)
    assert components @ components.T == pytest.approx(np.eye(4), abs=1e-9)
    assert principal_components(images, 2)[1] == pytest.approx(components[:2])


def test_near_ties_are_settled_exactly():
    """Bright images that differ by one grey level: single precision cannot order them."""
    base = np.full((1, 64, 64), 250, dtype=np.uint8)
    release = np.repeat(base, 6, axis=0)
    for image in range(6):
        release[image].flat[: 6 - image] = 251
    assert Distance().matrix(View(base, release))[0] == pytest.approx(np.sqrt([6, 5, 4, 3, 2, 1]), rel=1e-12)


def test_ncc_ignores_brightness_and_contrast():
    x = noise_images(1, 0) // 2
    changed = View(x, (x * 1.5 + 20).round().astype(np.uint8))
    assert Distance("ncc").matrix(changed)[0, 0] < 0.05 * Distance().matrix(changed)[0, 0]


@pytest.mark.parametrize("name", PLAIN)
def test_an_exact_copy_is_at_the_floor_and_its_log_finite(name):
    x = noise_images(N, 0)
    distances = Distance(name).matrix(View(x, x.copy()))
    assert np.diag(distances) == pytest.approx(np.full(N, DISTANCES[name].floor))
    assert (distances + np.diag(np.full(N, np.inf)) > DISTANCES[name].floor).all()


@pytest.mark.parametrize("name", PLAIN)
def test_a_constant_image_has_a_finite_distance(name):
    flat = np.full((1, SIZE, SIZE), 7, np.uint8)
    both = View(np.concatenate([flat, noise_images(N, 0)]), np.concatenate([flat, noise_images(M, 1)]))
    assert np.isfinite(Distance(name).matrix(both)).all()


def test_a_shifted_mirrored_copy_is_found(images):
    x = images(N, SIZE, 3)
    x[:, :2], x[:, -2:], x[:, :, :2], x[:, :, -2:] = 0, 0, 0, 0  # a margin, so that a shift loses nothing
    moved = View(x, np.roll(x, (1, -2), axis=(1, 2))[:, :, ::-1])
    found = np.diag(Distance(shift=2, flip=True).matrix(moved))
    assert found == pytest.approx(np.full(N, 0.5))
    for blind in (Distance(), Distance(shift=2), Distance(flip=True), Distance(shift=1, flip=True)):
        assert (np.diag(blind.matrix(moved)) > 100.0).all()


def test_candidates_among_themselves_are_infinitely_far_from_themselves(view, monkeypatch):
    for measured in (Distance().among(view), Distance().matrix(View.of_candidates(view.candidates))):
        assert np.isinf(np.diag(measured)).all()
        rest = ~np.eye(N, dtype=bool)
        expected = np.array([[pixel(x, y) for y in view.candidates] for x in view.candidates])
        assert measured[rest] == pytest.approx(expected[rest])
    assert np.isfinite(Distance().matrix(View(view.candidates, view.candidates))).all()


def test_a_matrix_is_made_once_a_view(view, monkeypatch):
    first = Distance().matrix(view)
    assert Distance().matrix(view) is first
    assert Distance("ncc").matrix(view) is not first
    assert Distance(flip=True).matrix(view) is not first


def test_smallest_sorts_the_nearest():
    table = np.array([[3.0, 1.0, 2.0], [9.0, 8.0, 7.0]])
    assert smallest(table, 2).tolist() == [[1.0, 2.0], [7.0, 8.0]]
    with pytest.raises(ValueError, match="k=4 nearest of 3 images"):
        smallest(table, 4)


def test_the_k_smallest_lie_row_by_row_whatever_the_table_is_like():
    table = np.random.default_rng(6).random((40, 30))
    assert smallest(table, 20).flags.c_contiguous
    assert smallest(np.asfortranarray(table), 20).flags.c_contiguous
    assert np.array_equal(smallest(np.asfortranarray(table), 20).mean(axis=1), smallest(table, 20).mean(axis=1))


def test_a_sum_by_size_knows_no_order():
    """Numbers of such sizes that almost any two orders differ."""
    rng = np.random.default_rng(7)
    values = rng.random((5, 60)) * 10.0 ** rng.integers(0, 6, (5, 60))
    shuffled = values[:, rng.permutation(60)]
    assert not np.array_equal(shuffled.sum(axis=1), values.sum(axis=1))
    assert np.array_equal(sum_by_size(shuffled, axis=1), sum_by_size(values, axis=1))
    assert np.array_equal(sum_by_size(shuffled.T, axis=0), sum_by_size(values, axis=1))


def test_mean_and_deviation_are_those_of_numpy():
    images = np.concatenate([noise_images(4, 8), np.full((1, SIZE, SIZE), 255, np.uint8)])
    mean, deviation = mean_and_deviation(images)
    assert mean == pytest.approx(images.mean(axis=(1, 2)), rel=1e-12)
    assert deviation == pytest.approx(images.std(axis=(1, 2)), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "pixle"}, "no distance 'pixle'; there are pixel"),
        ({"shift": -1}, "shift=-1"),
        ({"name": "features"}, "go together"),
        ({"encoder": "weights.safetensors"}, "go together"),
    ],
)
def test_what_does_not_exist_is_refused_in_words(options, message):
    with pytest.raises(ValueError, match=message):
        Distance(**options)


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {"0": (4, 1, 3, 3), "1": (6, 4, 3, 3), "2": (5, 6)}
    tensors = {f"{layer}.weight": torch.randn(shape, generator=generator) for layer, shape in shapes.items()}
    return tensors | {f"{layer}.bias": torch.randn(shape[0], generator=generator) for layer, shape in shapes.items()}


@pytest.fixture
def encoder(weights, tmp_path) -> str:
    save_file(weights, tmp_path / "encoder.safetensors")
    return str(tmp_path / "encoder.safetensors")


def by_hand(x: np.ndarray, weights: dict[str, torch.Tensor]) -> np.ndarray:
    """Two convolutions of stride 2, position by position, then a linear layer on the mean over positions."""
    maps = x[None].astype(float) / 255.0
    for layer in ("0", "1"):
        weight, bias = (weights[f"{layer}.{kind}"].double().numpy() for kind in ("weight", "bias"))
        padded = np.pad(maps if layer == "0" else np.maximum(maps, 0.0), ((0, 0), (1, 1), (1, 1)))
        side = maps.shape[1] // 2
        maps = np.zeros((len(weight), side, side))
        for row in range(side):
            for column in range(side):
                patch = padded[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
                maps[:, row, column] = (weight * patch).sum(axis=(1, 2, 3)) + bias
    features = weights["2.weight"].double().numpy() @ np.maximum(maps, 0.0).mean(axis=(1, 2))
    features += weights["2.bias"].double().numpy()
    return features / norm(features)


def test_encoder_is_a_small_network(view, weights, encoder):
    expected = np.array([by_hand(x, weights) for x in view.candidates])
    assert encoded(view.candidates, encoder) == pytest.approx(expected, abs=1e-5)


def test_an_encoder_is_found_at_home(view, encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert file_digest("~/encoder.safetensors") == file_digest(encoder)
    assert np.array_equal(encoded(view.candidates, "~/encoder.safetensors"), encoded(view.candidates, encoder))
    with pytest.raises(ValueError, match=r"encoder=~nobody_of_this_name/x is no file"):
        file_digest("~nobody_of_this_name/x")


def test_distance_of_features(view, weights, encoder):
    expected = [[norm(by_hand(x, weights) - by_hand(g, weights)) for g in view.release] for x in view.candidates]
    assert Distance("features", encoder=encoder).matrix(view) == pytest.approx(np.array(expected), abs=1e-5)


def test_an_encoder_counts_by_its_content_and_not_by_its_path(weights, encoder, tmp_path):
    save_file(weights, tmp_path / "same.safetensors")
    save_file(weights | {"2.bias": torch.zeros(5)}, tmp_path / "other.safetensors")
    one, same, other = (
        NearestNeighbour(distance="features", encoder=path).observation()
        for path in (encoder, str(tmp_path / "same.safetensors"), str(tmp_path / "other.safetensors"))
    )
    assert one == same != other


def test_a_file_that_is_no_encoder_is_refused_in_words(view, tmp_path):
    with pytest.raises(ValueError, match="is no file"):
        Distance("features", encoder=str(tmp_path / "absent")).matrix(view)
    save_file({"layer": torch.zeros(1)}, tmp_path / "strange.safetensors")
    with pytest.raises(ValueError, match=r"must hold 0\.weight"):
        encoded(view.candidates, str(tmp_path / "strange.safetensors"))
    coloured = {"0.weight": torch.zeros(2, 3, 1, 3), "0.bias": torch.zeros(2)}  # found by fuzzing
    save_file(coloured, tmp_path / "coloured.safetensors")
    with pytest.raises(ValueError, match="do not fit images of one channel"):
        encoded(view.candidates, str(tmp_path / "coloured.safetensors"))
