"""The one shape in which every data source hands over its images."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.account import Account
from harness.errors import InputError

_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Slices:
    """Grey images with a name and a patient each, in one order.

    pixels:      uint8 [n, size, size], 0 to 255; n may be 0.
    ids:         n names, each once.
    patient_ids: n names; slices of one patient carry the same.
    unnamed:     ids of slices of which nobody said whose they are: each counts as a patient of its own.
    files:       the file of each, n of them, or none where they come from no files.
    account:     what else lay in their folder, None where they come from none.

    Raises InputError for repeated ids (naming them) or lengths that disagree, ValueError for pixels
    of another shape or type, which only code can cause.
    """

    pixels: NDArray[np.uint8]
    ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    unnamed: frozenset[str] = frozenset()
    files: tuple[Path, ...] = ()
    account: Account | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if dtype != np.uint8 or len(shape) != 3 or shape[1] != shape[2]:
            raise ValueError(f"Slices take uint8 pixels of shape [n, size, size], not {dtype} {list(shape)}.")
        if not len(self.ids) == len(self.patient_ids) == len(self.pixels):
            raise InputError(
                f"There are {len(self.pixels)} images, {len(self.ids)} ids and {len(self.patient_ids)} "
                "patient ids; each image needs exactly one of both."
            )
        repeated = [name for name, count in Counter(self.ids).items() if count > 1]
        if repeated:
            rest = len(repeated) - _NAMES_SHOWN
            shown = ", ".join(repeated[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
            raise InputError(f"Ids must be unique, but these occur twice or more: {shown}. Rename the files.")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Of which slices somebody said whose they are, bool [n]."""
        return np.array([name not in self.unnamed for name in self.ids], dtype=np.bool_)

    @property
    def size(self) -> int:
        """Height and width of every image, pixels."""
        return int(self.pixels.shape[1])
