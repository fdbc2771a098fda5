"""What the tests of whole runs share: tiny options, and reading what a run wrote."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

STEPS = 8  # what these tests look at does not hang on what a generator has learnt
TINY = [
    "data.size=16",
    "shadow.block=2",
    "shadow.channels=[8]",
    f"shadow.steps={STEPS}",
    "shadow.n_images=16",
    "launch.workers=0",
    "device=cpu",
]
TINY_PHANTOM = [*TINY, "data.patients=16", "data.slices=2"]
WHOLE = [*TINY_PHANTOM, "attack=knn", "out=run"]  # the run that the fixtures `ran` and `scored` copy


def only_run(folder: Path = Path("runs")) -> Path:
    """The one run's folder."""
    (found,) = folder.iterdir()
    return found


def records_of(run: Path) -> list[dict]:
    """The records of a run without the seconds, which no two computers share."""
    records = json.loads((run / "results.json").read_text())["records"]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def write_slices(folder: Path, images: np.ndarray, name: str = "slice_{:03d}.png") -> None:
    """Images as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / name.format(number + 1))


def score_rows(run: Path) -> list[dict[str, str]]:
    """The lines of `scores.csv`."""
    with (run / "scores.csv").open() as file:
        return list(csv.DictReader(file))
