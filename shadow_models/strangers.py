"""Made-up slices of patients whom nobody else ever draws, each of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shadow_models.phantoms.patient import draw_patient

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEED = "strangers"
"""A word, and not the base's: `data=phantom` draws by whole numbers, so no `data.seed` gives such a patient."""


def draw_stranger(number: int, size: int) -> NDArray[np.uint8]:
    """Return the slice of the patient of this number, uint8 [size, size]; it depends on (number, size) alone."""
    return draw_patient(_SEED, number, 1, size)[0]
