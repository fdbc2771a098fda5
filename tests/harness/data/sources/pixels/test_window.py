"""The window: black and white at its edges, a straight line between, and a sentence for what is none."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.sources.pixels.window import PRESETS, Window, window_of
from harness.errors import InputError


def test_the_lung_window_goes_from_1350_below_to_150_above():
    values = np.array([[-3000, -1350, -600, 150, 3000]])
    assert PRESETS["lung"].grey(values).tolist() == [[0, 0, 128, 255, 255]]


def test_a_window_over_all_bytes_changes_none():
    every = np.arange(256)[None]
    assert np.array_equal(Window(127.5, 255).grey(every), every)


def test_white_for_the_least_turns_the_picture_and_leaves_what_is_outside_of_it_black():
    values = np.array([[0.0, 255.0, np.nan, -np.inf, np.inf]], np.float32)
    assert Window(127.5, 255).grey(values).tolist() == [[0, 255, 0, 0, 255]]
    assert Window(127.5, 255).grey(values, turned=True).tolist() == [[255, 0, 0, 255, 0]]


def test_a_window_is_named_or_given():
    assert window_of("mediastinum")[:2] == (50, 350)
    assert window_of([40, 400.0])[:2] == (40, 400)


@pytest.mark.parametrize(
    "given", [[1], [1, 2, 3], [1, 0], [1, -2], [float("nan"), 2], [True, 2], [10**400, 2], ["a", 2], None, 7]
)
def test_what_is_no_window_is_told_with_its_option(given):
    with pytest.raises(InputError, match=r"data\.window=.* no window: give data\.window=\[centre,width\]"):
        window_of(given)


def test_a_preset_that_is_not_there_names_the_near_ones():
    with pytest.raises(InputError, match=r"no window 'lungs'\. Did you mean lung\?"):
        window_of("lungs")
