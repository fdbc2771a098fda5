"""The pool: the real slices we hold, read once into a memory-mapped array, with what an edition gives."""

from __future__ import annotations

import csv
import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data import groups, sources
from harness.data.groups import inferred_patients
from harness.data.options import EditionFolder, FolderData, PhantomData
from harness.data.sources.edition import find_leaves, read_leaf
from harness.data.sources.folder import list_images
from harness.data.sources.misplaced_submission import submission_at
from harness.data.sources.slices import Slices
from harness.editions.load import load_edition
from harness.errors import HarnessWarning, InputError
from harness.store import Store, content_key, digest_of, save_array

REAL_ROLES = ("test_candidates", "dev_used", "dev_not_used")
GIVEN_FILE = "images.npy"


@dataclass(frozen=True)
class Given:
    """A release that an edition gives: its candidates' places in the pool, and members where published.

    candidates: intp [n]; member: bool [n], None for the test; n_images: released images; key: of the release in
    the store, once `load_released` has read it from the folder.
    """

    candidates: NDArray[np.intp]
    member: NDArray[np.bool_] | None
    n_images: int
    key: str
    role: str
    folder: Path


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
    source = _source(data)
    key = content_key(stage="pool", code=_code(), **source.identity)
    artefact = store.get("pool", key, lambda folder: _write(source, folder))
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
        given=_given(rows, data, source),
    )
    _warn_of_equal_slices(pool)
    _warn_of_inferred_patients(pool, data)
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


def _warn_of_inferred_patients(pool: Pool, data: PhantomData | FolderData) -> None:
    """An edition says of no slice whose it is; what is then called a patient are slices that look alike."""
    if isinstance(data, EditionFolder) and data.group == "inferred":
        groups = len(set(pool.patient_ids))
        text = (
            f"Nobody says whose slices are whose: {len(pool)} slices fall into {groups} groups that look alike, and "
            "each counts as a patient. A patient's slices that lie far apart are not linked: intervals may be too "
            "narrow."
        )
        warnings.warn(HarnessWarning(text), stacklevel=3)


def load_released(pool: Pool, store: Store) -> None:
    """Read the releases that an edition gives into the store; they are large, and a dry run does without them."""
    for one in pool.given.values():

        def make(folder: Path, one: Given = one) -> Mapping[str, Any]:
            with _kept_remarks() as remarks:
                slices = read_leaf(one.role, one.folder, pool.pixels.shape[1])
            save_array(folder / GIVEN_FILE, slices.pixels)
            return {"remarks": remarks}

        for remark in store.get("given", one.key, make).facts["remarks"]:
            warnings.warn(HarnessWarning(remark), stacklevel=2)


class _Source(NamedTuple):
    """Where the slices are and what decides them; identity: JSON values, never a path."""

    identity: dict[str, Any]
    read: Callable[[], list[tuple[str, Slices]]]
    leaves: Mapping[str, Path]


def _source(data: PhantomData | FolderData) -> _Source:
    """Options decide phantoms, the files' bytes folders."""
    if isinstance(data, PhantomData):

        def draw() -> list[tuple[str, Slices]]:
            from harness.data.sources.phantom import phantom_slices

            return [("pool", phantom_slices(data.patients, data.slices, data.size, data.seed))]

        return _Source({"phantom": [data.patients, data.slices, data.size, data.seed]}, draw, {})
    if isinstance(data, EditionFolder):
        return _edition_source(data)

    def read() -> list[tuple[str, Slices]]:
        return [("pool", _read_folder(Path(data.root), data.size))]

    identity = {"data": data.name, "size": data.size, "files": _digests("data.root", Path(data.root))}
    return _Source(identity, read, {})


def _edition_source(data: EditionFolder) -> _Source:
    """The real slices of an edition, and of an extra pool; what it releases is read by `load_released`."""
    edition = load_edition(data.name)
    leaves = find_leaves(Path(data.root), edition, data.folders, data.generator)
    real = {role: leaves[role] for role in REAL_ROLES if role in leaves}
    identity = {
        "data": data.name,
        "size": data.size,
        "group": data.group,
        "files": {role: _digests(role, folder) for role, folder in real.items()},
        "extra": _digests("data.extra", Path(data.extra)) if data.extra else None,
    }

    def read() -> list[tuple[str, Slices]]:
        parts = [(role, read_leaf(role, folder, data.size)) for role, folder in real.items()]
        known: list[str | None] = [None for _, part in parts for _ in part.ids]
        if data.extra:
            extra = _read_folder(Path(data.extra), data.size)
            ids = tuple(f"extra/{name}" for name in extra.ids)
            parts.append(("extra", replace(extra, ids=ids)))
            known += [f"extra/{patient}" for patient in extra.patient_ids]
        if data.group == "given":
            return parts
        patients = iter(inferred_patients(np.concatenate([part.pixels for _, part in parts]), known))
        return [(role, replace(part, patient_ids=tuple(next(patients) for _ in part.ids))) for role, part in parts]

    return _Source(identity, read, leaves)


def _read_folder(root: Path, size: int) -> Slices:
    from harness.data.sources.folder import read_folder

    return read_folder(root, size)


def _digests(what: str, root: Path) -> list[list[str]]:
    """Name below `root` and sha256 of every file there."""
    if not root.is_dir():
        state = "is a file" if root.exists() else "does not exist"
        mistaken = submission_at(root)
        raise InputError(f"{what}={root} {state}; give the folder that holds the images. {mistaken}".rstrip())
    digests = []
    for path in sorted((path for path in root.rglob("*") if path.is_file()), key=lambda path: path.parts):
        with path.open("rb") as file:
            digests.append([str(path.relative_to(root)), hashlib.file_digest(file, "sha256").hexdigest()])
    return digests


@contextmanager
def _kept_remarks() -> Iterator[list[str]]:
    """Collects what is warned of, to be said again on every load from the store."""
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HarnessWarning)
        yield remarks
    remarks += [str(w.message) for w in caught if issubclass(w.category, HarnessWarning)]


def _write(source: _Source, folder: Path) -> Mapping[str, Any]:
    """Read every slice, write `pixels.npy` and `index.csv`; facts: remarks."""
    with _kept_remarks() as remarks:
        parts = source.read()
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
    return {"remarks": remarks}


def _given(rows: list[dict[str, str]], data: PhantomData | FolderData, source: _Source) -> dict[str, Given]:
    """Candidates and labels by the roles in the index, and each release's key by the bytes of its files."""
    if not isinstance(data, EditionFolder):
        return {}
    roles = np.array([row["role"] for row in rows])
    given = {}
    for name, candidates in (("test", ["test_candidates"]), ("dev", ["dev_used", "dev_not_used"])):
        role = f"{name}_generated"
        if role not in source.leaves:
            continue
        places = np.flatnonzero(np.isin(roles, candidates))
        key = content_key(stage="given", code=_code(), size=data.size, files=_digests(role, source.leaves[role]))
        given[name] = Given(
            candidates=places,
            member=None if name == "test" else roles[places] == "dev_used",
            n_images=len(list_images(source.leaves[role])),
            key=key,
            role=role,
            folder=source.leaves[role],
        )
    return given


def _code() -> str:
    """What reads the slices is part of the key: phantoms drawn or slices read by other code are others."""
    return digest_of([*Path(sources.__path__[0]).glob("*.py"), Path(groups.__file__)])


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
