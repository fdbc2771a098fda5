"""Makes the base, and tells whether the one at hand is what its recipe made."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from shadow_models.base.recipe import N_PATIENTS, PHANTOM_SEED, RECIPE, SEED, SHA256, SLICES_EACH
from shadow_models.phantoms.patient import draw_patient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

MADE = "made.json"
WEIGHTS = "generator.safetensors"


def slices_of_base(n_patients: int = N_PATIENTS) -> NDArray[np.uint8]:
    """Draw what the base learns, uint8 [n_patients * SLICES_EACH, 64, 64]."""
    return np.concatenate(
        [draw_patient(PHANTOM_SEED, patient, SLICES_EACH, RECIPE.size) for patient in range(n_patients)]
    )


def make_base(folder: Path, steps: int, n_patients: int, report: Callable[[int, int], None] | None = None) -> str:
    """Train the base on one thread of the CPU, write it into the folder with `made.json`, and return its sha256.

    One thread, so that the same bytes come out on one kind of machine; another kind of CPU rounds otherwise.
    """
    import torch

    from shadow_models.train import train

    torch.set_num_threads(1)  # how many there are decides the order in which sums are rounded
    slices = slices_of_base(n_patients)
    generator = train(
        slices,
        replace(RECIPE, steps=steps),
        seed=SEED,
        device="cpu",
        report=report,
    )
    generator.save(folder)
    digest = digest_of(folder)
    about = {
        "sha256": digest,
        "slices": {
            "patients": n_patients,
            "each": SLICES_EACH,
            "seed": PHANTOM_SEED,
            "sha256": hashlib.sha256(slices.tobytes()).hexdigest(),
        },
        "seed": SEED,
        "versions": {name: version(name) for name in ("torch", "diffusers", "numpy", "scipy")},
        "machine": platform.machine(),
    }
    (folder / MADE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return digest


def check_base(folder: Path) -> None:
    """ValueError, one sentence, where a folder does not hold the base that ships, by its recipe and its weights."""
    from shadow_models.generator import load_generator

    found = digest_of(folder)
    if found != SHA256:
        raise ValueError(f"{folder / WEIGHTS} is not the base that ships: its sha256 is {found}, not {SHA256}.")
    if load_generator(folder).recipe != RECIPE:
        raise ValueError(f"{folder / 'generator.json'} names another recipe than that of the base that ships.")


def digest_of(folder: Path) -> str:
    """Return the sha256, hex, of the weights in a folder."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
