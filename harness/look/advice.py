"""What is wrong with the data, and what to do about it: a sentence each, nothing where nothing is."""

from __future__ import annotations

import numpy as np

from harness.data.splits import check_pool_size
from harness.errors import InputError
from harness.look.found import Found
from harness.look.options import LookSettings
from harness.places import shown

_UNEVEN = 5  # times the median: a patient of so many slices weighs as much as that many others
_NARROW = 64  # grey levels: a range below leaves little to see


def advice_of(found: Found, settings: LookSettings) -> list[str]:
    """Sentences, what stops a run first."""
    return [*too_few(found, settings), *_of_nobody(found), *_twice(found, settings), *_greys(found), *_uneven(found)]


def too_few(found: Found, settings: LookSettings) -> list[str]:
    """Why no run can be planned with these slices; empty where one can."""
    patients = [str(one) for one in found.patient]
    try:
        check_pool_size(len(found.pixels), patients, settings.shadow_count, settings.data)
    except InputError as error:
        return [str(error)]
    return []


def _of_nobody(found: Found) -> list[str]:
    if not found.of_nobody or found.inferred:
        return []
    return [
        f"Of {found.of_nobody} of {len(found.pool.ids)} slices nobody says whose they are: each, or each volume, "
        "counts as a patient of its own. Where a person has several, some may be used and others not, which makes "
        "attacks look worse than they are and intervals too narrow: name the patients (metadata.csv with patient_id, "
        "or data.patient of volumes and data sets)."
    ]


def _twice(found: Found, settings: LookSettings) -> list[str]:
    alike, told = found.alike, []
    if alike.equal_other.any():
        told.append(
            f"{_slices(alike.equal_other)} equal to the pixel to one of another patient: each may be used and not "
            "used at once. Leave copies out, or give both the same patient."
        )
    nearly = alike.nearly_other & ~alike.equal_other
    if nearly.any():
        told.append(
            f"{_slices(nearly)} nearly equal to one of another patient (under 2 of 255 grey levels apart): one "
            "slice, saved twice. Leave one out, or give both the same patient."
        )
    looks = alike.near_other & ~alike.nearly_other & ~alike.equal_other
    if looks.any():
        where = "on the contact sheet" if settings.out is not None else "on a contact sheet (--out DIR)"
        told.append(
            f"{_slices(looks)} as like one of another patient as neighbouring slices are: perhaps one person under "
            f"two names. Look at the pairs {where}; if they are, give both the same patient."
        )
    if alike.equal_own.any():
        told.append(
            f"{_slices(alike.equal_own)} equal to the pixel to another of the same patient, and count several times: "
            "leave copies out."
        )
    return told


def _greys(found: Found) -> list[str]:
    told = [
        f"{_slices(which)} {what}: leave out what shows no lung."
        for which, what in (
            (found.black, "black"),
            (found.constant, "of one grey"),
            (found.noise, "noise: neighbouring pixels have nothing to do with one another"),
        )
        if which.any()
    ]
    low, high = found.grey_range
    if high - low < _NARROW:
        told.append(f"All greys lie from {low} to {high} of 255: apply the lung window so that they span the range.")
    return told


def _uneven(found: Found) -> list[str]:
    median, most = float(np.median(found.per_patient)), int(found.per_patient.max())
    if most <= _UNEVEN * median:
        return []
    return [
        f"One patient has {most} slices, where half have {median:g} or fewer: data.per_patient=K takes at most K of "
        "each."
    ]


def _slices(which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    n = int(which.sum())
    return f"{n} slice{'s are' if n != 1 else ' is'}"


def enough(found: Found, settings: LookSettings) -> str:
    """What the planned shadows would have, in a sentence."""
    n, people, count = len(found.pixels), len(found.per_patient), settings.shadow_count
    return f"{count} shadows (shadow.count), each of half the patients: about {n // 2} slices of {people // 2}"


def next_step(settings: LookSettings) -> str:
    """The command that goes on, in words; options that are paths are left to the user."""
    return f"python -m harness.run data={shown(settings.data.name)} with the same options trains and attacks."
