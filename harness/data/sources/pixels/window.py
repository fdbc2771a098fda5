"""The window: which numbers become black, which white, and what lies between them by a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.pixels.greys import Grey
from harness.errors import InputError, unknown_name

_LARGEST = 1e300  # beyond it sums of two are no numbers


class Window(NamedTuple):
    """centre, width: in the numbers that are shown, of a CT Hounsfield units; preset: its name, "" of one's own."""

    centre: float
    width: float
    preset: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """What becomes black, and what white."""
        return self.centre - self.width / 2, self.centre + self.width / 2

    def grey(self, values: NDArray[Any], turned: bool = False) -> Grey:
        """Numbers [h, w] -> uint8: at most centre - width/2 black, at least centre + width/2 white, NaN black.

        DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT, rounded to the nearest grey. turned: the least is white, as in
        MONOCHROME1; NaN, which stands for what lies outside of the picture, stays black.
        """
        share = (values.astype(np.float64) - self.centre) / self.width + 0.5
        inside = ~np.isnan(share)
        grey = np.floor(np.clip(np.where(inside, share, 0.0), 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        return np.where(inside, 255 - grey, 0).astype(np.uint8) if turned else grey


def refuse_unsigned(window: Window, name: str) -> None:
    """InputError for a preset, which is Hounsfield units, where numbers cannot be negative."""
    if window.preset:
        raise InputError(
            f"{name} holds unsigned numbers, which are no Hounsfield units, in which data.window={window.preset} "
            "is given; give data.window=[centre,width] in its own numbers."
        )


# Hounsfield units; the usual ones of a chest as Radiopaedia, "Windowing (CT)", has them (W:1500 L:-600, W:350 L:50,
# W:1800 L:400).
PRESETS = {
    "lung": Window(-600.0, 1500.0, "lung"),
    "mediastinum": Window(50.0, 350.0, "mediastinum"),
    "bone": Window(400.0, 1800.0, "bone"),
}


def window_of(given: object) -> Window:
    """The window that an option names: a preset, or [centre, width]. Raises InputError."""
    if isinstance(given, str):
        if given not in PRESETS:
            raise InputError(
                f"{unknown_name('window', given, PRESETS)} Or give data.window=[centre,width], two numbers."
            )
        return PRESETS[given]
    if isinstance(given, Sequence) and len(given) == 2 and all(_is_number(one) for one in given) and given[1] > 0:
        return Window(float(given[0]), float(given[1]))
    raise InputError(
        f"data.window={given} is no window: give data.window=[centre,width], two numbers, the width above 0, or one "
        f"of {', '.join(PRESETS)}."
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
