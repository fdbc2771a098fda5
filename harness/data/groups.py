"""Which slices are of one patient, told by how alike they are, for slices that come without patients.

Adjacent slices of one patient are near-duplicates: split between members and non-members they would make every
attack look worse than it is, and intervals over single slices would be too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HASH_SIDE = 16  # low frequencies kept, each way: a hash of 255 bits, the mean grey left out
HASHED_SIDE = 64  # pixels of the picture that is hashed
SAME_PATIENT_BITS = 32  # adjacent slices differ in 6 to 16, slices 8 mm apart in 34, other patients' in 36 or more


def perceptual_hashes(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """255 bits an image, bool [n, 255]: which low DCT frequencies lie above their median (Zauner 2010, pHash).

    images: uint8 [n, side, side]. Those whose side is a multiple of 64 are averaged to 64 first; smaller ones with
    fewer than 16 frequencies give fewer bits.
    """
    from scipy.fft import dctn  # start-up: only editions hash their slices

    side = images.shape[1]
    factor = side // HASHED_SIDE if side % HASHED_SIDE == 0 else 1
    small = images.reshape(len(images), side // factor, factor, side // factor, factor).mean(axis=(2, 4))
    low = dctn(small, axes=(1, 2), norm="ortho")[:, :HASH_SIDE, :HASH_SIDE].reshape(len(images), -1)[:, 1:]
    bits: NDArray[np.bool_] = low > np.median(low, axis=1, keepdims=True)
    return bits


def alike(images: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which look like one patient's, bool [n, m]: their hashes differ in at most `SAME_PATIENT_BITS` of 255 bits.

    images, others: uint8 [n, side, side] and [m, side, side].
    """
    one, other = (perceptual_hashes(part).astype(np.float32) for part in (images, others))
    differing = one.sum(axis=1)[:, None] + other.sum(axis=1) - 2 * one @ other.T
    close: NDArray[np.bool_] = differing <= SAME_PATIENT_BITS * one.shape[1] / (HASH_SIDE**2 - 1)
    return close


def inferred_patients(images: NDArray[np.uint8], known: Sequence[str | None]) -> tuple[str, ...]:
    """A patient's name for every slice: the known one, one shared by all alike slices, or a name of its own.

    images: uint8 [n, side, side]; known: [n], None where nobody says. Slices whose hashes differ in at most
    `SAME_PATIENT_BITS` of 255 bits are of one patient, and so are slices linked through others.
    """
    linked = alike(images, images)
    names = np.array([name or "" for name in known])
    linked |= (names[:, None] == names) & (names != "")
    group = connected(linked)
    named: dict[int, str] = {}
    for number, name in zip(group, known, strict=True):
        if name is not None:
            named.setdefault(int(number), name)
    return tuple(named.get(int(number), f"group_{number:04d}") for number in group)


def connected(linked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The group of each of n, from 0 in the order of their first; linked: bool [n, n], symmetric.

    As scipy.sparse.csgraph numbers them, which takes longer to import than a dry run may.
    """
    group = np.full(len(linked), -1, np.intp)
    for first in range(len(linked)):
        if group[first] < 0:
            number, reached = group.max() + 1, np.array([first])
            while len(reached):  # every row is looked at once
                group[reached] = number
                reached = np.flatnonzero(linked[reached].any(axis=0) & (group < 0))
    return group
