"""Where `data=dicom` and `data=nifti` come from: their files, what decides their slices, and how these are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data.options import BY_ID, BY_STUDY, DicomData, NiftiData
from harness.data.pseudonyms import Salt
from harness.data.sources.account import Account
from harness.data.sources.folder.by_content import FoundFile, files_of_kind
from harness.data.sources.pixels.window import window_of
from harness.data.sources.scans.dicom.headers import is_dicom
from harness.data.sources.scans.slice_choice import slice_choice
from harness.data.sources.scans.volume_slices import Taking
from harness.data.sources.slices import Slices

VolumeData = DicomData | NiftiData


class VolumeFolder:
    """The files of one folder of volumes as they are now; `read` makes slices of them."""

    def __init__(self, data: VolumeData, root: Path, called: str, salt: Salt) -> None:
        from harness.data.sources.scans.nifti import is_nifti

        self._data, self._salt = data, salt
        self._taking = Taking(slice_choice(data.slices), window_of(data.window), data.size)
        kind, is_one = ("DICOM files", is_dicom) if isinstance(data, DicomData) else ("NIfTI volumes", is_nifti)
        self._files: Sequence[FoundFile]
        self.account: Account
        self._files, self.account = files_of_kind(root, called, kind, is_one)

    @property
    def files(self) -> list[list[str]]:
        """What decides the slices: every file's sha256, and what of its name counts, of DICOM the folder alone."""
        dicom = isinstance(self._data, DicomData)
        return [[one.folder if dicom else one.name, one.digest] for one in self._files]

    def read(self) -> Slices:
        """The slices. Raises InputError as the readers do."""
        if isinstance(self._data, DicomData):
            from harness.data.sources.scans.dicom.read import read_dicom

            return read_dicom(self._files, self.account, self._taking, self._salt, self._data.patient == BY_STUDY)
        from harness.data.sources.scans.nifti import read_nifti

        return read_nifti(self._files, self.account, self._taking, self._salt, self._data.patient)


READING_SCANS = "2026-11-27"
"""As `harness.data.reading.READING`, of scanners' files alone. Since this one: series are told apart by patient, too;
phases of number 0; palettes of colours left out; NIfTI patients by spelling."""


def decided(data: VolumeData, salt: Salt) -> dict[str, Any]:
    """What options and the salt decide of the slices, JSON values; the salt by its mark alone."""
    window = window_of(data.window)
    facts = {"data": data.name, "size": data.size, "window": [window.centre, window.width], "slices": data.slices}
    told = {"patient": data.patient} if isinstance(data, NiftiData) or data.patient != BY_ID else {}
    return {**facts, "salt": salt.mark, "reading": READING_SCANS, **told}
