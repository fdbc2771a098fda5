"""Real slices in two halves, no patient in both: a pool, and slices for a base."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.data.png import grey_png
from harness.data.sources.folder.read import read_folder
from harness.plain import write_csv
from harness.seeds import rng_of


class Halves(NamedTuple):
    """The two folders."""

    pool: Path
    others: Path


def write_halves(slices: Path, folder: Path, draw: int, size: int) -> Halves:
    """Part the patients at random and write each half as an imagefolder; the pool has the odd one."""
    found = read_folder(slices, size, "--lung-slices")
    patients = np.array(found.patient_ids)
    names = np.unique(patients)
    dealt = rng_of(draw, "dial", "halves").permutation(names)[: (len(names) + 1) // 2]
    of_pool = np.isin(patients, dealt)
    halves = []
    for name, kept in (("pool", of_pool), ("others", ~of_pool)):
        half = folder / f"{name}-{draw}"
        half.mkdir(parents=True, exist_ok=True)
        files = {f"{place:05d}.png": place for place in np.flatnonzero(kept).tolist()}
        for file_name, place in files.items():
            (half / file_name).write_bytes(grey_png(found.pixels[place]))
        with (half / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [(file_name, patients[place]) for file_name, place in files.items()]
            write_csv(file, [("file_name", "patient_id"), *rows])
        halves.append(half)
    return Halves(*halves)
