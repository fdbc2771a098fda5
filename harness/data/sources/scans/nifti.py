"""`data=nifti`: volumes with an affine, `.nii` and `.nii.gz`, one patient each or as a pattern tells."""

from __future__ import annotations

import gzip
import struct
import warnings
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from harness.data.pseudonyms import Salt
from harness.data.sources.account import Account
from harness.data.sources.folder.by_content import FoundFile
from harness.data.sources.patients import spelling, warn_of_alike
from harness.data.sources.pixels.opened import MOST_PIXELS
from harness.data.sources.scans.named_patient import pattern_of
from harness.data.sources.scans.unheard import library, unheard
from harness.data.sources.scans.volume_slices import Taking, slices_of
from harness.data.sources.scans.volumes import MOST_VOXELS, Volume
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError

if TYPE_CHECKING:
    from harness.data.sources.scans.volumes import Plane

_NAMED, _ALONE = "named", "volume"
_ENDINGS = (".nii", ".nii.gz")
_GZIP = b"\x1f\x8b"
_HEADER_BYTES = 540
# sizeof_hdr -> where the mark of a single file stands, the mark, and where pixels begin, as struct has it.
_VERSIONS = {348: (344, b"n+1\0", 108, "f"), 540: (4, b"n+2\0", 168, "q")}
_MOST_OFFSET = 2**24  # where pixels begin: extensions before them are read along, and a few KiB in practice
_FLAT = 0.1  # the determinant of unit vectors: of three in one plane it is 0
_AIR = -200.0  # HU: a CT that has nothing below it shows neither air nor lung
_TO_MM = {1: 1e3, 2: 1.0, 3: 1e-3}  # m, mm, micrometre (nifti1.h, xyzt_units)


def is_nifti(path: Path) -> bool:
    """Whether a file is a NIfTI volume by its ending, or else by its first bytes, packed by gzip or not.

    Raises OSError for one that cannot be read.
    """
    if path.name.lower().endswith(_ENDINGS):
        return True
    try:
        with _unpacked(path) as file:
            return _size_and_order(file.read(_HEADER_BYTES)) is not None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False


def read_nifti(
    files: Sequence[FoundFile], account: Account, taking: Taking, salt: Salt, patient: str | None
) -> Slices:
    """The axial slices of all volumes, in the window, their numbers taken for Hounsfield units.

    patient: a pattern whose first group, found in a file's name below the root, is the patient; None counts every
    volume as a patient of its own. Raises InputError for a volume that is damaged, too large, of several pictures in
    one or of colours, and for files in which the pattern finds nothing.
    """
    library("nibabel", "nifti")
    people = _people(files, account.called, patient)
    volumes = (
        _volume(file, whose, account.called, salt, taking.window.preset)
        for file, whose in zip(files, people, strict=True)
    )
    if patient is None:
        text = f"Each of {len(files)} volumes in {account.called} counts as a patient of its own"
        more = "where one patient has several, give data.patient=PATTERN, whose group is found in their names"
        warnings.warn(HarnessWarning(f"{text}; {more}."), stacklevel=2)
    return slices_of(volumes, taking, account, "volumes")


def _people(files: Sequence[FoundFile], called: str, patient: str | None) -> list[tuple[str, str]]:
    """How each file's patient is told, and which it is."""
    if patient is None:
        return [(_ALONE, file.name) for file in files]
    found = [pattern_of(patient).search(file.name) for file in files]
    named = [(_NAMED, one[1]) for one in found if one is not None and one[1]]
    if len(named) < len(files):
        raise InputError(
            f"data.patient={patient} finds nobody in {len(files) - len(named)} of {len(files)} names of files in "
            f"{called}; names are paths below that folder, with / between their parts."
        )
    warn_of_alike((name for _, name in named), called, "Those of a group count as one patient.", named=False)
    return [(how, spelling(name)) for how, name in named]


class _Stored(NamedTuple):
    """values: as stored, [i, j, k]; affine: voxel -> mm to the right, front and head."""

    values: NDArray[Any]
    affine: NDArray[np.float64]
    slope: float
    intercept: float
    placed: bool
    lowest: float


def _volume(file: FoundFile, whose: tuple[str, str], called: str, salt: Salt, preset: str) -> Volume:
    where = f"{called}: {file.handle}"
    try:
        with unheard():
            stored = _read(file.path, where)
    except InputError as error:
        raise error if str(error).startswith(where) else InputError(f"{where} cannot be read.") from None
    except Exception as error:  # whatever a damaged header raises may hold what stands in it
        raise InputError(f"{where} is a damaged NIfTI volume ({type(error).__name__}); copy it again.") from None
    spacing = np.linalg.norm(stored.affine, axis=0)
    directions = (stored.affine / np.where(spacing > 0, spacing, 1)).T * [-1.0, -1.0, 1.0]  # DICOM's x, y run back
    if not np.isfinite(directions).all() or abs(np.linalg.det(directions)) < _FLAT:
        raise InputError(f"{where} has an affine that gives its voxels no size; correct it.")
    sides = [np.arange(count) * step for count, step in zip(stored.values.shape, spacing, strict=True)]

    def plane(place: int) -> Plane:
        return np.asarray(stored.values[:, :, place].T * np.float64(stored.slope) + stored.intercept, np.float32)

    notes = []
    if not stored.placed:
        notes.append("say nothing of how they lie (no qform, no sform): their axes were taken as usual")
    if preset and stored.lowest > _AIR:
        notes.append(f"hold nothing below {_AIR:g}: they are masks, or no CT in Hounsfield units")
    return Volume(
        name=salt.name("volume", file.name),
        patient=salt.name("patient", *whose),
        handle=file.handle,
        plane=plane,
        directions=directions[::-1],  # planes are those of the last axis, as the file holds them together
        places=(sides[2], sides[1], sides[0]),
        unnamed=whose[0] != _NAMED,
        notes=tuple(notes),
    )


def _read(path: Path, where: str) -> _Stored:
    import nibabel

    with _unpacked(path) as file:
        head = file.read(_HEADER_BYTES)
        found = _size_and_order(head)
        if found is None:
            raise InputError(f"{where} is no NIfTI volume of one file, or a damaged one; copy it again or remove it.")
        size, order = found
        _, _, place, kind = _VERSIONS[size]
        (offset,) = struct.unpack_from(f"{order}{kind}", head, place)
        if not 0 <= offset <= _MOST_OFFSET:
            raise InputError(f"{where} has its voxels {offset:g} bytes from its start, more than {_MOST_OFFSET}.")
        file.seek(0)
        image: Any = (nibabel.Nifti1Image if size == 348 else nibabel.Nifti2Image).from_stream(file)
        _check(image.shape, image.get_data_dtype(), where)
        proxy, header = image.dataobj, image.header
        values = np.asarray(proxy.get_unscaled()).reshape((*image.shape, 1, 1)[:3])
        unit = _TO_MM.get(int(header["xyzt_units"]) & 7, 1.0)
        lowest = float(np.fmin.reduce(values, axis=None)) * proxy.slope + proxy.inter if proxy.slope > 0 else -np.inf
        placed = bool(header["qform_code"] or header["sform_code"])
        return _Stored(values, image.affine[:3, :3] * unit, float(proxy.slope), float(proxy.inter), placed, lowest)


def _check(shape: tuple[int, ...], kind: np.dtype[Any], where: str) -> None:
    if prod(shape[3:]) != 1:
        raise InputError(f"{where} holds {prod(shape[3:])} volumes in one (4-D); give one volume a file.")
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise InputError(f"{where} holds {kind}, which is no grey; store integers or floats of at most 64 bits.")
    if not shape or min(shape) < 1 or prod(shape) > MOST_VOXELS or max(shape[:3]) ** 2 > MOST_PIXELS:
        raise InputError(
            f"{where} has {' x '.join(map(str, shape))} voxels; 1 to {MOST_VOXELS} are read, in pictures of at most "
            f"{MOST_PIXELS} pixels."
        )


def _unpacked(path: Path) -> IO[bytes]:
    """The bytes of a volume, unpacked while they are read."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def _size_and_order(head: bytes) -> tuple[int, str] | None:
    """sizeof_hdr and the order of bytes of a single-file NIfTI header; None for anything else."""
    for order in "<>":
        size = struct.unpack_from(f"{order}i", head)[0] if len(head) >= 4 else 0
        if size in _VERSIONS and head[_VERSIONS[size][0] :].startswith(_VERSIONS[size][1]):
            return size, order
    return None
