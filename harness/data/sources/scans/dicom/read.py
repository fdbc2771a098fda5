"""`data=dicom`: series of CT slices, found by what files say and never by what they are called."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.data.in_threads import in_order
from harness.data.pseudonyms import Salt
from harness.data.sources.account import Account
from harness.data.sources.folder.by_content import FoundFile
from harness.data.sources.patients import groups_differ, is_nobody, spelling, spelt_alike
from harness.data.sources.scans.dicom.headers import Header, read_header
from harness.data.sources.scans.dicom.pixels import Pictures
from harness.data.sources.scans.dicom.stacks import Stack, stacks_of
from harness.data.sources.scans.unheard import library, unheard
from harness.data.sources.scans.volume_slices import Taking, slices_of
from harness.data.sources.scans.volumes import Volume
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError

_TILT_DEGREES = 0.5
_AGAIN = "that repeat another file (same SOPInstanceUID)"


def read_dicom(
    files: Sequence[FoundFile], account: Account, taking: Taking, salt: Salt, by_study: bool = False
) -> Slices:
    """The slices of all CT series among these files, in the window.

    A series is what shares SeriesInstanceUID, orientation, size, spacing and phase; its slices stand in the order
    of ImagePositionPatient along their normal. Ids and patients are salted hashes. What is no CT slice is left out,
    with one HarnessWarning that counts it by reason. by_study: whether each study is a patient's of its own,
    whatever the PatientID. Raises InputError for a damaged file, and where nothing is left.
    """
    library("pydicom", "dicom")
    called = account.called
    headers, left_out = _headers(files, called)
    stacks = stacks_of(headers, left_out, by_study)
    if left_out:
        told = "; ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
        text = f"In {called} {left_out.total()} of {len(files)} DICOM files, or frames of them, were left out"
        warnings.warn(HarnessWarning(f"{text}: {told}."), stacklevel=2)
    if not stacks:
        raise InputError(
            f"None of the {len(files)} DICOM files in {called} is a slice of a CT volume: "
            f"{'; '.join(f'{count} {reason}' for reason, count in left_out.items())}."
        )
    _warn_of_parts(stacks, called)
    _warn_of_patients([stack.pictures[0][0] for stack in stacks], called, by_study)
    taken = {header.file.name for stack in stacks for header, _ in stack.pictures}
    reasons = {reason: (count, "") for reason, count in sorted(left_out.items())}
    account = replace(account, images=len(taken), left_out={**account.left_out, **reasons})
    pictures = Pictures(called)
    volumes = (_volume(stack, pictures, salt, by_study) for stack in stacks)
    return slices_of(volumes, taking, account, "series")


def _headers(files: Sequence[FoundFile], called: str) -> tuple[list[Header], Counter[str]]:
    """The headers of what is taken, and why how many files are not."""
    left_out = Counter[str]()
    headers: dict[tuple[str, ...], Header] = {}
    with unheard():
        for found in in_order(lambda one: read_header(one, called), files):
            if isinstance(found, str):
                left_out[found] += 1
            elif (one := _instance(found)) in headers:
                left_out[_AGAIN] += 1
            else:
                headers[one] = found
    return list(headers.values()), left_out


def _instance(header: Header) -> tuple[str, ...]:
    """What tells a picture from others; an anonymiser may give all of them one UID, so that it alone does not."""
    return header.instance, spelling(header.patient), str(header.frames[0].position.tolist())


def _warn_of_parts(stacks: Sequence[Stack], called: str) -> None:
    """A HarnessWarning for series that are no single volume."""
    parts = Counter(stack.pictures[0][0].series for stack in stacks if stack.part)
    if parts:
        text = f"{len(parts)} series in {called} hold pictures of several sizes, spacings, orientations, photometric "
        more = f"interpretations or phases; they were split, and count as {parts.total()} series"
        warnings.warn(HarnessWarning(f"{text}{more}."), stacklevel=3)
    owners = {(one.series, spelling(one.patient)) for one in (stack.pictures[0][0] for stack in stacks)}
    shared = sum(count > 1 for count in Counter(series for series, _ in owners).values())
    if shared:
        text = f"{shared} series in {called} hold pictures of several PatientIDs, as where an export gives everybody"
        warnings.warn(HarnessWarning(f"{text} the same UIDs or none; those of each are a series."), stacklevel=3)


def _volume(stack: Stack, pictures: Pictures, salt: Salt, by_study: bool) -> Volume:
    header, frame = stack.pictures[0]
    across, down = frame.orientation[:3], frame.orientation[3:]
    kind, whose = _whose(header, by_study)
    rows, columns = header.shape
    named = (header.series, *map(str, [*np.round(frame.orientation, 2), *header.shape]), *stack.part)
    return Volume(
        name=salt.name("series", *named),
        patient=salt.name("patient", kind, whose),
        handle=f"the series of {header.file.handle}",
        plane=lambda place: pictures.plane(*stack.pictures[place]),
        directions=np.array([np.cross(across, down), down, across]),
        places=(stack.heights, _sides(rows, frame.spacing[0]), _sides(columns, frame.spacing[1])),
        turned=header.turned,
        unnamed=kind == _FOLDER,
        notes=tuple(_notes(stack)),
    )


def _sides(count: int, spacing: float) -> NDArray[np.float64]:
    return np.arange(count, dtype=np.float64) * spacing


def _notes(stack: Stack) -> Iterator[str]:
    header, first = stack.pictures[0]
    along = stack.pictures[-1][1].position - first.position
    normal = np.cross(first.orientation[:3], first.orientation[3:])
    length = np.linalg.norm(along)
    if length and np.degrees(np.arccos(np.clip(along @ normal / length, -1, 1))) > _TILT_DEGREES:
        yield "have a tilted gantry: their slices lie shifted against each other, and were left as they are"
    if stack.repeated:
        yield "have several pictures at most of their places, which no phase tells apart; one of each place was taken"
    if header.turned:
        yield (
            "are MONOCHROME1 (the least number is white), so black and white were exchanged after the window; look "
            "at them with `python -m harness.data look`"
        )
    if header.units not in ("", "HU"):
        yield "give their numbers another unit than Hounsfield's (RescaleType), and were read as if it were that"


# What anonymisers write for everybody's PatientID, as `spelling` leaves it and without signs.
_ANYBODY = frozenset({
    "0", "x", "xx", "xxx", "xxxx", "anon", "anonym", "anonymous", "anonymized", "anonymised", "anonymizedpatient",
    "anonymisedpatient", "anonymouspatient", "deidentified", "deid", "removed", "redacted", "blank", "empty",
    "nobody", "noid", "nopatientid", "patient", "patientid", "pseudonym", "default", "undefined",
})  # fmt: skip
_ID, _STUDY, _REFERENCE, _FOLDER = "PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "folder"


def _whose(header: Header, by_study: bool) -> tuple[str, str]:
    """What tells the patient of a series from others, and its value; ids of one spelling are one patient's."""
    if not (by_study and header.study) and not (is_nobody(header.patient) or _is_anybody(header.patient)):
        return _ID, spelling(header.patient)
    if header.study:
        return _STUDY, header.study
    return (_REFERENCE, header.reference) if header.reference else (_FOLDER, header.file.folder)


def _is_anybody(patient: str) -> bool:
    return "".join(letter for letter in spelling(patient) if letter.isalnum()) in _ANYBODY


def _warn_of_patients(first: Sequence[Header], called: str, by_study: bool) -> None:
    """HarnessWarnings for series without a PatientID, for ids that differ in spelling, and where all have one id;
    first: of each series."""
    if by_study:
        text = f"Each study in {called} counts as a patient of its own (data.patient=study)"
        warnings.warn(HarnessWarning(f"{text}: one patient with several counts as several."), stacklevel=3)
        return
    people = {_whose(header, by_study) for header in first}
    studies = {header.study for header in first if header.study}
    if len(people) == 1 and len(studies) > 1:
        text = (
            f"All {len(first)} series in {called} have one PatientID, and {len(studies)} StudyInstanceUIDs, as where"
        )
        more = "an export gives everybody the same id; if no patient has two studies, give data.patient=study"
        warnings.warn(HarnessWarning(f"{text} {more}."), stacklevel=3)
    kinds = Counter(_whose(header, by_study)[0] for header in first)
    del kinds[_ID]
    if kinds:
        told = ", ".join(f"{count} by {kind}" for kind, count in kinds.items())
        text = f"{kinds.total()} of {len(first)} series in {called} have no PatientID"
        anybody = sum(_is_anybody(header.patient) for header in first)
        if anybody:
            text += f", or an anonymiser's word for everybody ({anybody})"
        more = "one patient may count as several. Ids that tell patients apart, such as pseudonyms, would help"
        warnings.warn(HarnessWarning(f"{text}; whose they are is told {told}: {more}."), stacklevel=3)
    alike = spelt_alike(header.patient for header in first if _whose(header, by_study)[0] == _ID)
    if alike:
        text = f"{groups_differ(len(alike), 'PatientIDs', called)} (case, spaces, leading zeros)"
        warnings.warn(HarnessWarning(f"{text}; those of a group count as one patient."), stacklevel=3)
