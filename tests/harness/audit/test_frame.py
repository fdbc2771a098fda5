"""A release that was turned, inverted or cropped as a whole holds the same people, and gets no all-clear."""

from __future__ import annotations

import json

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, material, noisy, people, settings, strangers

from harness.audit.examine import examine
from harness.audit.frame import out_of_frame
from harness.audit.verdict import verdict
from harness.audit.write import report

WAYS = {
    "turned counter-clockwise by a quarter": lambda x: np.rot90(x, 1, (1, 2)),
    "turned clockwise by a quarter": lambda x: np.rot90(x, -1, (1, 2)),
    "upside down": lambda x: x[:, ::-1],
    "with rows and columns exchanged": lambda x: x.transpose(0, 2, 1),
    "with black and white exchanged": lambda x: 255 - x,
}


@pytest.fixture(scope="module")
def sides():
    both, half = people(48, seed=0), 24 * PER_PATIENT
    return chosen(both, range(half)), chosen(both, range(half, 2 * half))


@pytest.fixture(scope="module")
def release(sides):
    """16 noisy copies of members among 24 slices of others."""
    return np.concatenate([noisy(sides[0].pixels[:16], 3, 0), strangers(24, 8)])


@pytest.mark.parametrize("way", WAYS)
def test_copies_in_a_release_that_lies_otherwise_get_no_all_clear(sides, release, way):
    audit = examine(material(np.ascontiguousarray(WAYS[way](release)), *sides), settings("knn"))
    said = " ".join(verdict(audit))
    assert "Nothing was found here" not in said
    assert f"As a whole the released images lie {way}, beside the real slices." in said
    assert json.loads(report(audit))["out_of_frame"] == way


def test_a_release_that_lies_as_the_slices_do_is_in_frame(sides, release):
    pool = np.concatenate([sides[0].pixels, sides[1].pixels])
    for images in (release, strangers(40, 8), noisy(strangers(40, 8), 12, 1), pool[::3]):
        assert out_of_frame(images, pool, 0) == ""


def test_few_that_lie_otherwise_say_nothing_of_the_whole(sides):
    pool = np.concatenate([sides[0].pixels, sides[1].pixels])
    mixed = strangers(40, 8)
    mixed[:12] = np.rot90(mixed[:12], 1, (1, 2))
    assert out_of_frame(mixed, pool, 0) == ""
