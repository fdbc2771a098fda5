"""The nearest images by bounds are those of brute force, to the last bit, and few pairs are measured for them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from attacks import search
from attacks.base import Images
from attacks.compiled import differences
from attacks.distances import DISTANCES, Distance
from attacks.exact import mean_and_deviation
from attacks.moves import turned, with_contrast
from attacks.screens import Contrasts, Pixels, block_sums, tiles, whole
from attacks.search import Near, nearest, smallest
from attacks.view import View

N, M = 6, 60
MOVES = [{"flip": True}, {"shift": 1, "flip": True}, {"turn": 6}, {"turn": 3, "contrast": 0.2, "flip": True}]
BOUNDED = [name for name, kind in DISTANCES.items() if kind.screen is not None]


def noise(n: int, shape: tuple[int, int], seed: int) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def near_copies(of: Images, n: int, seed: int) -> Images:
    copies = of[np.arange(n) % len(of)].astype(int)
    return (copies + np.random.default_rng(seed).integers(-9, 10, copies.shape)).clip(0, 255).astype(np.uint8)


def shuffled_in_blocks(image: Images, n: int, seed: int) -> Images:
    """Images whose 4 x 4 blocks all have the same sums: no bound tells them apart."""
    rng = np.random.default_rng(seed)
    height, width = (size // 4 for size in image.shape)
    pixels = image[: 4 * height, : 4 * width].reshape(height, 4, width, 4).transpose(0, 2, 1, 3).reshape(-1, 16)
    moved = np.repeat(image[None], n, axis=0)
    for one in moved:
        blocks = rng.permuted(pixels, axis=1).reshape(height, width, 4, 4).transpose(0, 2, 1, 3)
        one[: 4 * height, : 4 * width] = blocks.reshape(4 * height, 4 * width)
    return moved


def pair_of(kind: str, shape: tuple[int, int]) -> tuple[Images, Images]:
    """Candidates and a release of one kind."""
    first, second = noise(N, shape, 1), noise(M, shape, 2)
    checks = (np.indices(shape).sum(axis=0) % 2).astype(bool)
    if kind == "copies":
        second[M // 3 :] = near_copies(first, M - M // 3, 3)
        second[5:8] = first[0]
    elif kind == "equal":
        first[:], second[:] = first[0], first[0]
    elif kind == "constant":
        first[:], second[:] = 7, (np.arange(M) * 4 % 256)[:, None, None]
    elif kind == "saturated":
        first[:], second[:] = np.where(checks, 255, 0), np.where(checks, 0, 255)
        second[::2] = np.where(second[::2] > 0, 0, 255)
        second[3::7] = 255
    elif kind == "adversarial":
        second[:] = shuffled_in_blocks(first[0], M, 4)
    return first, second


@pytest.fixture(autouse=True)
def always_by_bounds(monkeypatch):
    """However little there is to do; and in many blocks and tiles."""
    monkeypatch.setattr("attacks.distances._LEAST_WORK", 0)
    monkeypatch.setattr("attacks.distances._LARGEST_SHARE", 1.0)
    monkeypatch.setattr(search, "_FIRST_BLOCK", 7)
    monkeypatch.setattr(search, "_BLOCK_BYTES", 25 * 33 * 47)
    monkeypatch.setattr(search, "_TILE_PAIRS", 4 * 25)


def brute(distance: Distance, view: View, k: int) -> np.ndarray:
    return smallest(distance.matrix(View(view.candidates, view.release, None, view.candidates_as_release)), k)


@pytest.mark.parametrize("kind", ["random", "copies", "equal", "constant", "saturated", "adversarial"])
@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("shape", [(33, 47), (16, 16), (5, 7)], ids=str)
def test_by_bounds_as_by_brute_force(name, kind, shape):
    view = View(*pair_of(kind, shape))
    for k in (1, 5, M):
        assert np.array_equal(
            Distance(name).nearest(View(view.candidates, view.release), k), brute(Distance(name), view, k)
        )


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("moves", MOVES, ids=str)
def test_the_smallest_over_all_moves(name, moves):
    first, second = pair_of("copies", (33, 47))
    second[20:40] = np.roll(second[20:40], 1, axis=2)[:, :, ::-1]
    second[40:50], second[50:] = turned(second[40:50], 3), with_contrast(second[50:], 0.7)
    view = View(first, second)
    assert np.array_equal(Distance(name, **moves).nearest(view, 5), brute(Distance(name, **moves), view, 5))


@pytest.mark.parametrize("name", BOUNDED)
def test_a_candidate_is_no_neighbour_of_its_own(name):
    """Its equal is, and where all others are asked for there are no more."""
    images = noise(9, (16, 16), 5)
    images[4] = images[1]
    view = View.of_candidates(images)
    found = Distance(name).nearest(view, 9)
    assert np.array_equal(found, brute(Distance(name), view, 9))
    assert found[1, 0] == DISTANCES[name].floor
    assert np.isinf(found[:, -1]).all()


def test_equally_near_images_are_taken_by_their_places():
    first, second = pair_of("copies", (16, 16))
    second[[50, 9, 30]] = first[1]
    screen = Pixels.of_whole(second, 0.5)
    found = nearest(screen, lambda: [first], second, 4)
    distances = Distance().between(first, second, first)
    expected = np.argsort(distances, axis=1, kind="stable")[:, :4]
    assert np.array_equal(found.places, expected)
    assert found.places[1, :3].tolist() == [9, 30, 50]
    assert np.array_equal(found.distances, np.take_along_axis(distances, expected, axis=1))


def test_distances_are_roots_of_whole_numbers():
    first, second = pair_of("copies", (33, 47))
    found = nearest(Pixels.of_whole(second, 0.5), lambda: [first], second, 3)
    squared = [
        [((first[i].astype(int) - second[j].astype(int)) ** 2).sum() for j in places]
        for i, places in enumerate(found.places)
    ]
    assert np.array_equal(found.distances, np.maximum(np.sqrt(np.array(squared, dtype=float)), 0.5))


def test_a_file_mapped_into_memory_is_read_in_blocks(tmp_path: Path):
    first, second = pair_of("copies", (33, 47))
    np.save(tmp_path / "images.npy", second)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    for name in BOUNDED:
        assert np.array_equal(
            Distance(name).nearest(View(first, mapped), 5), brute(Distance(name), View(first, second), 5)
        )


@pytest.mark.parametrize("mode", ["c", "r+"])
def test_what_was_written_into_a_mapped_file_is_kept(tmp_path: Path, mode):
    """A copy on write (c) holds it in memory alone, also where it is seen through a view that cannot be written."""
    first, second = pair_of("copies", (33, 47))
    np.save(tmp_path / "images.npy", np.zeros_like(second))
    mapped = np.load(tmp_path / "images.npy", mmap_mode=mode)
    mapped[:] = second
    seen = mapped[:]
    seen.flags.writeable = False
    nearest(Pixels.of_whole(seen, 0.5), lambda: [first], seen, 3)
    assert np.array_equal(seen, second)


@pytest.mark.parametrize("name", BOUNDED)
def test_more_candidates_hold_no_more_pairs(name, monkeypatch):
    """Neither bounds, nor what is measured: so many as a tile and a block have."""
    monkeypatch.setattr(search, "_TILE_PAIRS", 2000)
    monkeypatch.setattr(search, "_FIRST_BLOCK", 100)
    first, second = noise(300, (8, 8), 1), noise(100, (8, 8), 2)
    sizes, lower_bounds = [], differences.lower_bounds

    def noting(*arguments):
        sizes.append(arguments[-1].size)
        lower_bounds(*arguments)

    monkeypatch.setattr(differences, "lower_bounds", noting)
    found = Distance(name).nearest(View(first, second), 3)
    assert sizes == [2000] * 15
    assert np.array_equal(found, brute(Distance(name), View(first, second), 3))


@pytest.mark.parametrize("name", BOUNDED)
def test_few_pairs_are_measured_where_bounds_tell(name, monkeypatch):
    """Candidates' own copies among images that are nothing like them, smooth as slices are."""
    rng, measured = np.random.default_rng(6), []
    first = np.repeat(np.repeat(noise(20, (4, 4), 7), 8, axis=1), 8, axis=2)
    second = np.repeat(np.repeat(noise(300, (4, 4), 8), 8, axis=1), 8, axis=2)
    second[rng.permutation(300)[:20]] = near_copies(first, 20, 9)
    screen = DISTANCES[name].screen(second, 0.5)
    measure = type(screen).measure

    def noting(self, ours, theirs, pairs, limits):
        measured.extend(zip(*pairs, strict=True))
        return measure(self, ours, theirs, pairs, limits)

    monkeypatch.setattr(type(screen), "measure", noting)
    found = nearest(screen, lambda: [first], second, 1)
    assert np.array_equal(found.distances, brute(Distance(name), View(first, second), 1))
    assert len(measured) < 0.1 * 20 * 300


def test_more_neighbours_serve_for_fewer_and_the_matrix_for_all(monkeypatch):
    view = View(*pair_of("copies", (16, 16)))
    calls = []
    through = search._Search.go_on
    monkeypatch.setattr(search._Search, "go_on", lambda self, *one: (calls.append(1), through(self, *one))[1])
    five = Distance().nearest(view, 5)
    made = len(calls)
    assert made > 0
    assert np.array_equal(Distance().nearest(view, 2), five[:, :2])
    assert len(calls) == made
    Distance().nearest(view, 6)
    assert len(calls) > made
    made = len(calls)
    Distance("ncc").matrix(view)
    assert np.array_equal(Distance("ncc").nearest(view, 3), brute(Distance("ncc"), view, 3))
    assert len(calls) == made


def test_no_more_than_there_are():
    view = View(*pair_of("random", (16, 16)))
    with pytest.raises(ValueError, match="k=61 nearest of 60 images"):
        Distance().nearest(view, 61)
    with pytest.raises(ValueError, match="k=0 nearest"):
        Distance().nearest(view, 0)


def test_small_jobs_and_many_neighbours_take_the_matrix(monkeypatch):
    """The compiler need not be loaded for them."""
    monkeypatch.undo()
    monkeypatch.setattr(search._Search, "go_on", None)
    view = View(*pair_of("random", (16, 16)))
    assert np.array_equal(Distance().nearest(view, 5), brute(Distance(), view, 5))
    monkeypatch.setattr("attacks.distances._LEAST_WORK", 0)
    assert np.array_equal(Distance().nearest(view, 30), brute(Distance(), view, 30))


def test_an_image_that_comes_twice_counts_once_by_its_smaller_distance():
    best = Near.nothing(1, 3)
    zeros = np.zeros(3, dtype=np.intp)
    best = best.joined(zeros, np.array([4, 2, 9]), np.array([3.0, 5.0, np.inf]))
    best = best.joined(zeros, np.array([4, 2, 7]), np.array([2.0, 6.0, 5.0]))
    assert best.places.tolist() == [[4, 2, 7]]
    assert best.distances.tolist() == [[2.0, 5.0, 5.0]]


@pytest.mark.parametrize("shape", [(33, 47), (64, 64), (15, 5)], ids=str)
def test_sums_of_blocks(shape):
    images = noise(3, shape, 10)
    for parts in (whole(images), tiles(images)):
        for sums, side in zip(block_sums(images, parts), (16, 4), strict=True):
            for image, part in itertools.product(range(3), range(len(parts))):
                top, left, height, width = parts[part]
                cut = images[image, top : top + height, left : left + width].astype(float)
                cut = cut[: height // side * side, : width // side * side]
                expected = cut.reshape(height // side, side, width // side, side).sum(axis=(1, 3)).ravel() / side
                assert np.array_equal(sums[image, part, : expected.size], expected)
                assert not sums[image, part, expected.size :].any()


@pytest.mark.parametrize("kind", ["random", "copies", "saturated", "constant", "adversarial"])
@pytest.mark.parametrize("name", BOUNDED)
def test_no_bound_exceeds_its_distance(name, kind):
    first, second = pair_of(kind, (33, 47))
    screen = DISTANCES[name].screen(second, 0.0)
    ours, theirs = screen.look(first), screen.look(second)
    bounds = np.empty((N, M), dtype=np.float32)
    sketches = (ours.coarse, theirs.coarse), (ours.fine, theirs.fine)
    differences.lower_bounds(*sketches, (ours.slack, theirs.slack), (np.full(N, np.inf), screen.over), bounds)
    rows, columns = np.indices((N, M)).reshape(2, -1)
    distances = screen.measure(ours, theirs, (rows, columns), np.full(N * M, np.inf)).reshape(N, M)
    assert np.isfinite(distances).all()
    assert (bounds <= distances).all()


def test_a_pair_beyond_its_limit_is_infinitely_far_and_one_at_it_is_not():
    first, second = pair_of("copies", (33, 47))
    rows, columns = np.indices((N, M)).reshape(2, -1)
    for screen in (Pixels.of_whole(first, 0.5), Pixels.of_tiles(first, 0.03), Contrasts(0.5)):
        ours, theirs = screen.look(first), screen.look(second)
        distances = screen.measure(ours, theirs, (rows, columns), np.full(N * M, np.inf))
        at = screen.measure(ours, theirs, (rows, columns), distances)
        assert np.array_equal(at, distances)
        below = screen.measure(ours, theirs, (rows, columns), np.nextafter(distances, 0.0) - 1e-9)
        assert np.isinf(below[distances > screen.floor]).all()


def test_greys_are_those_of_numpy():
    images = noise(4, (33, 47), 11)
    sums = np.empty((4, 2), dtype=np.int64)
    differences.sums_and_squares(images, sums)
    assert np.array_equal(sums[:, 0], images.sum(axis=(1, 2)))
    assert np.array_equal(sums[:, 1], (images.astype(int) ** 2).sum(axis=(1, 2)))
    assert np.isfinite(mean_and_deviation(images)).all()
