"""Which pictures of a DICOM series are one volume: those of one geometry and one phase, each place once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.patients import spelling
from harness.data.sources.scans.dicom.headers import Frame, Header

_SAME_MM = 1e-3  # places nearer than this are one
# Size, MONOCHROME1 or not, orientation, spacing in mm: writers round what is the same by less than these.
_TOLERANCES = np.array([0.5, 0.5, 0.5, *[0.01] * 6, *[1e-3] * 2])
_REPEATED = 0.5  # of the places: fewer that repeat are an overlap, not phases
SAME_PLACE = "at a place where their series has a slice already"
Picture = tuple[Header, Frame]


class Stack(NamedTuple):
    """pictures: in the order of heights, mm along the normal of the first of them.

    part: what tells it from others of its series, empty where there are none; repeated: whether most of its places
    had several pictures that no phase tells apart.
    """

    pictures: list[Picture]
    heights: NDArray[np.float64]
    part: tuple[str, ...]
    repeated: bool


def stacks_of(headers: Sequence[Header], left_out: Counter[str], by_study: bool = False) -> list[Stack]:
    """The stacks of all series, those of one after another; left_out: counts pictures at a place that is taken.

    Under a SeriesInstanceUID that several patients have, or none, as anonymisers leave it, each has a series, and
    each study has where by_study.
    """
    series: dict[tuple[str, str, str], list[Picture]] = defaultdict(list)
    for header in headers:
        own = (header.series, spelling(header.patient), header.study if by_study else "")
        series[own] += [(header, frame) for frame in header.frames]
    stacks = []
    for pictures in series.values():
        parts = [
            ((*geometry, *phase), group)
            for geometry, alike in _geometries(pictures)
            for phase, group in _phases(alike)
        ]
        stacks += [_stack(group, part if len(parts) > 1 else (), left_out) for part, group in parts]
    return stacks


def _geometries(pictures: Sequence[Picture]) -> Iterator[tuple[tuple[str, ...], list[Picture]]]:
    """Pictures that differ from the first of them by less than rounding, and what that first one says."""
    said = np.array(
        [(*header.shape, header.turned, *frame.orientation, *frame.spacing) for header, frame in pictures], np.float64
    )
    left = np.arange(len(pictures))
    while len(left):
        alike = (np.abs(said[left] - said[left[0]]) < _TOLERANCES).all(axis=1)
        yield tuple(map(str, said[left[0]].tolist())), [pictures[place] for place in left[alike]]
        left = left[~alike]


def _phases(pictures: list[Picture]) -> list[tuple[tuple[str, ...], list[Picture]]]:
    """By the first element that parts pictures at the same places so that each part has each place once."""
    heights = _heights(pictures)
    order = np.argsort(heights, kind="stable")
    places = _numbered(heights[order])[np.argsort(order)].tolist()
    if not _are_repeated(places):
        return [((), pictures)]
    most = max(Counter(places).values())
    for kind in range(len(pictures[0][1].phases)):
        groups: dict[str, list[int]] = defaultdict(list)
        for number, (_, frame) in enumerate(pictures):
            groups[frame.phases[kind]].append(number)
        once = all(len({places[one] for one in group}) == len(group) for group in groups.values())
        if "" not in groups and len(groups) == most and once:
            return [((phase,), [pictures[one] for one in group]) for phase, group in groups.items()]
    return [((), pictures)]


def _stack(group: Sequence[Picture], part: tuple[str, ...], left_out: Counter[str]) -> Stack:
    heights = _heights(group)
    order = sorted(range(len(group)), key=lambda one: (heights[one], group[one][0].file.digest, group[one][1].number))
    places = _numbered(heights[order])
    first = np.unique(places, return_index=True)[1]
    if len(first) < len(group):
        left_out[SAME_PLACE] += len(group) - len(first)
    taken = [order[place] for place in first]
    return Stack([group[one] for one in taken], heights[taken], part, _are_repeated(places.tolist()))


def _heights(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """Where pictures lie along the normal of the first one's plane, mm."""
    orientation = pictures[0][1].orientation
    return np.array([frame.position for _, frame in pictures]) @ np.cross(orientation[:3], orientation[3:])


def _numbered(rising: NDArray[np.float64]) -> NDArray[np.intp]:
    """The number of each height's place; those within a tolerance of the first at a place are there, too."""
    numbers, number, start = np.zeros(len(rising), np.intp), 0, rising[0]
    for place, height in enumerate(rising):
        if height - start >= _SAME_MM:
            number, start = number + 1, height
        numbers[place] = number
    return numbers


def _are_repeated(places: Sequence[int]) -> bool:
    distinct = len(set(places))
    return len(places) - distinct >= _REPEATED * distinct
