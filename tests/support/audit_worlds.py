"""Releases whose copies are known, made of phantoms."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
from tiny import write_slices

from attacks.registry import find_attacks
from harness.audit.case import AuditSettings
from harness.audit.folders import Material
from harness.data.sources.phantom import phantom_slices
from harness.data.sources.slices import Slices

SIZE, PER_PATIENT = 32, 3
MOST_STRANGERS = 160


def chosen(slices: Slices, places) -> Slices:
    """Some of the slices."""
    places = np.asarray(places)
    return Slices(
        slices.pixels[places],
        tuple(slices.ids[i] for i in places),
        tuple(slices.patient_ids[i] for i in places),
    )


def nameless(slices: Slices, n_named: int) -> Slices:
    """The same as the reader gives them where only the first ones have a patient_id."""
    unnamed = frozenset(slices.ids[n_named:])
    alone = "alone:" if n_named else ""
    whose = zip(slices.ids, slices.patient_ids, strict=True)
    patients = tuple(alone + name if name in unnamed else patient for name, patient in whose)
    return Slices(slices.pixels, slices.ids, patients, unnamed)


def noisy(images: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Copies with grain."""
    noise = np.random.default_rng(seed).normal(0, sigma, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


@cache
def people(n_patients: int, seed: int, per_patient: int = PER_PATIENT) -> Slices:
    """Phantoms with adjacent slices, whose names tell the seed."""
    slices = phantom_slices(n_patients, per_patient, SIZE, seed)
    return Slices(
        slices.pixels,
        tuple(f"{seed}_{name}" for name in slices.ids),
        tuple(f"{seed}_{name}" for name in slices.patient_ids),
    )


def strangers(n: int, seed: int) -> np.ndarray:
    """Released images that have nothing to do with anybody: phantoms of other people."""
    drawn = people(MOST_STRANGERS, 7, 1).pixels
    return noisy(drawn[np.random.default_rng(seed).permutation(MOST_STRANGERS)[:n]], 4.0, seed)


def material(release: np.ndarray, members: Slices, holdout: Slices, other: Slices | None = None) -> Material:
    """As if read from folders."""
    names = tuple(f"syn_{i:04d}" for i in range(len(release)))
    files = tuple(Path(f"{name}.png") for name in names)
    return Material(Slices(release, names, names), files, members, holdout, other)


def settings(*attacks: str, check: str = "ncc", encoder: Path | None = None) -> AuditSettings:
    """Pixel or ncc distances and a few attacks, so that a test takes a second."""
    known = find_attacks().by_name
    return AuditSettings("ncc", check, {name: known[name]() for name in attacks or ("knn",)}, encoder, 0.01, 0)


def write_folder(folder: Path, slices: Slices, patients: bool = True) -> None:
    """An imagefolder with its metadata."""
    write_slices(folder, slices.pixels)
    for number, name in enumerate(slices.ids):
        (folder / f"slice_{number + 1:03d}.png").rename(folder / f"{name}.png")
    if patients:
        with (folder / "metadata.csv").open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["file_name", "patient_id"])
            lines.writerows(zip([f"{name}.png" for name in slices.ids], slices.patient_ids, strict=True))
