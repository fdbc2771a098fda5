"""What slices are, whatever they are called and wherever they lie: a digest that holds no id, no name and no order.

The key of a pool hangs on the store's salt where patients are hashed with it, so that equal scans of two stores are
two pools. This digest tells that they are the same.
"""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.pool import Pool


class SamePatient(NamedTuple):
    """patient: the id; slices: ids of those of his slices that take part, in the order of their pixels' digests."""

    patient: str
    slices: tuple[str, ...]


class SameSlices(NamedTuple):
    """digest: sha256, hexadecimal; patients: in an order that pixels alone decide, so that one place is one person's
    in every pool of the same digest; None where two patients' slices are equal, who cannot be told apart by them."""

    digest: str
    patients: tuple[SamePatient, ...] | None


def same_slices(pool: Pool) -> SameSlices:
    """Of the slices that take part, patient by patient, and of those that a base alone learns.

    Which slices are one patient's is part of the digest, for that decides the halves: the same slices grouped
    otherwise are other data.
    """
    taken, extra = _by_patient(pool, pool.taken), _by_patient(pool, pool.extra)
    told = json.dumps([[digest for digest, _ in group] for group in (taken, extra)])
    distinct = len({digest for digest, _ in taken}) == len(taken)
    return SameSlices(
        hashlib.sha256(told.encode()).hexdigest(), tuple(patient for _, patient in taken) if distinct else None
    )


def _by_patient(pool: Pool, places: NDArray[np.intp]) -> list[tuple[str, SamePatient]]:
    """The digest of each patient's slices and their ids, sorted by the digest."""
    slices: dict[str, list[tuple[str, str]]] = {}
    for place in places.tolist():
        slices.setdefault(pool.patient_ids[place], []).append((pool.digests[place], pool.ids[place]))
    found = []
    for patient, of in slices.items():
        of.sort()
        digest = hashlib.sha256("\n".join(pixels for pixels, _ in of).encode()).hexdigest()
        found.append((digest, SamePatient(patient, tuple(name for _, name in of))))
    return sorted(found)
