"""The pool: the real slices we hold, read once into a memory-mapped array, with what an edition gives."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.degenerate import digests
from harness.data.edition_release import EditionRelease, read_release, releases_of
from harness.data.numbered import numbered
from harness.data.options import AnyData, EditionFolder
from harness.data.reading import EXTRA_ROLE, READING, Source, kept_remarks, source_of
from harness.data.sources.account import Account
from harness.data.sources.folder.listing import UNNAMED
from harness.data.sources.patients import one_spelling
from harness.data.sources.pixels.remarks import AsStored, heard
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError
from harness.store import Store, content_key
from harness.writing import save_array


@dataclass(frozen=True)
class Pool:
    """Real slices with ids, patients and a sha256 each; `key` names it in the store.

    pixels: uint8 [n, size, size], memory-mapped; digests: sha256 of each slice's pixels, hex.
    taken: places of the slices that take part. extra: those of slices about whom nobody asks, where a base alone
    learns them.
    given: an edition's dev and test releases, by name; empty where the harness makes the releases itself.
    accounts: of each folder how many images it gave and what was left out, JSON values.
    as_stored: what the images were like before they were converted, JSON values (`_as_stored`).
    salted: whether ids of patients are hashed with the store's salt, so that another store has others.
    """

    key: str
    pixels: NDArray[np.uint8]
    ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    digests: tuple[str, ...]
    taken: NDArray[np.intp]
    given: Mapping[str, EditionRelease]
    accounts: tuple[Mapping[str, Any], ...] = ()
    extra: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    as_stored: Mapping[str, Any] = field(default_factory=dict)
    salted: bool = False

    def __len__(self) -> int:
        return len(self.taken)

    @cached_property
    def people(self) -> tuple[str, ...]:
        """The patient of each slice under a name whose place in the alphabet no salt decides: for whatever deals or
        draws patients by their names' order, so that equal slices of two stores are dealt alike."""
        if not self.salted:
            return self.patient_ids
        place = {patient: place for place, patient in enumerate(dict.fromkeys(self.patient_ids))}
        return tuple(f"{place[patient]:08d}" for patient in self.patient_ids)

    @cached_property
    def patient(self) -> NDArray[np.intp]:
        """The patient of each slice as a number, intp [n]: the same person has the same in every target."""
        return numbered(self.people)


def load_pool(data: AnyData, store: Store, extra_apart: bool = False) -> Pool:
    """Read the data once, keep it in the store, and take `per_patient` slices of each patient.

    extra_apart: whether extra slices are for a base alone, or for the shadows as all others.
    Raises InputError for whatever is wrong with the folder; what was converted is warned of on every load.
    """
    source = source_of(data, store)
    key = _key(source)
    artefact = store.get("pool", key, lambda folder: _write(source, folder))
    for account in source.accounts.values():
        account.warn()
    for remark in artefact.facts["remarks"]:
        warnings.warn(HarnessWarning(remark), stacklevel=2)
    with (artefact.folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    roles = [row["role"] for row in rows]
    given = releases_of(roles, source.leaves, data.size)
    apart = np.array([extra_apart and role == EXTRA_ROLE for role in roles], dtype=np.bool_)
    pool = Pool(
        key=key,
        pixels=np.load(artefact.folder / "pixels.npy", mmap_mode="r"),
        ids=tuple(row["id"] for row in rows),
        patient_ids=tuple(row["patient_id"] for row in rows),
        digests=tuple(row["sha256"] for row in rows),
        taken=np.flatnonzero(~apart),
        extra=np.flatnonzero(apart),
        given=given,
        accounts=(*_accounts(source, artefact.facts), *(one.account.facts() for one in given.values())),
        as_stored=artefact.facts.get("as_stored", {}),
        salted="salt" in source.identity,
    )
    _warn_of_equal_slices(pool)
    _warn_of_inferred_patients(pool, data)
    if data.per_patient is None:
        return pool
    if pool.given:
        raise InputError(f"data.per_patient={data.per_patient}: an edition does not say whose slices are whose.")
    return replace(pool, taken=pool.taken[_per_patient([pool.patient_ids[p] for p in pool.taken], data.per_patient)])


def pool_key(data: AnyData, store: Store) -> str:
    """The key of the pool that `load_pool` reads: files are hashed, and no slice is read. InputError as there."""
    return _key(source_of(data, store))


def _key(source: Source) -> str:
    return content_key(stage="pool", code=READING, **source.identity)


def _warn_of_equal_slices(pool: Pool) -> None:
    """Equal pixels under two patients may stand on both sides, with contradictory labels."""
    owners: dict[str, set[str]] = {}
    for digest, patient in zip(pool.digests, pool.patient_ids, strict=True):
        owners.setdefault(digest, set()).add(patient)
    n_shared = sum(len(patients) > 1 for patients in owners.values())
    if n_shared:
        text = f"{n_shared} slices occur, equal to the pixel, under more than one patient"
        warnings.warn(HarnessWarning(f"{text}: they may be member and non-member at once."), stacklevel=3)


def _warn_of_inferred_patients(pool: Pool, data: AnyData) -> None:
    """An edition says of no slice whose it is; what is then called a patient are slices that look alike."""
    if isinstance(data, EditionFolder) and data.group == "inferred":
        groups = len({pool.patient_ids[place] for place in pool.taken})
        text = (
            f"Nobody says whose slices are whose: {len(pool)} slices fall into {groups} groups that look alike, and "
            "each counts as a patient. A patient's slices that lie far apart are not linked: intervals may be too "
            "narrow."
        )
        warnings.warn(HarnessWarning(text), stacklevel=3)


def load_released(pool: Pool, store: Store) -> None:
    """Read the releases that an edition gives into the store; they are large, and a dry run does without them."""
    for one in pool.given.values():
        read_release(one, pool.pixels.shape[1], store)


def _write(source: Source, folder: Path) -> Mapping[str, Any]:
    """Read every slice, write `pixels.npy` and `index.csv`; facts: remarks."""
    with kept_remarks() as remarks, heard() as told:
        parts = source.read()
    slices = Slices(
        parts[0][1].pixels if len(parts) == 1 else np.concatenate([part.pixels for _, part in parts]),
        tuple(name for _, part in parts for name in part.ids),
        _people([part for _, part in parts]),
    )
    save_array(folder / "pixels.npy", slices.pixels)
    roles = [role for role, part in parts for _ in part.ids]
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "patient_id", "sha256", "role"])
        whose = zip(slices.ids, slices.patient_ids, digests(slices.pixels), roles, strict=True)
        writer.writerows([name, patient, digest.hex(), role] for name, patient, digest, role in whose)
    accounts = [part.account for _, part in parts if part.account is not None]
    unnamed = {one.called: one.left_out[UNNAMED] for one in accounts if UNNAMED in one.left_out}
    alone = sum(len(part.unnamed) for _, part in parts)
    unread = {
        one.called: _unread(one, source.accounts[one.called]) for one in accounts if one.called in source.accounts
    }
    return {
        "remarks": remarks,
        "unnamed": unnamed,
        "unread": unread,
        "as_stored": {**_as_stored(told), "of_nobody": alone},
    }


def _as_stored(told: Sequence[AsStored]) -> dict[str, Any]:
    """sizes: [height, width, how many] each, the most frequent first; conversions: [kind, how many] each; clipped: of
    volumes, how many of their pixels lie below the window, above it, and in all."""
    clipped = [one.clipped for one in told if one.clipped is not None]
    sizes: Counter[tuple[int, int]] = Counter()
    conversions: Counter[str] = Counter()
    for one in told:
        sizes.update(one.sizes)
        conversions.update(one.conversions)
    return {
        "sizes": [[*size, count] for size, count in sizes.most_common()],
        "conversions": [[kind, count] for kind, count in conversions.most_common()],
        **({"clipped": np.sum(clipped, axis=0).tolist()} if clipped else {}),
    }


def _unread(read: Account, listed: Account) -> dict[str, Any]:
    """What reading left out of the files that were listed, by reason, and how many of them it left whole."""
    left_out = {
        reason: count for reason, (count, _) in read.left_out.items() if reason not in {*listed.left_out, UNNAMED}
    }
    return {"images": max(0, listed.images - read.images), "left_out": left_out}


def _accounts(source: Source, facts: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """What lies in each folder now, and of it what reading left out and how many images its metadata, which is part
    of the key, does not name."""
    for called, account in source.accounts.items():
        count, first = facts["unnamed"].get(called, (0, ""))
        unread = facts.get("unread", {}).get(called, {"images": 0, "left_out": {}})
        left_out = {**account.left_out, **{reason: (n, "") for reason, n in unread["left_out"].items()}}
        left_out |= {UNNAMED: (count, first)} if count else {}
        yield replace(account, images=account.images - count - unread["images"], left_out=left_out).facts()


def _people(parts: Sequence[Slices]) -> tuple[str, ...]:
    """The patients of all parts; ids of one spelling are one patient's, so that no split parts them."""
    people = [patient for part in parts for patient in part.patient_ids]
    named = np.flatnonzero(np.concatenate([part.named for part in parts])).tolist()
    for place, patient in zip(named, one_spelling([people[place] for place in named]), strict=True):
        people[place] = patient
    return tuple(people)


def _per_patient(patient_ids: Sequence[str], count: int) -> NDArray[np.intp]:
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
