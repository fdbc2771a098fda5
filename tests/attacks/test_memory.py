"""A release of thousands of images is read in pieces: the same numbers, and never all of it as floats at once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from attacks.base import Access
from attacks.distances import DISTANCES
from attacks.knn import NearestNeighbour
from attacks.observing import ObservingAttack
from attacks.registry import find_attacks
from attacks.view import View

N, M, SIZE = 5, 2000, 32
FLOATS_BYTES = M * SIZE**2 * 8  # 16 MB: the release as float64
OBSERVERS = [
    *(one for cls in find_attacks().by_name.values() for one in cls().observers() if one.observes is Access.RELEASE),
    *(NearestNeighbour(distance=name, flip=True) for name in DISTANCES),
]
each_observer = pytest.mark.parametrize(
    "attack", {str(one.observation()): one for one in OBSERVERS}.values(), ids=lambda one: one.name
)


@pytest.fixture(scope="module")
def released(tmp_path_factory, images) -> np.ndarray:
    """uint8 [M, SIZE, SIZE], memory-mapped as the store gives it, all different."""
    path = tmp_path_factory.mktemp("store") / "images.npy"
    noise = np.random.default_rng(0).integers(-20, 20, (M, SIZE, SIZE))
    np.save(path, (images(M, SIZE, 1) + noise).clip(0, 255).astype(np.uint8))
    return np.load(path, mmap_mode="r")


@each_observer
def test_a_release_in_pieces_is_observed_as_a_whole(attack: ObservingAttack, released, images, monkeypatch):
    part = released[:60]
    whole = attack.observed(View(images(N, SIZE, 2), np.asarray(part)))
    monkeypatch.setattr("attacks.distances._CHUNK_BYTES", 7 * 8 * SIZE**2)
    monkeypatch.setattr("attacks.similarity._TILE", 7)
    np.testing.assert_allclose(attack.observed(View(images(N, SIZE, 2), part)), whole, rtol=1e-6, atol=1e-7)


@each_observer
def test_a_release_is_never_held_as_floats(attack: ObservingAttack, released, images, monkeypatch):
    monkeypatch.setattr("attacks.distances._CHUNK_BYTES", 50 * 8 * SIZE**2)
    view = View(images(N, SIZE, 2), released)
    attack.observed(View(view.candidates, released[:20]))  # libraries are loaded before memory is watched
    tracemalloc.start()
    try:
        attack.observed(view)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < FLOATS_BYTES / 2
