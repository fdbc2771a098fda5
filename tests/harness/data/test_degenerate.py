"""What no generator of slices should give is named, at every size; what a poor one gives is not."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.degenerate import equal_to, faults
from harness.data.sources.phantom import phantom_slices

SIZES = (16, 64, 256)
N = 40
rng = np.random.default_rng(0)


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def slices(size, n=N):
    return phantom_slices(n, 1, size, 3).pixels


def with_grain(images, sigma):
    return rounded(images + np.random.default_rng(1).normal(0, sigma, images.shape))


def black(size):
    return rng.integers(0, 4, (N, size, size)).astype(np.uint8)


def of_one_grey(size):
    return np.broadcast_to(np.arange(60, 60 + N, dtype=np.uint8)[:, None, None], (N, size, size)).copy()


def even_noise(size):
    return rng.integers(0, 256, (N, size, size)).astype(np.uint8)


def normal_noise(size):
    return rounded(rng.normal(120, 12, (N, size, size)))


def salt_and_pepper(size):
    return (255 * rng.integers(0, 2, (N, size, size))).astype(np.uint8)


def one_repeated(size):
    return np.repeat(slices(size, 1), N, axis=0)


def one_with_grain(size):
    return with_grain(one_repeated(size), 1.0)


DEGENERATE = {
    black: "black",
    of_one_grey: "constant",
    even_noise: "noise",
    normal_noise: "noise",
    salt_and_pepper: "noise",
    one_repeated: "equal",
    one_with_grain: "nearly equal",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("made", "fault"), DEGENERATE.items(), ids=lambda one: getattr(one, "__name__", one))
def test_each_kind_of_degenerate_release_is_named_for_what_it_is(made, fault, size):
    found = faults(made(size))
    assert [one.fault for one in found.findings] == [fault]
    assert found.unusable
    assert found.no_all_clear
    n = int(found.findings[0].images.sum())
    assert n in (N, N - 1)
    assert found.says[0].startswith(f"{n} of {N} released images")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sigma", [0.0, 20.0, 50.0])
def test_slices_and_their_grainy_copies_are_sound(size, sigma):
    assert not faults(with_grain(slices(size), sigma)).findings


@pytest.mark.parametrize("size", SIZES)
def test_blurred_and_blotchy_pictures_of_a_hardly_trained_generator_are_sound(size):
    """Blobs a few pixels wide without any chest, as after one training step; and slices blurred beyond knowing."""
    from scipy.ndimage import gaussian_filter

    blobs = gaussian_filter(np.random.default_rng(2).normal(size=(N, size, size)), (0, 0.7, 0.7))
    assert not faults(rounded(127 + 70 * blobs / blobs.std())).findings
    blurred = gaussian_filter(slices(size).astype(np.float64), (0, size / 6, size / 6))
    assert not faults(rounded(blurred)).findings


def test_neighbours_in_one_scan_at_few_pixels_are_sound():
    assert not faults(phantom_slices(10, 6, 16, 0).pixels).findings


def test_dull_pictures_are_neither_constant_nor_one():
    assert not faults(rounded(slices(16) * 0.05 + 100)).findings


def test_a_part_is_told_with_its_share_and_does_not_spoil_the_rest():
    mixed = slices(16)
    mixed[:3] = 0
    found = faults(mixed)
    assert found.says == ["3 of 40 released images are black: no pixel is above 3 of 255."]
    assert found.share == 3 / 40
    assert not found.no_all_clear
    mixed[:6] = mixed[10]
    found = faults(mixed)
    assert found.findings[0].fault == "equal"
    assert found.share == 6 / 40
    assert found.no_all_clear
    assert not found.unusable


def test_faults_of_several_kinds_add_up():
    mixed = slices(16)
    mixed[:8], mixed[8:16], mixed[16:24] = 0, 130, even_noise(16)[:8]
    found = faults(mixed)
    assert [one.fault for one in found.findings] == ["black", "constant", "noise"]
    assert found.share == 24 / 40
    assert found.unusable


def test_images_among_others_are_found_to_the_pixel():
    ours = slices(16)
    theirs = ours[[5, 7]].copy()
    theirs[1, 0, 0] ^= 1
    assert np.flatnonzero(equal_to(ours, theirs)).tolist() == [5]
