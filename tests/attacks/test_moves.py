"""What a distance forgives: turns and other contrasts beside shifts and mirror images, each image by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import rotate

from attacks.distances import Distance
from attacks.knn import NearestNeighbour
from attacks.moves import Moves, turned, with_contrast
from attacks.view import View
from shadow_models.phantoms.patient import draw_patient


@pytest.fixture(scope="module")
def slices() -> np.ndarray:
    """Twelve different slices, 32 pixels a side, smooth as real ones are."""
    return np.concatenate([draw_patient(0, patient, 1, 32) for patient in range(12)])


@pytest.mark.parametrize("shape", [(16, 16), (12, 19)], ids=str)
@pytest.mark.parametrize("degrees", [-30, -3, 9, 45])
def test_a_turn_is_scipys_bilinear_one(shape, degrees):
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    expected = rotate(images.astype(float), degrees, axes=(1, 2), reshape=False, order=1, mode="nearest")
    assert np.abs(turned(images, degrees) - expected).max() <= 0.5 + 1e-6


def test_a_quarter_is_exact_and_the_way_back_too():
    images = np.random.default_rng(1).integers(0, 256, (4, 15, 15), dtype=np.uint8)
    assert np.array_equal(turned(images, 90), np.rot90(images, 1, (1, 2)))
    assert np.array_equal(turned(turned(images, 90), -90), images)
    assert np.array_equal(turned(images, 0), images)


def test_contrast_leaves_the_mean_and_scales_what_is_about_it():
    image = np.array([[[60, 100, 140, 100]]], dtype=np.uint8)
    assert with_contrast(image, 0.5).tolist() == [[[80, 100, 120, 100]]]
    assert with_contrast(image, 10.0).tolist() == [[[0, 100, 255, 100]]]


@pytest.mark.parametrize(
    "moves", [Moves(), Moves(2, True), Moves(turn=6), Moves(contrast=0.2), Moves(1, True, 3, 0.1)], ids=str
)
def test_there_are_as_many_ways_as_are_counted_and_the_image_is_one_of_them(moves, slices):
    ways = list(moves.of(slices))
    assert len(ways) == moves.n_ways
    assert sum(np.array_equal(way, slices) for way in ways) == 1
    assert all(way.dtype == np.uint8 and way.shape == slices.shape for way in ways)


@pytest.mark.parametrize("name", ["pixel", "ssim", "band"])
@pytest.mark.parametrize(
    ("copy", "moves"),
    [
        (lambda x: turned(x, 6), {"turn": 6}),
        (lambda x: turned(x, -4), {"turn": 6}),
        (lambda x: with_contrast(x, 0.7), {"contrast": 0.3}),
        (lambda x: turned(with_contrast(x, 1.3)[:, :, ::-1], 3), {"turn": 3, "flip": True, "contrast": 0.25}),
    ],
    ids=["turned", "turned back", "paler", "all"],
)
def test_a_moved_copy_comes_nearer_than_without_the_move(name, copy, moves, slices):
    view = View(slices, copy(slices))
    forgiving, plain = Distance(name, **moves).matrix(view), Distance(name).matrix(view)
    assert (forgiving <= plain).all()
    if name != "band" or moves != {"contrast": 0.3}:  # `band` forgives contrast by itself
        assert np.median(np.diag(forgiving) / np.diag(plain)) < 0.75


def test_observations_without_them_keep_their_names():
    assert Distance().identity == ("pixel", 0, False, None)
    assert Distance(turn=3).identity != Distance(contrast=0.3).identity != Distance().identity
    assert NearestNeighbour().observation()[1] == {"k": 1, "measure": ["pixel", 0, False, None]}
    assert NearestNeighbour(turn=3).observation()[1]["measure"] == ["pixel", 0, False, None, 3, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"turn": -3}, "turn=-3"), ({"turn": 4}, "steps of 3"), ({"turn": 183}, "180"), ({"contrast": 1.0}, "below 1")],
)
def test_moves_that_there_are_not_are_refused_in_words(options, message):
    with pytest.raises(ValueError, match=message):
        NearestNeighbour(**options)
