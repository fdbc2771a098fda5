"""Slices that are there twice, and slices that look alike, within a patient and between patients.

Equal ones are told by digests of their pixels; near ones by the perceptual hash that tells patients apart where
nobody names them (`harness.data.groups`). Work and memory go by blocks: ten thousand slices take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.degenerate import NEARLY
from harness.data.groups import HASH_SIDE, SAME_PATIENT_BITS, perceptual_hashes
from harness.data.numbered import numbered

Images = NDArray[np.uint8]
Flags = NDArray[np.bool_]
_BLOCK = 512
PAIRS_SHOWN = 6


class Pair(NamedTuple):
    """Two slices of two patients, by their places, the bits of 255 by which their hashes differ, and the root mean
    square difference of their pixels, grey levels."""

    first: int
    second: int
    bits: int
    rms: float


class Alike(NamedTuple):
    """Which slices have a like, bool [n] each, and the pairs of two patients that are most alike, these first.

    equal: to the pixel; near: not equal, but hashes differ in at most `limit` bits, 32 of 255; nearly: and the pixels
    by less than 2 grey levels, root mean square. own, other: to one of the same patient, or of another. Slices of one
    grey are near nothing.
    """

    equal_own: Flags
    equal_other: Flags
    near_own: Flags
    near_other: Flags
    nearly_other: Flags
    pairs: list[Pair]
    limit: int


class _Nearest(NamedTuple):
    """Of each slice the bits to the nearest of its patient, to the nearest of others, and which that is."""

    own: NDArray[np.float32]
    other: NDArray[np.float32]
    place: NDArray[np.intp]


def alike(images: Images, digests: Sequence[str], patient: NDArray[np.intp], flat: Flags) -> Alike:
    """What is there twice of uint8 [n, s, s], n > 0; patient: intp [n]; flat: slices of one grey, bool [n]."""
    picture = numbered(digests)
    near = _nearest(images, picture, patient, flat)
    n_bits = min(HASH_SIDE, images.shape[1]) ** 2 - 1
    limit = int(SAME_PATIENT_BITS * n_bits / (HASH_SIDE**2 - 1))
    near_other = near.other <= limit
    rms = np.full(len(images), np.inf)
    for places in _blocks(np.flatnonzero(near_other)):
        difference = images[places].astype(np.float64) - images[near.place[places]]
        rms[places] = np.sqrt((difference**2).mean(axis=(1, 2)))
    return Alike(
        *_equal(picture, patient),
        near.own <= limit,
        near_other,
        rms < NEARLY,
        _most_alike(near, near_other, rms, patient),
        limit,
    )


def _equal(picture: NDArray[np.intp], patient: NDArray[np.intp]) -> tuple[Flags, Flags]:
    """Which pictures are there again under the same patient, and under another."""
    both, which, count = np.unique(np.stack([picture, patient]), axis=1, return_inverse=True, return_counts=True)
    people = np.bincount(both[0])[picture]  # that hold it
    return np.asarray(count[which.ravel()] > 1), np.asarray(people > 1)


def _nearest(images: Images, picture: NDArray[np.intp], patient: NDArray[np.intp], flat: Flags) -> _Nearest:
    places = np.arange(len(images))
    bits = np.concatenate([perceptual_hashes(np.asarray(images[block])) for block in _blocks(places)])
    bits = bits.astype(np.float32)
    ones = bits.sum(axis=1)
    own, other = np.full((2, len(images)), np.inf, np.float32)
    place = np.zeros(len(images), np.intp)
    for rows in _blocks(np.flatnonzero(~flat)):
        differing = ones[rows, None] + ones - 2 * bits[rows] @ bits.T
        differing[(picture[rows, None] == picture) | flat] = np.inf  # itself and its equals
        same = patient[rows, None] == patient
        own[rows] = np.where(same, differing, np.inf).min(axis=1)
        differing[same] = np.inf
        place[rows] = differing.argmin(axis=1)
        other[rows] = differing[np.arange(len(rows)), place[rows]]
    return _Nearest(own, other, place)


def _most_alike(near: _Nearest, which: Flags, rms: NDArray[np.float64], patient: NDArray[np.intp]) -> list[Pair]:
    """The closest pairs, one for each two patients."""
    places = np.flatnonzero(which)
    found: dict[tuple[int, int], Pair] = {}
    for one in places[np.lexsort((rms[places], near.other[places]))].tolist():
        other = int(near.place[one])
        people = int(min(patient[one], patient[other])), int(max(patient[one], patient[other]))
        if people not in found:
            found[people] = Pair(one, other, int(near.other[one]), float(rms[one]))
        if len(found) == PAIRS_SHOWN:
            break
    return list(found.values())


def _blocks(places: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(places), _BLOCK):
        yield places[start : start + _BLOCK]
