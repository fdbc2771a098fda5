"""Which axial slices of a volume are taken: `data.slices=middle:K`, `every:MM` or `all`."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError

_SOME = re.compile(r"0*[1-9][0-9]{0,8}")  # of more digits not even Python makes a number


class SliceChoice(NamedTuple):
    """how: `all`, `middle` or `every`; amount: how many slices of the middle, or how many mm apart."""

    how: str
    amount: float = 0.0

    def places(self, heights: NDArray[np.float64]) -> NDArray[np.intp]:
        """Of slices at these heights, float64 [n] in mm, rising: which are taken, intp [k], from the feet up.

        `middle:K` are K neighbours about the middle one, all where there are fewer; `every:MM` starts with the lowest
        and takes the next that is at least so far above the one before, whatever the spacing.
        """
        count = len(heights)
        if self.how == "middle":
            taken = min(int(self.amount), count)
            return np.arange(taken) + (count - taken) // 2
        if self.how == "all":
            return np.arange(count)
        found: list[int] = []
        for place, height in enumerate(heights):
            if not found or height - heights[found[-1]] >= self.amount * (1 - 1e-6):  # heights are rounded
                found.append(place)
        return np.array(found, dtype=np.intp)


def slice_choice(given: str) -> SliceChoice:
    """The choice that an option names. Raises InputError."""
    how, _, amount = str(given).partition(":")
    if how == "all" and not amount:
        return SliceChoice("all")
    if how == "middle" and _SOME.fullmatch(amount):
        return SliceChoice("middle", float(amount))
    if how == "every":
        try:
            apart = float(amount)
        except ValueError:
            apart = math.nan
        if math.isfinite(apart) and apart > 0:
            return SliceChoice("every", apart)
    raise InputError(
        f"data.slices={given} is no choice of slices: give middle:K (so many about the middle), every:MM (so many mm "
        "apart), or all."
    )
