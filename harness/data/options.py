"""What a user may say of the data, as typed dataclasses that Hydra composes: where the slices come from."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    extra: an imagefolder of more real slices of the same source, of other patients, about whom nobody asks.
    """

    name: str = "folder"
    root: str = MISSING
    size: int = 64
    per_patient: int | None = None
    extra: str | None = None


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
