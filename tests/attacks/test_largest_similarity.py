"""The largest similarities by bounds are those of all pairs, to the last bit; few windows are compared for them."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from attacks import similarity as module
from attacks.base import Images, Scores
from attacks.compiled import structural
from attacks.compiled.structural import strips_of
from attacks.similarity import cells_of, most_of_strips, ssim_largest, ssim_matrix
from attacks.ssim import StructuralSimilarity
from attacks.view import View

N, M = 5, 40
C1, C2 = 2601 / 400, 23409 / 400
KINDS = ["noise", "smooth", "copies", "equal", "constant", "saturated", "adversarial", "nearly constant"]
SHAPES_AND_WINDOWS = [((16, 16), 7), ((33, 47), 3), ((40, 25), 7), ((25, 24), 21), ((25, 24), 23), ((9, 30), 9)]
each_size = pytest.mark.parametrize(("shape", "window"), SHAPES_AND_WINDOWS, ids=str)
each_kind = pytest.mark.parametrize("kind", KINDS)


def noise(n: int, shape: tuple[int, int], seed: int) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def smooth(n: int, shape: tuple[int, int], seed: int) -> Images:
    rng = np.random.default_rng(seed)
    down, across = np.indices(shape) / max(shape)
    waves = [np.cos(rng.uniform(0, 9) * down + rng.uniform(0, 9) * across) for _ in range(n)]
    return (127 + 90 * np.array(waves) + rng.normal(0, 3, (n, *shape))).clip(0, 255).astype(np.uint8)


def pair_of(kind: str, shape: tuple[int, int]) -> tuple[Images, Images]:
    """Candidates and a release of one kind."""
    first, second = noise(N, shape, 1), noise(M, shape, 2)
    checks = np.indices(shape).sum(axis=0) % 2
    if kind == "smooth":
        first, second = smooth(N, shape, 3), smooth(M, shape, 4)
    elif kind == "copies":
        first = smooth(N, shape, 5)
        second = (first[np.arange(M) % N] + np.random.default_rng(6).integers(-9, 10, (M, *shape))).clip(0, 255)
        second[7:9], second[30] = first[0], first[0]  # ties at 1
    elif kind == "equal":
        first[:], second[:] = first[0], first[0]
    elif kind == "constant":
        first[:], second[:] = (np.arange(N) * 60)[:, None, None], (np.arange(M) * 6)[:, None, None]
    elif kind == "saturated":
        first[:], second[:] = 255 * checks, 255 * (1 - checks)
        second[::2], second[3::7], second[5::7] = 255 * checks, 255, 0
    elif kind == "adversarial":  # the same mean and length in every window, and so the largest bound, whatever fits
        first[:] = np.where(np.random.default_rng(7).random((N, *shape)) < 0.5, 100, 156)
        second[:] = np.where(first[np.arange(M) % N] == 100, 156, 100)
        second[M // 2 :] = np.where(np.random.default_rng(8).random((M - M // 2, *shape)) < 0.5, 100, 156)
    elif kind == "nearly constant":
        first[:], second[:] = 200, 200 + (noise(M, shape, 9) == 0)
        first[1:, shape[0] // 2, shape[1] // 2] = 201
    return first, second.astype(np.uint8)


def brute_force(first: Images, second: Images, k: int, window: int, leave_self_out: bool = False) -> Scores:
    similarity = ssim_matrix(first, second, window)
    if leave_self_out:
        np.fill_diagonal(similarity, -1.0)
    return -np.sort(-similarity, axis=1)[:, :k]


@pytest.mark.parametrize("tile", [3, 64])
@each_size
@each_kind
def test_the_largest_are_those_of_all_pairs(kind, shape, window, tile, monkeypatch):
    monkeypatch.setattr(module, "_TILE", tile)
    first, second = pair_of(kind, shape)
    for k, (x, y) in itertools.product((1, 4, M), [(first, second), (second, second[::-1])]):
        assert np.array_equal(ssim_largest(x, y, k, window), brute_force(x, y, k, window))
    for k in (1, 4, M):
        found = ssim_largest(second, second, k, window, leave_self_out=True)
        assert np.array_equal(found, brute_force(second, second, k, window, leave_self_out=True))


@each_size
@each_kind
def test_no_strip_is_more_similar_than_its_bound(kind, shape, window):
    """The sums over a strip of skimage's own windows, and of the largest that l and cs can be by themselves."""
    first, second = pair_of(kind, shape)
    bounds = most_of_strips(cells_of(first, window), cells_of(second[:8], window), shape, window)
    edge = window // 2
    for (i, x), (j, y) in itertools.product(enumerate(first), enumerate(second[:8])):
        _, full = structural_similarity(x, y, data_range=255, win_size=window, full=True)
        inside = full[edge : shape[0] - edge, edge : shape[1] - edge]
        sums = np.add.reduceat(inside.sum(axis=1), np.arange(0, len(inside), 8))
        assert len(sums) == strips_of(shape[0], window)
        assert (bounds[i, j] >= sums - 1e-5 * inside.shape[1] * 8).all()


@pytest.mark.parametrize("shape", [(20_000, 7), (8_000, 16), (7, 9_000)], ids=str)
def test_rounding_counts_every_sum_however_long_the_image(shape):
    """Constants, of which each window's bound is its similarity and each sum is rounded the same way."""
    first, second = np.arange(5, 256, 50, np.uint8), np.arange(3, 256, 20, np.uint8)
    x, y = (np.broadcast_to(greys[:, None, None], (len(greys), *shape)) for greys in (first, second))
    for k in (1, 3):
        assert np.array_equal(ssim_largest(x, y, k), brute_force(x, y, k, 7))


@each_size
@each_kind
def test_no_image_is_more_similar_than_its_bound(kind, shape, window):
    """But for what is allowed for rounding, as both are computed."""
    first, second = pair_of(kind, shape)
    bounds = most_of_strips(cells_of(first, window), cells_of(second, window), shape, window)
    windows = (shape[0] - window + 1) * (shape[1] - window + 1)
    beyond = ssim_matrix(first, second, window) - bounds.sum(axis=2, dtype=np.float64) / windows
    assert beyond.max() <= module._rounding(shape[1])


def test_the_bound_is_that_of_the_formula():
    """One cell that one window fills: the smaller of what means and what lengths leave."""
    x, y = noise(2, (7, 7), 0), (noise(3, (7, 7), 1) // 9 + 90).astype(np.uint8)
    bounds = most_of_strips(cells_of(x, 7), cells_of(y, 7), (7, 7), 7)
    for i, j in itertools.product(range(2), range(3)):
        a, b = x[i].astype(float), y[j].astype(float)
        of_means = (2 * a.mean() * b.mean() + C1) / (a.mean() ** 2 + b.mean() ** 2 + C1)
        of_lengths = (2 * a.std(ddof=1) * b.std(ddof=1) + C2) / (a.var(ddof=1) + b.var(ddof=1) + C2)
        assert bounds[i, j, 0] == pytest.approx(min(of_means, of_lengths), abs=1e-5)


def test_few_windows_are_compared(monkeypatch):
    """Of a copy's rivals, that do not look alike, most are left before half of their strips, from the first on."""
    first = smooth(4, (64, 64), 0)
    second = np.concatenate([first, smooth(200, (64, 64), 1)])
    unseen = []
    similarities = structural.similarities

    def noting(*arguments):
        found = similarities(*arguments)
        if found.size > 1:  # the likeliest pairs come one by one
            unseen.append(np.isneginf(found).mean())
        return found

    monkeypatch.setattr(structural, "similarities", noting)
    assert (ssim_largest(first, second)[:, 0] == 1.0).all()
    assert min(unseen) > 0.95


def test_more_candidates_hold_no_more_pairs():
    first, second = noise(400, (8, 8), 0), noise(1000, (8, 8), 1)
    ssim_largest(first[:2], second, 5)  # compiled

    def peak(candidates: Images) -> int:
        tracemalloc.start()
        ssim_largest(candidates, second, 5)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(first) < 1.5 * peak(first[:100])


def test_order_and_company_change_no_bit():
    first, second = pair_of("copies", (33, 47))
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(N), rng.permutation(M)
    whole = ssim_largest(first, second, 4)
    assert np.array_equal(ssim_largest(first[rows], second[columns], 4), whole[rows])
    for i in range(N):
        assert np.array_equal(ssim_largest(first[i : i + 1], second, 4), whole[i : i + 1])


def test_an_image_alone_among_its_own_is_like_none():
    image = noise(1, (16, 16), 0)
    assert ssim_largest(image, image, leave_self_out=True).tolist() == [[-1.0]]
    assert StructuralSimilarity().observe(View.of_candidates(image)).tolist() == [-1.0]


@pytest.mark.parametrize(("k", "window"), [(0, 7), (M + 1, 7), (1, 4), (1, 1), (1, 17)])
def test_what_cannot_be_taken_is_refused(k, window):
    with pytest.raises(ValueError, match=r"k=|window="):
        ssim_largest(noise(N, (16, 16), 0), noise(M, (16, 16), 1), k, window)
