"""Adjacent slices of one made-up patient."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from shadow_models.phantoms.anatomy import draw_anatomy
from shadow_models.phantoms.render import render_slice

_FINEST_CANVAS = 128  # drawn at least this large: vessels are thinner than a pixel of small images


def draw_patient(seed: int | str, patient: int, n_slices: int, size: int) -> NDArray[np.uint8]:
    """Draw adjacent slices, 1.5 to 4 mm apart, uint8 [n_slices, size, size], in a lung window.

    Slice k of a patient depends on (seed, patient, k, size) alone: more slices change none there were before.
    """
    anatomy = draw_anatomy(_generator(seed, patient, "anatomy"))
    finer = -(-_FINEST_CANVAS // size)
    slices = np.empty((n_slices, size, size), np.uint8)
    for index in range(n_slices):
        height = anatomy.first_height_mm + index * anatomy.spacing_mm
        drawn = render_slice(anatomy, height, size * finer, _generator(seed, patient, f"noise {index}"))
        slices[index] = _shrink(drawn, finer)
    return slices


def _generator(seed: int | str, patient: int, use: str) -> np.random.Generator:
    digest = hashlib.sha256(f"phantom {seed} {patient} {use}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _shrink(image: NDArray[np.float32], factor: int) -> NDArray[np.uint8]:
    """Mean of each factor x factor block, rounded."""
    size = len(image) // factor
    blocks = image.reshape(size, factor, size, factor)
    shrunk: NDArray[np.uint8] = np.rint(np.mean(blocks, axis=(1, 3))).astype(np.uint8)
    return shrunk
