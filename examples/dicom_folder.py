"""Writes phantoms as a hospital exports CT: a DICOM series a patient, and localisers between them. Of nobody at all.

python examples/dicom_folder.py ct
python -m harness.run data=dicom data.root=ct data.slices=middle:2 attack=knn
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from harness.data.sources.phantom import phantom_slices

PATIENTS, SLICES, SIZE = 80, 6, 64
APART_MM, PIXEL_MM = 3.0, 5.0
HU_A_GREY, HU_OF_BLACK = 1500 / 255, -1350  # phantoms are drawn in the lung window
ROOT_UID = "1.2.826.0.1.3680043.8.498"  # pydicom's own


def write(root: Path) -> None:
    """480 axial slices, and a localiser of every tenth patient."""
    pixels = phantom_slices(PATIENTS, SLICES, SIZE, seed=0).pixels.reshape(PATIENTS, SLICES, SIZE, SIZE)
    for patient, volume in enumerate(pixels):
        hounsfield = np.rint(volume * HU_A_GREY + HU_OF_BLACK).astype(np.int16)
        for place, picture in enumerate(hounsfield):
            _save(root, patient, place, picture, "AXIAL")
        if patient % 10 == 0:
            _save(root, patient, SLICES, hounsfield.max(axis=0), "LOCALIZER")


def _save(root: Path, patient: int, place: int, picture: NDArray[np.int16], what: str) -> None:
    """One file, under a name that says nothing."""
    study = f"{ROOT_UID}.{patient + 1}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = f"{study}.1.{place + 1}"
    one = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    one.SOPClassUID, one.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    one.PatientID, one.Modality, one.ImageType = f"PHANTOM{patient:03d}", "CT", ["ORIGINAL", "PRIMARY", what]
    one.StudyInstanceUID, one.FrameOfReferenceUID = study, f"{study}.2"
    one.SeriesInstanceUID = f"{study}.{3 if what == 'AXIAL' else 4}"
    one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, place * APART_MM], [1, 0, 0, 0, 1, 0]
    one.PixelSpacing, one.RescaleSlope, one.RescaleIntercept = [PIXEL_MM, PIXEL_MM], 1, 0
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
    one.Rows, one.Columns = picture.shape
    one.PixelData = picture.tobytes()
    folder = root / f"{patient // 10:02d}"
    folder.mkdir(parents=True, exist_ok=True)
    one.save_as(folder / f"{(patient * 31 + place * 7919) % 10007:05d}", enforce_file_format=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
        sys.exit("Give the name of a folder that is not there yet.")
    write(Path(sys.argv[1]))
