"""The pool: the real slices we hold, read once into a memory-mapped array, with what an edition gives."""

from __future__ import annotations

import csv
import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import sources
from harness.config import FolderData, PhantomData
from harness.errors import HarnessWarning, InputError
from harness.sources.slices import Slices
from harness.store import Store, content_key, digest_of, save_array

_SOURCES = Path(sources.__path__[0])  # part of the key: phantoms drawn or slices read by other code are others
GIVEN_SETS = ("dev", "test")


@dataclass(frozen=True)
class Given:
    """A release that an edition gives: its candidates' places in the pool, and members where published.

    candidates: intp [n]; member: bool [n], None for the test; n_images: released images.
    """

    candidates: NDArray[np.intp]
    member: NDArray[np.bool_] | None
    n_images: int


@dataclass(frozen=True)
class Pool:
    """Real slices with ids, patients and a sha256 each; `key` names it in the store.

    pixels: uint8 [n, size, size], memory-mapped; digests: sha256 of each slice's pixels, hex.
    given: an edition's dev and test releases, by name; empty where the harness makes the releases itself.
    """

    key: str
    pixels: NDArray[np.uint8]
    ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    digests: tuple[str, ...]
    taken: NDArray[np.intp]
    given: Mapping[str, Given]

    def __len__(self) -> int:
        return len(self.taken)


def load_pool(data: PhantomData | FolderData, store: Store) -> Pool:
    """Read the data once, keep it in the store, and take `per_patient` slices of each patient.

    Raises InputError for whatever is wrong with the folder; what was converted is warned of on every load.
    """
    key = content_key(stage="pool", code=digest_of(_SOURCES.glob("*.py")), **_identity(data))
    artefact = store.get("pool", key, lambda folder: _write(data, folder))
    for remark in artefact.facts["remarks"]:
        warnings.warn(HarnessWarning(remark), stacklevel=2)
    with (artefact.folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pool = Pool(
        key=key,
        pixels=np.load(artefact.folder / "pixels.npy", mmap_mode="r"),
        ids=tuple(row["id"] for row in rows),
        patient_ids=tuple(row["patient_id"] for row in rows),
        digests=tuple(row["sha256"] for row in rows),
        taken=np.arange(len(rows)),
        given=_given(rows, artefact.facts["released"]),
    )
    _warn_of_equal_slices(pool)
    if data.per_patient is None:
        return pool
    if pool.given:
        raise InputError(f"data.per_patient={data.per_patient}: an edition does not say whose slices are whose.")
    return replace(pool, taken=_per_patient(pool.patient_ids, data.per_patient))


def _warn_of_equal_slices(pool: Pool) -> None:
    """Equal pixels under two patients may stand on both sides, with contradictory labels."""
    owners: dict[str, set[str]] = {}
    for digest, patient in zip(pool.digests, pool.patient_ids, strict=True):
        owners.setdefault(digest, set()).add(patient)
    n_shared = sum(len(patients) > 1 for patients in owners.values())
    if n_shared:
        text = f"{n_shared} slices occur, equal to the pixel, under more than one patient"
        warnings.warn(HarnessWarning(f"{text}: they may be member and non-member at once."), stacklevel=3)


def _identity(data: PhantomData | FolderData) -> dict[str, Any]:
    """What decides the pool's content: options for phantoms, the files' bytes (never their path) for folders."""
    if isinstance(data, PhantomData):
        return {"phantom": [data.patients, data.slices, data.size, data.seed]}
    root = Path(data.root)
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f"data.root={data.root} {what}; give the folder that holds the images.")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append([str(path.relative_to(root)), hashlib.file_digest(file, "sha256").hexdigest()])
    return {"data": data.name, "size": data.size, "files": digests}


def _write(data: PhantomData | FolderData, folder: Path) -> Mapping[str, Any]:
    """Read every slice, write `pixels.npy`, `index.csv` and an edition's releases; facts: remarks, counts."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HarnessWarning)
        parts, releases = _read(data)
    remarks = [str(w.message) for w in caught if issubclass(w.category, HarnessWarning)]
    slices = Slices(
        np.concatenate([part.pixels for _, part in parts]),
        tuple(name for _, part in parts for name in part.ids),
        tuple(name for _, part in parts for name in part.patient_ids),
    )
    save_array(folder / "pixels.npy", slices.pixels)
    roles = [role for role, part in parts for _ in part.ids]
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "patient_id", "sha256", "role"])
        for name, patient, pixels, role in zip(slices.ids, slices.patient_ids, slices.pixels, roles, strict=True):
            writer.writerow([name, patient, hashlib.sha256(pixels.tobytes()).hexdigest(), role])
    for name, release in releases.items():
        save_array(folder / f"{name}.npy", release)
    return {"remarks": remarks, "released": {name: len(images) for name, images in releases.items()}}


def _read(data: PhantomData | FolderData) -> tuple[list[tuple[str, Slices]], dict[str, NDArray[np.uint8]]]:
    """The slices by role, and the releases an edition gives."""
    if isinstance(data, PhantomData):
        from harness.sources.phantom import phantom_slices

        return [("pool", phantom_slices(data.patients, data.slices, data.size, data.seed))], {}
    if data.name == "folder":
        from harness.sources.folder import read_folder

        return [("pool", read_folder(Path(data.root), data.size))], {}
    from benchmarks.editions import load_edition
    from harness.sources.edition import read_edition

    edition = read_edition(Path(data.root), load_edition(data.name), data.size)
    parts = [("test", edition.test_candidates)]
    releases = {"test": edition.test_generated.pixels}
    if edition.dev_generated is not None and edition.dev_used is not None and edition.dev_not_used is not None:
        parts += [("dev_used", edition.dev_used), ("dev_not_used", edition.dev_not_used)]
        releases["dev"] = edition.dev_generated.pixels
    return parts, releases


def _given(rows: list[dict[str, str]], released: Mapping[str, int]) -> dict[str, Given]:
    roles = np.array([row["role"] for row in rows])
    given = {}
    if "test" in released:
        given["test"] = Given(np.flatnonzero(roles == "test"), None, released["test"])
    if "dev" in released:
        places = np.flatnonzero((roles == "dev_used") | (roles == "dev_not_used"))
        given["dev"] = Given(places, roles[places] == "dev_used", released["dev"])
    return given


def _per_patient(patient_ids: tuple[str, ...], count: int) -> NDArray[np.intp]:
    """At most `count` slices of each patient, evenly spaced over his slices in the pool's order."""
    patients = np.asarray(patient_ids)
    taken = []
    for patient in dict.fromkeys(patient_ids):
        places = np.flatnonzero(patients == patient)
        if len(places) > count:
            centres = (np.arange(count) + 0.5) * len(places) / count
            places = places[centres.astype(np.intp)]
        taken.append(places)
    return np.sort(np.concatenate(taken))
