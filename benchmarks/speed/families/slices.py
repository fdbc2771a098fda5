"""Whom the families learn: one slice each of phantom patients, or of real ones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from attacks.base import Images
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.store import Store
from shadow_models.phantoms.patient import draw_patient

N_MEMBERS = 35
_PHANTOMS = "families"  # a seed that no pool of phantoms has


def phantoms(size: int, n: int) -> Images:
    """One slice of each of n phantom patients, uint8 [n, size, size]."""
    return np.concatenate([draw_patient(_PHANTOMS, patient, 1, size) for patient in range(n)])


def two_sides(size: int, draw: int, root: Path | None) -> tuple[Images, Images]:
    """Members and others, uint8 [n, size, size] each, a patient a slice; draw: which ones.

    Of phantoms `N_MEMBERS` each, of a folder of slices its two halves.
    """
    found = phantoms(size, 2 * N_MEMBERS) if root is None else _one_a_patient(root, size)
    order = np.random.default_rng(draw).permutation(len(found))
    middle = len(found) // 2
    return found[np.sort(order[:middle])], found[np.sort(order[middle:])]


def _one_a_patient(root: Path, size: int) -> Images:
    with TemporaryDirectory() as store:
        words = ["data=folder", f"data.root={root.resolve()}", "data.per_patient=1", f"data.size={size}"]
        pool = load_pool(composed(words).data, Store(Path(store)))
        return np.array(pool.pixels[pool.taken])
