"""Parsers of NIfTI volumes and DICOM files: headers, and the slices behind them."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzzed.parser import Made, Parser, written
from harness.data.options import DicomData, NiftiData
from harness.data.pseudonyms import Salt
from harness.data.volume_source import VolumeFolder

_SALT = Salt(b"x" * 32)
_SIDE = 16


def _volume(data: bytes, folder: Path, of: Any, name: str) -> object:
    written(data, folder / name)
    told = of(root=str(folder), size=_SIDE, slices="middle:1")
    return VolumeFolder(told, folder, "data.root", _SALT).read()


def _nifti(data: bytes, folder: Path) -> object:
    return _volume(data, folder, NiftiData, "x.nii")


def _dicom(data: bytes, folder: Path) -> object:
    return _volume(data, folder, DicomData, "x.dcm")


def _of_nifti(_made: Made) -> list[bytes]:
    import nibabel

    values = np.linspace(-1000, 300, 16 * 16 * 2).reshape(16, 16, 2).astype(np.int16)
    found = [
        kind(values, np.diag([1.0, 1.0, 2.0, 1.0])).to_bytes() for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image)
    ]
    return [*found, gzip.compress(found[0])]


def _of_dicom(_made: Made) -> list[bytes]:
    from pydicom import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    found = []
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        meta: Any = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, syntax
        meta.MediaStorageSOPInstanceUID = "1.2.3.4"
        one = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        told = {
            "SOPClassUID": CTImageStorage, "SOPInstanceUID": "1.2.3.4", "SeriesInstanceUID": "1.2.3",
            "StudyInstanceUID": "1.2", "PatientID": "A1", "Modality": "CT", "SamplesPerPixel": 1,
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 1, "Rows": 16, "Columns": 16,
            "RescaleSlope": 1, "RescaleIntercept": 0, "ImagePositionPatient": [0, 0, 0],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [1, 1],
            "PixelData": np.arange(-128, 128, dtype=np.int16).tobytes(),
        }  # fmt: skip
        for name, value in told.items():
            setattr(one, name, value)
        one["PixelData"].VR = "OW"
        file = BytesIO()
        one.save_as(file, enforce_file_format=True)
        found.append(file.getvalue())
    return found


PARSERS = (
    Parser("NIfTI", _nifti, _of_nifti),
    Parser("DICOM", _dicom, _of_dicom),
)
