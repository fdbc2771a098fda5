"""Volumes become axial slices: whichever way they are stored, however they are spaced, and as many as asked for."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from harness.data.sources.scans.slice_choice import SliceChoice, slice_choice
from harness.data.sources.scans.volumes import Volume, axial_planes
from harness.errors import InputError

HEAD_BACK_LEFT = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)
WAYS = np.array([[0, 0, 1.0], [0, 1, 0], [1, 0, 0]])  # up, back, left in the patient's axes (left, back, up)


def volume(stored, directions, places=None) -> Volume:
    places = places or tuple(np.arange(count, dtype=float) for count in stored.shape)
    return Volume("v", "p", "the file", lambda place: stored[place], np.asarray(directions, float), places)


def axial(one: Volume, choice: str = "all") -> tuple[list[int], np.ndarray, list[str]]:
    told: list[str] = []
    found = list(axial_planes(one, slice_choice(choice), told.append))
    return [number for number, _ in found], np.stack([plane for _, plane in found]), told


@pytest.mark.parametrize("axes", permutations(range(3)))
@pytest.mark.parametrize("signs", product((1, -1), repeat=3))
def test_every_way_of_storing_a_volume_gives_the_same_slices(axes, signs):
    stored = np.flip(np.transpose(HEAD_BACK_LEFT, axes), [axis for axis in range(3) if signs[axis] < 0])
    numbers, slices, told = axial(volume(stored, [sign * WAYS[axis] for axis, sign in zip(axes, signs, strict=True)]))
    assert numbers == [0, 1, 2]
    assert np.array_equal(slices, HEAD_BACK_LEFT)
    assert bool(told) == (axes[0] != 0)


def test_pixels_that_are_not_square_become_so_at_the_finer_spacing():
    stored = np.array([[[0.0], [4.0], [8.0]]], np.float32).repeat(9, axis=2)
    one = volume(stored, WAYS, (np.zeros(1), np.array([0.0, 2, 4]), np.arange(9.0) / 2))
    _, slices, told = axial(one)
    assert slices[0][:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert slices.shape == (1, 9, 9)
    assert "not square" in " ".join(told)


@pytest.mark.parametrize("fine", [1e-9, 1e-17, 1e-300, 5e-324, 0.0])
@pytest.mark.parametrize("coarse", [1.0, 1e300])
def test_spacings_that_no_grid_can_be_made_of_are_a_sentence(fine, coarse):
    places = np.zeros(1), np.arange(4.0) * fine, np.append(0.0, np.arange(1.0, 5.0) * coarse)
    with pytest.raises(InputError, match="The spacings of the file differ so much that its pixels cannot be"):
        axial(volume(HEAD_BACK_LEFT[:1], WAYS, places))


def test_slices_at_uneven_heights_are_told_and_turned_to_even_ones_in_a_sagittal_series():
    heights = np.array([0.0, 1, 4])  # planes run to the left
    stored = np.stack([np.full((2, 2), height, np.float32) for height in heights])
    left_up_back = np.array([WAYS[2], WAYS[0], WAYS[1]])
    _, slices, told = axial(volume(stored, left_up_back, (heights, np.arange(2.0), np.arange(2.0))))
    assert slices[0][0].tolist() == [0, 1, 2, 3, 4]
    assert "uneven" in " ".join(told)


def test_an_oblique_volume_is_told():
    turned = np.array([[0, np.sin(0.2), np.cos(0.2)], [0, np.cos(0.2), -np.sin(0.2)], [1, 0, 0]])
    assert any("oblique" in one for one in axial(volume(HEAD_BACK_LEFT, turned))[2])
    assert not axial(volume(HEAD_BACK_LEFT, WAYS))[2]


@pytest.mark.parametrize(
    ("degrees", "is_told"), [(0, False), (4, False), (6, True), (45, True), (-30, True), (90, False)]
)
def test_a_volume_that_is_rotated_within_its_planes_is_told(degrees, is_told):
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = np.array([[0, 0, 1], [-sine, cosine, 0], [cosine, sine, 0]])
    told = axial(volume(HEAD_BACK_LEFT, turned))[2]
    assert [one for one in told if "rotated within the axial plane" in one] == told
    assert bool(told) == is_told


@pytest.mark.parametrize(
    ("given", "taken"),
    [("all", [0, 1, 2, 3, 4, 5]), ("middle:2", [2, 3]), ("middle:3", [1, 2, 3]), ("middle:9", [0, 1, 2, 3, 4, 5]),
     ("every:5", [0, 2, 4]), ("every:2.5", [0, 1, 2, 3, 4, 5]), ("every:1000", [0])],
)  # fmt: skip
def test_which_slices_are_taken(given, taken):
    assert slice_choice(given).places(np.arange(6) * 2.5 - 300).tolist() == taken


def test_every_so_many_mm_holds_where_slices_are_uneven():
    assert SliceChoice("every", 3.0).places(np.array([0.0, 1, 2.9999999, 3.5, 10, 12, 13])).tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize(
    "given",
    [
        "middle", "middle:0", "middle:1.5", "every:0", "every:-1", "every:nan", "all:3",
        pytest.param(f"middle:{'9' * 400}", id="no float"), pytest.param(f"middle:{'9' * 5000}", id="no int"),
    ],
)  # fmt: skip
def test_what_is_no_choice_is_told_with_its_option(given):
    with pytest.raises(InputError, match=r"data\.slices=.* give middle:K .* every:MM"):
        slice_choice(given)
