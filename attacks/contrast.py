"""Brightness and contrast taken out of slices: zero mean, and the standard deviation of an average slice for all."""

from __future__ import annotations

import numpy as np

from attacks.base import Scores
from attacks.exact import Features, on_grid

CONTRAST = 64.0  # grey levels, the standard deviation of an average slice


def to_one_contrast(flat: Features, deviation: Scores) -> Features:
    """Features [n, p] of zero mean and deviation [n], brought to one contrast, on a grid; flat ones stay flat."""
    return on_grid(flat * factor(deviation)[:, None], longest(flat.shape[1]))


def factor(deviation: Scores) -> Scores:
    """What brings deviations, grey levels, to the one contrast; a slice of less than one grey level has none."""
    return CONTRAST / np.maximum(deviation, 1.0)


def longest(pixels: int) -> float:
    """The norm of so many pixels at one contrast."""
    return CONTRAST * float(pixels) ** 0.5
