"""Names as numbers: patients, generators and the like, for whatever counts or resamples them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def numbered(names: Sequence[str]) -> NDArray[np.intp]:
    """The names as numbers from 0, in the order of the alphabet: intp [n]."""
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.intp)
