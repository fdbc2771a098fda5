"""What a user may say of the data, as typed dataclasses that Hydra composes: where the slices come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class PhantomData:
    """Procedural slices, no download.

    size: working size, pixels; per_patient: slices taken of each patient, None takes all. patients: how many; slices:
    adjacent ones of each; seed: of the phantoms.
    """

    name: str = "phantom"
    size: int = 64
    per_patient: int | None = None
    patients: int = 80
    slices: int = 2
    seed: int = 0


@dataclass
class FolderData:
    """A Hugging Face imagefolder.

    root: the folder, with or without metadata.csv. size: working size, pixels; per_patient: slices taken of each
    patient, None takes all.
    extra: a folder of the same kind with more real slices of the same source, of other patients, about whom nobody
    asks. window: [centre, width], or the name of one, for what has more than 8 bits; TIFFs of several pages are read
    with it, too.
    """

    name: str = "folder"
    root: str = MISSING
    size: int = 64
    per_patient: int | None = None
    extra: str | None = None
    window: Any = None


BY_ID, BY_STUDY = "id", "study"


@dataclass
class DicomData(FolderData):
    """CT series, whatever the files are called.

    slices: which axial ones of each series, `middle:K`, `every:MM` or `all`. patient: what tells one patient from
    another: `id`, the PatientID, or `study`, the StudyInstanceUID, where an export gave all the same PatientID.
    """

    name: str = "dicom"
    window: Any = "lung"
    slices: str = "middle:4"
    patient: str = BY_ID


@dataclass
class NiftiData(FolderData):
    """Volumes, .nii and .nii.gz.

    slices: which axial ones of each, `middle:K`, `every:MM` or `all`. patient: a regular expression whose group,
    found in a volume's name, is its patient; None takes each for one patient's.
    """

    name: str = "nifti"
    window: Any = "lung"
    slices: str = "middle:4"
    patient: str | None = None


@dataclass
class EditionFolder(FolderData):
    """A challenge's folder: released images and candidates; `name` is the edition.

    folders: role -> the name of its folder, where it is not the edition's; generator: whose release is attacked, the
    name of the folder that holds it, of an edition with several generators.
    extra: as of a folder; shadows that do not start from it learn from it, too. group: `inferred` takes slices that
    look alike for one patient's, `given` every slice for a patient of its own.
    """

    name: str = "imageclef2023"
    group: str = "inferred"
    folders: dict[str, str | None] = field(default_factory=dict)
    generator: str | None = None


@dataclass
class TableData:
    """Rows with an image each, read with the library `datasets`; the options of `hub` and `parquet`.

    image: the column of the slices; None looks for the one column of images. patient: the column of whose they are;
    None looks for `patient_id`. size: working size, pixels; per_patient: slices taken of each patient, None takes
    all. window: [centre, width], or the name of one, for what has more than 8 bits.
    """

    name: str = MISSING
    image: str | None = None
    patient: str | None = None
    size: int = 64
    per_patient: int | None = None
    window: Any = None


@dataclass
class HubData(TableData):
    """A data set of the Hugging Face Hub, or a folder that holds one.

    path: OWNER/NAME or a folder; split: which part; subset: which configuration, where there are several; revision:
    the commit, branch or tag of the repository.
    """

    name: str = "hub"
    path: str = MISSING
    split: str = "train"
    subset: str | None = None
    revision: str | None = None


@dataclass
class ParquetData(TableData):
    """Parquet files.

    files: one, a list of them, a folder of them, or a pattern such as `DIR/*.parquet`.
    """

    name: str = "parquet"
    files: Any = MISSING


AnyData = PhantomData | FolderData | HubData | ParquetData
SOURCES = tuple(one.name for one in (PhantomData, FolderData, DicomData, NiftiData, HubData, ParquetData))
MEDICAL = (DicomData.name, NiftiData.name)
