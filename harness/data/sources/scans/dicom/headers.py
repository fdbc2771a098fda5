"""What a DICOM file says of its pictures, and no more of it than that: names, dates and texts are never loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.folder.by_content import FoundFile
from harness.data.sources.pixels.opened import MOST_PIXELS
from harness.data.sources.scans.dicom.opened import damaged, opened_dataset
from harness.errors import InputError

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_FRAMES = 2**14
_CT = "1.2.840.10008.5.1.4.1.1.2"
_CLASSES = frozenset({_CT, f"{_CT}.1", f"{_CT}.2"})  # CT, enhanced CT, legacy converted enhanced CT
_SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
_DIRECTORY = "1.2.840.10008.1.3.10"
# What tells pictures of several phases or acquisitions at one place from each other, the surest first.
PHASES = (
    "TemporalPositionIdentifier", "TemporalPositionIndex", "NominalPercentageOfCardiacPhase", "AcquisitionNumber",
    "FrameAcquisitionNumber", "TriggerTime", "AcquisitionTime", "ContentTime",
)  # fmt: skip
_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "PatientID",
    "Modality", "ImageType", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation",
    "RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "ImagePositionPatient",
    "ImageOrientationPatient", "PixelSpacing", *PHASES, "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
# What a file without the mark begins with, of the groups 0008 and 0002, and how long that may be.
_FIRST_ELEMENTS, _LONGEST_FIRST = frozenset({0x0, 0x1, 0x5, 0x8, 0x12, 0x13, 0x14, 0x16, 0x18}), 128
_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT".split())


class Frame(NamedTuple):
    """One picture of a file: its place in it, and what its numbers and its corner mean.

    orientation, position, spacing: ImageOrientationPatient, ImagePositionPatient, mm, PixelSpacing, mm. phases: what
    stands in each of PHASES, "" for nothing.
    """

    number: int
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing: tuple[float, float]
    slope: float
    intercept: float
    phases: tuple[str, ...]


class Header(NamedTuple):
    """A file with pictures that are taken. patient: its id; study, reference: what may stand in for it."""

    file: FoundFile
    instance: str
    series: str
    patient: str
    study: str
    reference: str
    shape: tuple[int, int]
    turned: bool
    units: str
    frames: tuple[Frame, ...]


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM by its first bytes, with the mark of part 10 or, as older ones are, without it.

    Raises OSError for one that cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(132)
    if head[128:] == b"DICM":
        return True
    for mark, order in ((b"\x08\0", "little"), (b"\x02\0", "little"), (b"\0\x08", "big")):
        if head.startswith(mark):
            element, length = (int.from_bytes(part, order) for part in (head[2:4], head[4:8]))  # type: ignore[arg-type]
            return element in _FIRST_ELEMENTS and (head[4:6] in _VRS or length < _LONGEST_FIRST)
    return False


def read_header(file: FoundFile, called: str) -> Header | str:
    """The header of a file, or why it is left out, as it completes "3 that ...". Inside of `unheard`.

    Raises InputError, naming the file by its digest alone, for one that is damaged or does not say where its
    pictures lie or what their numbers mean.
    """
    where = f"{called}: {file.handle}"
    dataset = opened_dataset(file.path, where, _TAGS, pixels=False)
    try:
        return _left_out(dataset, where) or _header(dataset, file, where)
    except InputError:
        raise
    except Exception as error:  # whatever a damaged header raises holds what stands in it
        raise damaged(where, error) from None


def _left_out(dataset: Dataset, where: str) -> str:
    """Why a file has no picture that is asked for; empty where it has."""
    sop = str(dataset.file_meta.get("MediaStorageSOPClassUID", "") or dataset.get("SOPClassUID", ""))
    kind = [str(part).strip().upper() for part in _several(dataset.get("ImageType"))]
    if not sop and "Modality" not in dataset:
        raise InputError(f"{where} is damaged: it ends before it says what it holds; copy it again or remove it.")
    reasons = {
        "that are directories (DICOMDIR)": sop == _DIRECTORY,
        "that are secondary captures": sop == _SECONDARY or sop.startswith(f"{_SECONDARY}."),
        "that are no CT": sop not in _CLASSES if sop else dataset.get("Modality") != "CT",
        "that are localisers": "LOCALIZER" in kind,
        "that are derived from other images": kind[:1] == ["DERIVED"] or kind[1:2] == ["SECONDARY"],
        "that are in colours": int(dataset.get("SamplesPerPixel") or 1) != 1
        or _text(dataset, "PhotometricInterpretation") == "PALETTE COLOR",
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _header(dataset: Dataset, file: FoundFile, where: str) -> Header:
    if "Rows" not in dataset or "Columns" not in dataset:
        raise InputError(f"{where} is CT and has no picture; copy it again or remove it.")
    shape = (int(dataset.Rows), int(dataset.Columns))
    count = int(dataset.get("NumberOfFrames") or 1)
    if min(shape) < 1 or max(shape) ** 2 > MOST_PIXELS:
        raise InputError(f"{where} has pictures of {shape[1]}x{shape[0]} pixels; at most {MOST_PIXELS} are read.")
    if not 1 <= count <= MOST_FRAMES:
        raise InputError(f"{where} has {count} frames; 1 to {MOST_FRAMES} are read.")
    if dataset.get("ModalityLUTSequence"):
        raise InputError(f"{where} gives its Hounsfield units by a table (Modality LUT), which is not read.")
    return Header(
        file,
        instance=_text(dataset, "SOPInstanceUID") or file.digest,
        series=_text(dataset, "SeriesInstanceUID") or _text(dataset, "StudyInstanceUID") or file.folder,
        patient=_text(dataset, "PatientID"),
        study=_text(dataset, "StudyInstanceUID"),
        reference=_text(dataset, "FrameOfReferenceUID"),
        shape=shape,
        turned=_text(dataset, "PhotometricInterpretation") == "MONOCHROME1",
        units=_text(dataset, "RescaleType"),
        frames=tuple(_frames(dataset, count, where)),
    )


class _Said(NamedTuple):
    """What a file says of one frame: in its own functional groups, in those of all frames, or in its header."""

    groups: Sequence[Dataset]
    dataset: Dataset
    where: str

    def numbers(self, sequence: str, name: str, count: int) -> NDArray[np.float64]:
        """The numbers of that name, float64 [count]; sequence: the group that they stand in."""
        items = [item for group in self.groups for item in (group.get(sequence) or [])[:1]]
        found = [item.get(name) for item in (*items, self.dataset)]
        value = next((one for one in found if one is not None and one != ""), None)
        if value is None:
            raise InputError(
                f"{self.where} has no {name}, without which nobody knows what its numbers are or where they lie."
            )
        numbers = np.array([float(one) for one in _several(value)], dtype=np.float64)
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise InputError(f"{self.where} has a {name} that is not {count} numbers.")
        return numbers

    def phase(self, name: str) -> str:
        """What stands there as text; "" for nothing, and for what cannot be read, as nothing hangs on it alone."""
        items = [item for group in self.groups for item in (group.get("FrameContentSequence") or [])[:1]]
        try:
            return next((text for one in (*items, self.dataset) if (text := _text(one, name))), "")
        except Exception:  # whatever a damaged element raises
            return ""


def _frames(dataset: Dataset, count: int, where: str) -> Iterator[Frame]:
    """Of a plain image its own header; of a multi-frame one what its functional groups say of each frame."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    if count > 1 and len(own) != count:
        raise InputError(f"{where} has {count} frames and says of {len(own)} where they lie.")
    for number in range(count):
        said = _Said([*own[number : number + 1], *shared[:1]], dataset, where)
        orientation = said.numbers("PlaneOrientationSequence", "ImageOrientationPatient", 6)
        _check_axes(orientation, where)
        high, wide = said.numbers("PixelMeasuresSequence", "PixelSpacing", 2)
        if min(high, wide) <= 0:
            raise InputError(f"{where} has a PixelSpacing that is not above 0.")
        values = "PixelValueTransformationSequence"
        yield Frame(
            number,
            position=said.numbers("PlanePositionSequence", "ImagePositionPatient", 3),
            orientation=orientation,
            spacing=(float(high), float(wide)),
            slope=float(said.numbers(values, "RescaleSlope", 1)[0]),
            intercept=float(said.numbers(values, "RescaleIntercept", 1)[0]),
            phases=tuple(map(said.phase, PHASES)),
        )


def _check_axes(orientation: NDArray[np.float64], where: str) -> None:
    across, down = orientation[:3], orientation[3:]
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if any(abs(length - 1) > 0.01 for length in lengths) or abs(float(across @ down)) > 0.01:
        raise InputError(f"{where} has an ImageOrientationPatient that is no two unit vectors at right angles.")


def _several(value: Any) -> list[Any]:
    """The values of an element, one or several."""
    if value is None:
        return []
    return [value] if isinstance(value, str | int | float) else list(value)


def _text(dataset: Dataset, name: str) -> str:
    """What stands there; a number 0 is something."""
    value = dataset.get(name)
    return "" if value is None or value in ("", []) else str(value).strip()
