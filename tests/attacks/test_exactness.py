"""The distance of a pair is one number: equal to the last bit in any order, batch and company, on 1 and 2 threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from threadpoolctl import threadpool_info, threadpool_limits

from attacks.base import Access, Images, Scores
from attacks.distances import NAMES, Distance, on_axes, principal_components
from attacks.knn import NearestNeighbour
from attacks.registry import find_attacks
from attacks.similarity import ssim_matrix, ssim_pairs
from attacks.ssim import StructuralSimilarity
from attacks.view import View

Measure = Callable[[Images, Images], Scores]
SHAPES = [(16, 16), (33, 47), (64, 64)]
WINDOWS = {"ssim": 7, "ssim_3": 3, "ssim_15": 15, "ssim_wide": 23}
MOVED = {"pixel_moved": {"shift": 1, "flip": True}, "ncc_turned": {"turn": 3, "contrast": 0.3}}
MEASURES = [*NAMES, *MOVED, *WINDOWS]
N, M = 19, 43
PIECES = [("attacks.distances._CHUNK_BYTES", 8 * 3000), ("attacks.similarity._TILE", 4)]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Weights of three layers, wide enough that torch shares them out among threads."""
    generator = torch.Generator().manual_seed(0)
    shapes = {"0.weight": (16, 1, 3, 3), "1.weight": (32, 16, 3, 3), "2.weight": (24, 32)}
    tensors = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    tensors |= {name.replace("weight", "bias"): torch.randn(shape[0]) for name, shape in shapes.items()}
    path = tmp_path_factory.mktemp("encoder") / "weights.safetensors"
    save_file(tensors, path)
    return str(path)


def pictures(n: int, shape: tuple[int, int], seed: int) -> Images:
    """Noise, smooth pictures, and the degenerate: black, white, one grey, equal ones, one that differs by a grey."""
    rng = np.random.default_rng(seed)
    height, width = np.mgrid[: shape[0], : shape[1]] / max(shape)
    wave = [np.cos(rng.uniform(0, 9) * height + rng.uniform(0, 9) * width) for _ in range(n)]
    smooth = 127 + 90 * np.array(wave) + rng.normal(0, 3, (n, *shape))
    noise = rng.integers(0, 256, (n, *shape))
    images = np.where(np.arange(n)[:, None, None] % 2, smooth, noise).clip(0, 255).astype(np.uint8)
    images[0], images[1], images[2], images[4] = 0, 255, 7, images[3]
    images[5] = images[3]
    images[5, 0, 0] ^= 1
    return images


@pytest.fixture
def first(shape: tuple[int, int]) -> Images:
    return pictures(N, shape, 1)


@pytest.fixture
def second(shape: tuple[int, int], first: Images) -> Images:
    images = pictures(M, shape, 2)
    images[7:12] = first[3:8]  # copies
    return images


@pytest.fixture(params=MEASURES)
def measure(request: pytest.FixtureRequest, first: Images, shape: tuple[int, int], encoder: str) -> Measure:
    """All pairs of two sets, by one of the measures; the axes of `pca` are those of the whole first set."""
    name = request.param
    if name in WINDOWS:
        if WINDOWS[name] > min(shape):
            pytest.skip("the window does not fit")
        return partial(ssim_matrix, window=WINDOWS[name])
    moved = MOVED.get(name, {})
    name = name.partition("_")[0]
    distance = Distance(name, encoder=encoder if name == "features" else None, **moved)
    return lambda x, y: distance.between(x, y, first)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """BLAS, OpenMP and torch with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with threadpool_limits(number):
            yield
    finally:
        torch.set_num_threads(before)


@each_shape
def test_order_changes_no_bit(measure, first, second):
    rng = np.random.default_rng(3)
    rows, columns = rng.permutation(N), rng.permutation(M)
    assert np.array_equal(measure(first[rows], second[columns]), measure(first, second)[np.ix_(rows, columns)])


@each_shape
def test_company_changes_no_bit(measure, first, second):
    whole = measure(first, second)
    for i in range(0, N, 3):
        assert np.array_equal(measure(first[i : i + 1], second), whole[i : i + 1])
    for j in range(0, M, 5):
        assert np.array_equal(measure(first, second[j : j + 1]), whole[:, j : j + 1])
    for i, j in [(0, 0), (1, 1), (3, 7), (3, 9), (18, 42), (6, 30)]:
        assert measure(first[i : i + 1], second[j : j + 1])[0, 0] == whole[i, j]
    for rows, columns in [(slice(2, 7), slice(5, 38)), (slice(None, None, 2), slice(1, None, 3))]:
        assert np.array_equal(measure(first[rows], second[columns]), whole[rows, columns])


@each_shape
def test_pieces_change_no_bit(measure, first, second, monkeypatch):
    whole = measure(first, second)
    for name, size in PIECES:
        monkeypatch.setattr(name, size)
    assert np.array_equal(measure(first, second), whole)
    monkeypatch.setattr("attacks.similarity._TILE", 1000)
    assert np.array_equal(measure(first, second), whole)


@each_shape
def test_threads_change_no_bit(measure, first, second):
    with threads(1):
        one = measure(first, second)
    with threads(2):
        assert np.array_equal(measure(first, second), one)


@each_shape
def test_memory_changes_no_bit(measure, first, second, tmp_path: Path):
    """Slices of a larger array, Fortran's order, and files mapped into memory."""
    whole = measure(first, second)
    wide = np.repeat(np.repeat(first, 2, axis=0), 2, axis=2)
    np.save(tmp_path / "images.npy", second)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert np.array_equal(measure(wide[::2, :, ::2], mapped), whole)
    assert np.array_equal(measure(np.asfortranarray(first), np.asfortranarray(second)), whole)


@pytest.mark.parametrize("shape", SHAPES[1:2], ids=str)
@pytest.mark.parametrize("measure", [name for name in MEASURES if name not in MOVED], indirect=True)
def test_the_way_back_is_as_long(measure, first, second):
    assert np.array_equal(measure(second, first), measure(first, second).T)


def whole_pixel(x: list[list[int]], y: list[list[int]]) -> int:
    """Squared distance, by Python's whole numbers."""
    return sum((a - b) ** 2 for row, other in zip(x, y, strict=True) for a, b in zip(row, other, strict=True))


@each_shape
def test_pixel_equals_whole_numbers(first, second):
    expected = [[max(np.sqrt(float(whole_pixel(x, y))), 0.5) for y in second.tolist()] for x in first[:8].tolist()]
    assert np.array_equal(Distance("pixel").between(first[:8], second, first), expected)


@each_shape
def test_tile_equals_whole_numbers(first, second, shape):
    def tile(x: Images, y: Images) -> float:
        worst = 0.0
        for rows in np.array_split(np.arange(shape[0]), 4):
            for columns in np.array_split(np.arange(shape[1]), 4):
                cut = np.ix_(rows, columns)
                squared = whole_pixel(x[cut].tolist(), y[cut].tolist())
                worst = max(worst, np.sqrt(float(squared)) / np.sqrt(len(rows) * len(columns)))
        return max(worst, 0.03)

    expected = [[tile(x, y) for y in second[:20]] for x in first[:8]]
    assert np.array_equal(Distance("tile").between(first[:8], second[:20], first), expected)


def slow_ssim(x: Images, y: Images, window: int) -> float:
    """Window by window: Python's whole numbers, then the formula in the floats that `attacks.similarity` names."""
    single = np.float32 if window <= 21 else np.float64
    size, (height, width) = window**2, x.shape
    c1, c2 = single(2601 / 800), single(23409 / 800 * (size - 1))
    x_rows, y_rows = x.astype(int).tolist(), y.astype(int).tolist()
    total = np.float64(0.0)
    for top in range(height - window + 1):
        of_row = single(0.0)
        for left in range(width - window + 1):
            a, b = (
                [grey - 128 for row in rows[top : top + window] for grey in row[left : left + window]]
                for rows in (x_rows, y_rows)
            )
            near = [(2 * sum(one) + size) // (2 * size) for one in (a, b)]
            rest_a, rest_b = (
                single(sum(one) - size * m) / single(window) for one, m in zip((a, b), near, strict=True)
            )
            mean_a, mean_b = (single(sum(one)) / single(size) + single(128) for one in (a, b))
            a, b = ([value - m for value in one] for one, m in zip((a, b), near, strict=True))
            covariance, square_a, square_b = (
                single(sum(s * t for s, t in zip(u, v, strict=True))) - (r * q - c2)
                for u, v, r, q in ((a, b, rest_a, rest_b), (a, a, rest_a, rest_a), (b, b, rest_b, rest_b))
            )
            power = (mean_a * mean_a + c1) / single(2) + (mean_b * mean_b + c1) / single(2)
            numerator = covariance * (mean_a * mean_b + c1)
            of_row += numerator / (power * (square_a / single(2) + square_b / single(2)))
        total += of_row
    return float(np.clip(total / ((height - window + 1) * (width - window + 1)), -1.0, 1.0))


@pytest.mark.parametrize(
    ("shape", "window"), [((16, 16), 7), ((16, 16), 3), ((16, 16), 15), ((33, 47), 7), ((25, 24), 21), ((25, 24), 23)]
)
def test_ssim_equals_whole_numbers(first, second, window):
    first, second = first[:6], second[[0, 1, 2, 7, 9, 12, 20, 31]]
    expected = [[slow_ssim(x, y, window) for y in second] for x in first]
    assert np.array_equal(ssim_matrix(first, second, window), expected)


@pytest.mark.parametrize("window", WINDOWS.values())
@pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
def test_ssim_of_pairs_is_that_of_all(first, second, window):
    assert np.array_equal(ssim_pairs(first, second[:N], window), np.diag(ssim_matrix(first, second[:N], window)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_principal_components_know_no_order_and_no_threads(first, second):
    order = np.random.default_rng(4).permutation(N)
    with threads(1):
        axes = principal_components(first, 32)
    with threads(2):
        for one, other in zip(axes, principal_components(first[order], 32), strict=True):
            assert np.array_equal(one, other)
        whole = on_axes(second, *axes)
        assert np.array_equal(on_axes(second[5:6], *axes), whole[5:6])
        assert np.array_equal(on_axes(second[::-1], *axes), whole[::-1])


def test_principal_components_are_sought_on_one_thread(monkeypatch):
    """Where LAPACK parts the work, the last digits change: the grid hides them nearly always, one thread always."""
    images = np.random.default_rng(7).integers(0, 256, (40, 32, 32), dtype=np.uint8)
    svd, used = np.linalg.svd, []

    def noting(*arguments, **options):
        used.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return svd(*arguments, **options)

    monkeypatch.setattr(np.linalg, "svd", noting)
    with threads(2):
        principal_components(images, 32)
    assert used
    assert set(used) == {1}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_principal_components_have_one_sign(first):
    _, components = principal_components(first, 32)
    assert (components.max(axis=1) >= -components.min(axis=1)).all()


OBSERVERS = {
    str(one.observation()): one
    for one in [
        *(
            one
            for cls in find_attacks().by_name.values()
            for one in cls().observers()
            if one.observes is Access.RELEASE
        ),
        *(NearestNeighbour(distance=name, k=9, flip=True) for name in NAMES if name != "features"),
        StructuralSimilarity(window=5),
    ]
}
each_observer = pytest.mark.parametrize("attack", OBSERVERS.values(), ids=lambda one: one.name)


@each_observer
@pytest.mark.parametrize("shape", SHAPES[:1], ids=str)
def test_observations_know_no_order(attack, first, second):
    """Neither that of the candidates nor that of the release; most are exact by themselves, others sum by size."""
    rng = np.random.default_rng(5)
    rows, columns = rng.permutation(N), rng.permutation(M)
    moved = attack.observed(View(first[rows], second[columns]))
    assert np.array_equal(moved, attack.observed(View(first, second))[rows])


@pytest.mark.parametrize(  # the axes of `pca` are those of all candidates
    "attack",
    [one for one in OBSERVERS.values() if one.of_pairs and getattr(one, "distance", "") != "pca"],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("shape", SHAPES[:1], ids=str)
def test_what_looks_at_pairs_knows_no_company(attack, first, second):
    whole = attack.observed(View(first, second))
    for part in ([3], [0, 1], [9, 3, 14]):
        assert np.array_equal(attack.observed(View(first[part], second)), whole[part])
