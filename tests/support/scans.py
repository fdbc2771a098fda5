"""Small CT series and volumes as scanners write them, with each library's own writer, of nobody at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
LUNG_SLOPE, LUNG_FLOOR = 1500 / 255, -1350  # stored greys, as Hounsfield units that the lung window turns back


def chest(slices: int = 6, side: int = 16, seed: int = 0) -> NDArray[np.int16]:
    """Hounsfield units from the feet up, [slices, side, side], no two of one sort: rows to the back, columns left."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(-1300, 100, slices * side * side).reshape(slices, side, side)
    return (ramp + rng.integers(0, 40, ramp.shape)).astype(np.int16)


def header(uids: str = "1.2.826.0.1.3680043.8.498.1", **changed: Any) -> FileDataset:
    """A CT slice without pixels; changed: other elements, None to leave one out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    one = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    usual: Mapping[str, Any] = {
        "SOPClassUID": CTImageStorage, "SOPInstanceUID": generate_uid(), "SeriesInstanceUID": uids,
        "StudyInstanceUID": f"{uids}.1", "FrameOfReferenceUID": f"{uids}.2", "PatientID": "A1", "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 1, "RescaleSlope": 1,
        "RescaleIntercept": 0, "ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [1, 1],
    }  # fmt: skip
    for name, value in {**usual, **changed}.items():
        if value is not None:
            setattr(one, name, value)
    meta.MediaStorageSOPClassUID = one.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = one.get("SOPInstanceUID", generate_uid())
    return one


def write(one: Dataset, path: Path, pixels: NDArray[Any] | None = None) -> Path:
    """Write a slice with its pixels, uncompressed."""
    if pixels is not None:
        one.Rows, one.Columns = pixels.shape[-2:]
        one.PixelData = np.ascontiguousarray(pixels).tobytes()
        one["PixelData"].VR = "OW"
    path.parent.mkdir(parents=True, exist_ok=True)
    one.save_as(path, enforce_file_format=True)
    return path


def write_series(folder: Path, volume: NDArray[Any], orientation: tuple[int, ...] = AXIAL, **changed: Any) -> None:
    """A volume [head to feet's opposite: z, back, left] in mm as a series of that orientation; names in no order."""
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(across, down)
    for place in range(volume.shape[_axis(normal)]):
        corner, picture = _plane(volume, across, down, normal, place)
        one = header(
            ImagePositionPatient=list(map(float, corner)), ImageOrientationPatient=list(orientation), **changed
        )
        write(one, folder / f"{(place * 7919) % 10007}", picture)


def write_nifti(path: Path, volume: NDArray[Any], slope: float | None = None, floor: float = 0.0) -> Path:
    """The same volume as NIfTI, its x to the patient's left, y to his back, as converters of DICOM write it."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    image = nibabel.Nifti1Image(np.transpose(volume, (2, 1, 0)), affine)
    if slope is not None:
        image.header.set_slope_inter(slope, floor)
        image.header["scl_slope"], image.header["scl_inter"] = slope, floor
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def _axis(direction: NDArray[Any]) -> int:
    """The axis of [z, back, left] along a direction of the patient's [left, back, up]."""
    return 2 - int(np.abs(direction).argmax())


def _plane(
    volume: NDArray[Any], across: NDArray[Any], down: NDArray[Any], normal: NDArray[Any], place: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The corner, in the patient's axes, and the picture of one plane."""
    picture = np.take(volume, place, axis=_axis(normal))
    kept = [axis for axis in range(3) if axis != _axis(normal)]
    if kept != [_axis(down), _axis(across)]:
        picture = picture.T
    corner = np.zeros(3)
    corner[np.abs(normal).argmax()] = place
    for axis, direction in enumerate((down, across)):
        if direction.sum() < 0:
            corner[np.abs(direction).argmax()] = volume.shape[_axis(direction)] - 1
            picture = np.flip(picture, axis)
    return corner, picture
