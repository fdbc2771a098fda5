"""Copies and likes within and between patients, held against loops over all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.degenerate import digests
from harness.data.groups import perceptual_hashes
from harness.data.sources.phantom import phantom_slices
from harness.look import alike as module
from harness.look.alike import alike


def found(images: np.ndarray, people: list[int], flat: list[int] = ()):
    """What is alike among uint8 [n, s, s]; flat: places of slices of one grey."""
    is_flat = np.isin(np.arange(len(images)), flat)
    return alike(images, [one.hex() for one in digests(images)], np.array(people), is_flat)


def places(flags: np.ndarray) -> list[int]:
    return np.flatnonzero(flags).tolist()


@pytest.fixture(scope="module")
def slices() -> np.ndarray:
    """Two neighbouring slices of each of 6 people, uint8 [12, 32, 32]."""
    return phantom_slices(6, 2, 32, 0).pixels


def test_copies_are_told_by_whose_they_are(slices):
    images = np.stack([slices[0], slices[0], slices[0], slices[4], slices[4], slices[6]])
    one = found(images, [0, 0, 1, 2, 2, 3])
    assert places(one.equal_own) == [0, 1, 3, 4]
    assert places(one.equal_other) == [0, 1, 2]
    assert not one.near_own.any(), "equal ones are not near ones, too"
    assert not one.near_other.any()


def test_a_slice_saved_twice_is_nearly_equal_and_a_neighbour_is_not(slices):
    again = np.clip(slices[0].astype(int) + np.random.default_rng(0).integers(-1, 2, slices[0].shape), 0, 255)
    images = np.stack([slices[0], again.astype(np.uint8), slices[1], slices[8]])
    one = found(images, [0, 1, 2, 3])
    assert places(one.near_other) == [0, 1, 2]
    assert places(one.nearly_other) == [0, 1]
    assert [{pair.first, pair.second} for pair in one.pairs] == [{0, 1}, {0, 2}], "one pair for two patients"
    rms = np.sqrt(((images[0].astype(float) - images[1]) ** 2).mean())
    assert one.pairs[0].rms == pytest.approx(rms)
    assert found(images, [0, 0, 0, 3]).near_own.tolist() == [True, True, True, False]


def test_slices_of_one_grey_are_like_nothing(slices):
    images = np.stack([np.zeros_like(slices[0]), np.full_like(slices[0], 9), slices[0]])
    one = found(images, [0, 1, 2], flat=[0, 1])
    assert not one.near_other.any()
    assert one.pairs == []


@pytest.mark.parametrize("block", [1, 5, 100])
def test_blocks_change_nothing(slices, monkeypatch, block):
    """Against a loop over all pairs."""
    monkeypatch.setattr(module, "_BLOCK", block)
    people = [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5]
    images = slices.copy()
    images[9] = images[2]
    one = found(images, people)
    bits = perceptual_hashes(images)
    for place in range(12):
        others = [n for n in range(12) if not np.array_equal(images[n], images[place])]
        close = [n for n in others if int((bits[n] != bits[place]).sum()) <= one.limit]
        assert one.near_own[place] == any(people[n] == people[place] for n in close)
        assert one.near_other[place] == any(people[n] != people[place] for n in close)
        equal = [n for n in range(12) if n != place and n not in others]
        assert one.equal_own[place] == any(people[n] == people[place] for n in equal)
        assert one.equal_other[place] == any(people[n] != people[place] for n in equal)


def test_phantoms_of_different_patients_are_not_alike():
    slices = phantom_slices(30, 2, 64, 0)
    one = found(slices.pixels, [place // 2 for place in range(60)])
    assert one.near_own.all()
    assert not one.near_other.any()
