"""Volumes -> the slices of a pool: chosen, windowed, of the working size, under names that say nothing."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from harness.data.sources.account import Account
from harness.data.sources.folder.read import warn_of_equal
from harness.data.sources.pixels.fit import fit
from harness.data.sources.pixels.greys import Grey
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.pixels.window import Window
from harness.data.sources.scans.slice_choice import SliceChoice
from harness.data.sources.scans.volumes import Volume, axial_planes
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning


class Taking(NamedTuple):
    """How volumes become slices: what is taken, through which window, at which size in pixels."""

    choice: SliceChoice
    window: Window
    size: int


class _Taken(NamedTuple):
    """The slices of one volume, without what holds its voxels."""

    patient: str
    name: str
    unnamed: bool
    numbers: list[int]
    pixels: Grey

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.pixels.tobytes()).digest()


def slices_of(volumes: Iterable[Volume], taking: Taking, account: Account, what: str) -> Slices:
    """The slices of all volumes, those of one patient together, his volumes after one another, from the feet up.

    Patients stand in an order that their pixels alone decide: neither names nor files show in it, and another salt
    changes none of it. what: how volumes are called, "series". Warns, once a kind, of what is odd of them.
    """
    remarks, odd = Remarks(), Counter[str]()
    taken = [_taken(volume, taking, remarks, odd) for volume in volumes]
    for kind, count in odd.items():
        warnings.warn(HarnessWarning(f"{count} of {len(taken)} {what} in {account.called} {kind}."), stacklevel=4)
    remarks.warn(sum(len(one.numbers) for one in taken), account.called, taking.size)
    taken.sort(key=lambda one: one.digest)
    first: dict[str, int] = {}
    for place, one in enumerate(taken):
        first.setdefault(one.patient, place)
    taken.sort(key=lambda one: first[one.patient])
    pixels = np.concatenate([one.pixels for one in taken])
    warn_of_equal(pixels, account.called)
    named = [(f"{one.patient}_{one.name}_{number:04d}", one) for one in taken for number in one.numbers]
    unnamed = frozenset(name for name, one in named if one.unnamed)
    ids, patients = tuple(name for name, _ in named), tuple(one.patient for _, one in named)
    return Slices(pixels, ids, patients, unnamed, account=account)


def _taken(volume: Volume, taking: Taking, remarks: Remarks, odd: Counter[str]) -> _Taken:
    notes: dict[str, None] = {}
    numbers, greys = [], []
    for number, plane in axial_planes(volume, taking.choice, notes.setdefault):
        grey = taking.window.grey(plane, volume.turned)
        low, high = taking.window.ends
        below, above, inside = (int(which.sum()) for which in (plane < low, plane > high, ~np.isnan(plane)))
        remarks.note_clipped(below, above, inside)
        greys.append(fit(grey, taking.size, f"slice {number} of {volume.handle}", remarks))
        numbers.append(number)
    pixels = np.stack(greys)
    if pixels.min() == pixels.max():
        notes["are of one grey under this window: no picture, or another window is theirs (data.window)"] = None
    odd.update(list(notes))
    return _Taken(volume.patient, volume.name, volume.unnamed, numbers, pixels)
