"""What was found: every figure that is shown, of the slices that a run would take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.degenerate import by_themselves
from harness.data.numbered import numbered
from harness.data.options import EditionFolder
from harness.data.pool import Pool, load_pool
from harness.look.alike import Alike, alike
from harness.look.options import LookSettings
from harness.store import Store
from harness.store.elsewhere import known

BINS = 32
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BLOCK = 1024


@dataclass(frozen=True)
class Found:
    """The slices taken, and what is to be told of them.

    pool: as a run reads it; pixels: uint8 [n, s, s] of the slices taken; per_patient: slices of each patient, [p];
    counts: how often each grey is there, [256]; black, constant, noise: slices that show nothing, bool [n];
    of_nobody: slices of which nobody said whose they are; None where that was not kept.
    """

    pool: Pool
    pixels: NDArray[np.uint8]
    patient: NDArray[np.intp]
    per_patient: NDArray[np.intp]
    counts: NDArray[np.int64]
    black: NDArray[np.bool_]
    constant: NDArray[np.bool_]
    noise: NDArray[np.bool_]
    alike: Alike
    inferred: bool

    @property
    def of_nobody(self) -> int | None:
        """Slices of which nobody said whose they are, of all that were read; None where that was not kept."""
        return self.pool.as_stored.get("of_nobody")

    @property
    def sizes(self) -> list[list[int]]:
        """Height, width and how many, as stored, the most frequent first; empty where that is unknown."""
        return list(self.pool.as_stored.get("sizes", []))

    @property
    def conversions(self) -> list[tuple[str, int]]:
        """What was converted: a kind, and how many images."""
        return [(str(kind), int(count)) for kind, count in self.pool.as_stored.get("conversions", [])]

    @property
    def clipped(self) -> tuple[int, int, int] | None:
        """Of volumes, how many of their pixels lie below the window, above it, and in all; None where unknown."""
        if "clipped" not in self.pool.as_stored:
            return None
        below, above, pixels = self.pool.as_stored["clipped"]
        return int(below), int(above), int(pixels)

    @property
    def grey_range(self) -> tuple[int, int]:
        """The least and the largest grey."""
        there = np.flatnonzero(self.counts)
        return int(there[0]), int(there[-1])

    @property
    def quantiles(self) -> dict[str, int]:
        """Greys below which so much of the pixels lies."""
        below = np.cumsum(self.counts) / self.counts.sum()
        return {f"{share:g}": int(np.searchsorted(below, share)) for share in QUANTILES}

    @property
    def histogram(self) -> list[float]:
        """Shares of the pixels in 32 steps of 8 greys."""
        return [float(one) for one in self.counts.reshape(BINS, -1).sum(axis=1) / self.counts.sum()]

    @property
    def folders(self) -> tuple[Mapping[str, Any], ...]:
        """The account of each folder."""
        return self.pool.accounts


def found_in(settings: LookSettings) -> Found:
    """Read the data, as a run does, and look. Raises InputError for what a run could not read, either."""
    data = settings.data
    with known(settings.store_root, settings.elsewhere):
        pool = load_pool(data, Store(settings.store_root, settings.verify_store))
    taken = pool.taken
    pixels = pool.pixels if len(taken) == len(pool.pixels) else np.asarray(pool.pixels[taken])
    patient = numbered([pool.patient_ids[place] for place in taken])
    counts = np.zeros(256, np.int64)
    for start in range(0, len(pixels), _BLOCK):
        counts += np.bincount(np.asarray(pixels[start : start + _BLOCK]).ravel(), minlength=256)
    black, flat, noise = by_themselves(pixels)
    return Found(
        pool,
        pixels,
        patient,
        np.bincount(patient),
        counts,
        black,
        flat & ~black,
        noise,
        alike(pixels, [pool.digests[place] for place in taken], patient, flat | black),
        isinstance(data, EditionFolder) and data.group == "inferred",
    )
