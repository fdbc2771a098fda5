"""A toy release whose answer is known: noisy copies of some members among strangers."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pytest
from audit_worlds import noisy, people

mpl.use("Agg")


class World(NamedTuple):
    """slices: uint8 [48, 16, 16]; patients: whose each is; member: bool [48]; release: uint8 [24, 16, 16];
    references: (release, held), pairs of complements."""

    slices: np.ndarray
    patients: np.ndarray
    member: np.ndarray
    release: np.ndarray
    references: list[tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def world() -> World:
    """Twenty-four patients, of whom a half is learnt."""
    drawn, others = people(24, 3, 2), people(16, 5, 1).pixels
    patients = np.array(drawn.patient_ids)
    slices, strangers = drawn.pixels[:, ::2, ::2].copy(), others[:, ::2, ::2].copy()
    rng = np.random.default_rng(0)

    def half() -> np.ndarray:
        return np.isin(patients, rng.permutation(np.unique(patients))[:12])

    def released(held: np.ndarray, seed: int) -> np.ndarray:
        return noisy(np.concatenate([slices[np.flatnonzero(held)[:12]], strangers[:12]]), 4.0, seed)

    member, halves = half(), [half() for _ in range(3)]
    references = [(released(held, 9), held) for one in halves for held in (one, ~one)]
    return World(slices, patients, member, released(member, 2), references)
