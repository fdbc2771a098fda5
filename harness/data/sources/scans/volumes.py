"""A volume of a scanner as axial pictures: every reader of volumes hands one over, and it is turned here, once.

Axes are those of the patient as DICOM has them (PS3.3 C.7.6.2.1.1): x to his left, y to his back, z to his head. An
axial picture is shown as radiologists see it: rows run to the back, columns to the patient's left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.pixels.opened import MOST_PIXELS
from harness.data.sources.scans.slice_choice import SliceChoice
from harness.errors import InputError

Plane = NDArray[np.float32]
Places = NDArray[np.float64]
MOST_VOXELS = 2**28  # of a volume that is held whole: 1024 slices of 512x512, 1 GiB as floats
_LEFT, _BACK, _UP = range(3)
_SAME = 0.01  # of a spacing: rounded headers differ by less
_IRREGULAR = 0.1  # of the usual spacing
_OBLIQUE_DEGREES = 5.0
_SKEWED = 0.05  # a cosine: 3 degrees


@dataclass(frozen=True)
class Volume:
    """Planes of one shape behind one another.

    name, patient: salted, as ids show them; unnamed: nobody said whose it is. handle: how sentences call it, so that
    its owner finds it, "the file whose SHA-256 ...".
    plane: index -> float32 [rows, columns], NaN outside of the picture. turned: the least number is to be white.
    directions: float64 [3, 3], unit vectors in the patient's axes along planes, rows and columns.
    places: mm along each of the three, float64, each rising or falling.
    notes: what its reader found of it, as they complete "2 of 5 series ...".
    """

    name: str
    patient: str
    handle: str
    plane: Callable[[int], Plane]
    directions: NDArray[np.float64]
    places: tuple[Places, Places, Places]
    turned: bool = False
    unnamed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Planes, rows, columns."""
        return tuple(len(one) for one in self.places)


def axial_planes(volume: Volume, choice: SliceChoice, note: Callable[[str], object]) -> Iterator[tuple[int, Plane]]:
    """Number from the feet and picture of every axial slice that is taken, its pixels square.

    note: told what is odd of the volume. Planes that are axial are read one by one, and only those that are taken.
    Raises InputError for a volume of other planes that is too large to hold.
    """
    for told in (*volume.notes, *_oddities(volume)):
        note(told)
    axes = _axes(volume.directions)
    signs = [np.sign(volume.directions[axes[way], way]) for way in range(3)]
    heights, backs, lefts = ((volume.places[axes[way]] * signs[way]) for way in (_UP, _BACK, _LEFT))
    up = _rising(heights)
    back, left = _rising(backs), _rising(lefts)
    stack = None if axes[_UP] == 0 else _whole(volume)
    if stack is not None:
        note("are stacked along another axis and were turned: their axial slices are put together from all planes")
    for number in choice.places(heights[up]):
        place = int(up[number])
        plane = volume.plane(place) if stack is None else np.take(stack, place, axis=axes[_UP])
        turned = plane.T if axes[_BACK] > axes[_LEFT] else plane
        yield int(number), _square(turned[np.ix_(back, left)], backs[back], lefts[left], volume.handle, note)


def _axes(directions: NDArray[np.float64]) -> tuple[int, int, int]:
    """Which axis of the volume runs along left, back and up, as nearly as may be."""
    cosines = np.abs(directions)
    every = [(first, second, third) for first, second, third in permutations(range(3))]
    return max(every, key=lambda axes: sum(cosines[axes[way], way] for way in range(3)))


def _rising(places: Places) -> NDArray[np.intp]:
    return np.argsort(places, kind="stable")


def _whole(volume: Volume) -> Plane:
    """All planes, float32 [planes, rows, columns]."""
    voxels = prod(volume.shape)
    if voxels > MOST_VOXELS:
        raise InputError(
            f"The planes of {volume.handle} are not axial, and it has {' x '.join(map(str, volume.shape))} voxels; "
            f"at most {MOST_VOXELS} can be turned. Make axial slices of it elsewhere, or remove it."
        )
    stack = np.empty(volume.shape, np.float32)
    for place in range(len(stack)):
        stack[place] = volume.plane(place)
    return stack


def _oddities(volume: Volume) -> Iterator[str]:
    """What is said of a volume that is no straight, even stack."""
    axes = _axes(volume.directions)
    cosine = min(1.0, abs(float(volume.directions[axes[_UP], _UP])))
    if np.degrees(np.arccos(cosine)) > _OBLIQUE_DEGREES:
        yield f"are oblique, more than {_OBLIQUE_DEGREES:g} degrees off axial: the nearest axes were taken"
    within = _within_plane(volume.directions[axes[_BACK]]), _within_plane(volume.directions[axes[_LEFT]])
    if max(within) > _OBLIQUE_DEGREES:
        yield f"are rotated within the axial plane, over {_OBLIQUE_DEGREES:g} degrees: the nearest axes were taken"
    if np.abs(volume.directions @ volume.directions.T - np.eye(3)).max() > _SKEWED:
        yield "have axes that are not at right angles; their pictures were left as they are"
    steps = np.abs(np.diff(volume.places[0]))
    if len(steps) and np.ptp(steps) > _IRREGULAR * np.median(steps):
        yield "have slices at uneven distances, or gaps between them"


def _within_plane(direction: NDArray[np.float64]) -> float:
    """Degrees, 0 to 45, from a direction as it is seen from above to the nearer of left and back."""
    seen = np.abs(direction[[_LEFT, _BACK]])
    return float(np.degrees(np.arctan2(seen.min(), seen.max())))


def _square(plane: Plane, rows: Places, columns: Places, handle: str, note: Callable[[str], object]) -> Plane:
    """The picture on a grid of square pixels, those of the finer axis, by linear interpolation; rows, columns: mm."""
    steps = [np.diff(places) for places in (rows, columns)]
    known = [float(np.median(step)) for step in steps if len(step)]
    finest = min(known, default=1.0)
    if all(np.abs(step - finest).max(initial=0.0) <= _SAME * finest for step in steps):
        return plane
    with np.errstate(all="ignore"):  # what a damaged header says of spacings need not be a length
        pixels = prod(float(np.ptp(places)) / np.float64(finest) + 1 for places in (rows, columns))
    if not pixels <= MOST_PIXELS:
        raise InputError(f"The spacings of {handle} differ so much that its pixels cannot be made square; remove it.")
    grids = [np.arange(0, places[-1] - places[0] + finest * _SAME, finest) + places[0] for places in (rows, columns)]
    note("have axial pixels that are not square and were made so by linear interpolation")
    return _along(_along(plane, rows, grids[0]).T, columns, grids[1]).T


def _along(plane: Plane, places: Places, grid: Places) -> Plane:
    """Rows at `places` -> rows at `grid`."""
    if len(places) == 1:
        return plane
    above = np.clip(np.searchsorted(places, grid, side="right"), 1, len(places) - 1)
    share = ((grid - places[above - 1]) / (places[above] - places[above - 1])).astype(np.float32)[:, None]
    share = np.clip(share, 0.0, 1.0)
    lower, upper = plane[above - 1], plane[above]
    return np.where(share == 0.0, lower, np.where(share == 1.0, upper, lower * (1 - share) + upper * share))
