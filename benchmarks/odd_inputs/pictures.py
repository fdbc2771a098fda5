"""Pictures that are known to the pixel, drawn from numbers alone, and how an answer about them reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.odd_inputs.case import Answer

SIDE = 16  # pixels, and the working size of all questions
REAL_SIDE = 64  # of those about real slices
Grey = NDArray[np.uint8]
Save = Callable[[Grey, Path], None]  # a picture and where it goes


def _waves(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Smooth, and the same in no two of its turns and mirror images: float64 [side, side], spread about 1."""
    y, x = np.mgrid[:side, :side] / side
    out = np.zeros((side, side))
    for _ in range(14):
        high, wide = rng.uniform(0, 5, 2)
        first, second = rng.uniform(0, 2 * np.pi, 2)
        out += rng.normal() * np.cos(2 * np.pi * high * y + first) * np.cos(2 * np.pi * wide * x + second)
    return out / np.sqrt(14)


def picture(patient: int, number: int = 0, side: int = SIDE) -> Grey:
    """Slice `number` of a patient: uint8 [side, side], values from 8 to 247."""
    own = _waves(np.random.default_rng([0, patient]), side)
    varied = own + 0.35 * _waves(np.random.default_rng([0, patient, number + 1]), side)
    return np.clip(np.rint(128 + 55 * varied), 8, 247).astype(np.uint8)


def full_range(patient: int, side: int = SIDE) -> Grey:
    """A picture that takes the whole range, 0 and 255 included: uint8 [side, side]."""
    one = picture(patient, 0, side).astype(np.float64)
    return np.rint((one - one.min()) / (one.max() - one.min()) * 255).astype(np.uint8)


def plain(n: int = 6) -> dict[str, Grey]:
    """n pictures by name."""
    return {f"s_{number:02d}": full_range(number) for number in range(n)}


def digest(pixels: NDArray[Any]) -> str:
    """By which pictures are compared; of uint8 [h, w]."""
    return hashlib.sha256(
        np.ascontiguousarray(pixels, np.uint8).tobytes() + bytes(str(pixels.shape), "ascii")
    ).hexdigest()[:20]


def answer(pictures: Mapping[str, Grey], patients: Mapping[str, str] | None = None) -> Answer:
    """What reading these gives: of each id the pixels and the patient, empty where nobody says."""
    told = patients or {}
    return {name: [digest(pixels), told.get(name, "")] for name, pixels in pictures.items()}


def png(pixels: Grey, path: Path) -> None:
    """8-bit grey, as plain as it gets."""
    Image.fromarray(pixels).save(path, "PNG")


def write_all(folder: Path, pictures: Mapping[str, Grey], save: Save = png, ending: str = ".png") -> None:
    """Each picture as a file of its name; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures.items():
        save(pixels, folder / f"{name}{ending}")
