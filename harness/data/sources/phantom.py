"""Made-up lung CT slices for runs without data: seeded, of many patients, with adjacent slices of each.

They stand in for real slices in tests, demonstrations and recipe searches; nothing measured on them says how
a generator treats real patients.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.phantom_anatomy import draw_anatomy
from harness.data.sources.phantom_render import render_slice
from harness.data.sources.slices import Slices
from harness.errors import InputError

MOST_PER_PATIENT = 20  # more would run out of the lung: 20 slices lie up to 76 mm apart
SMALLEST_SIZE = 16
_FINEST_CANVAS = 128  # drawn at least this large: vessels are thinner than a pixel of small images


def phantom_slices(n_patients: int, per_patient: int, size: int, seed: int) -> Slices:
    """Draw `per_patient` adjacent slices, 1.5 to 4 mm apart, of each of `n_patients` made-up patients.

    Returns uint8 pixels [n_patients * per_patient, size, size], patient by patient, in a lung window. Slice k
    of patient i depends on (seed, i, k, size) alone: more patients or slices change none there were before.
    Raises InputError for counts or sizes out of range.
    """
    if n_patients < 1 or not 1 <= per_patient <= MOST_PER_PATIENT:
        raise InputError(
            f"{n_patients} phantom patients with {per_patient} slices each were asked for; at least 1 "
            f"patient with 1 to {MOST_PER_PATIENT} slices can be drawn. Take more patients, not more slices."
        )
    if size < SMALLEST_SIZE:
        raise InputError(f"Phantom slices of {size} pixels were asked for; take a size of {SMALLEST_SIZE} or more.")
    pixels = np.empty((n_patients * per_patient, size, size), np.uint8)
    ids: list[str] = []
    patients: list[str] = []
    for patient in range(n_patients):
        anatomy = draw_anatomy(_generator(seed, patient, "anatomy"))
        for index in range(per_patient):
            height = anatomy.first_height_mm + index * anatomy.spacing_mm
            finer = -(-_FINEST_CANVAS // size)
            drawn = render_slice(anatomy, height, size * finer, _generator(seed, patient, f"noise {index}"))
            pixels[len(ids)] = _shrink(drawn, finer)
            ids.append(f"phantom_{patient:04d}_{index:02d}")
            patients.append(f"phantom_{patient:04d}")
    return Slices(pixels, tuple(ids), tuple(patients))


def _generator(seed: int, patient: int, use: str) -> np.random.Generator:
    digest = hashlib.sha256(f"phantom {seed} {patient} {use}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _shrink(image: NDArray[np.float32], factor: int) -> NDArray[np.uint8]:
    """Mean of each factor x factor block, rounded."""
    size = len(image) // factor
    blocks = image.reshape(size, factor, size, factor)
    shrunk: NDArray[np.uint8] = np.rint(np.mean(blocks, axis=(1, 3))).astype(np.uint8)
    return shrunk
