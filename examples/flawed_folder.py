"""Writes a folder of phantom slices in which things are wrong on purpose, for `python -m harness.data look` to find.

python examples/flawed_folder.py slices
python -m harness.data look data=folder data.root=slices --out seen
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from harness.data.sources.phantom import phantom_slices

PATIENTS, SIZE = 12, 64


def write(root: Path) -> None:
    """Two slices of each of 12 patients, and what should not be there."""
    slices = phantom_slices(PATIENTS, 2, SIZE, seed=0)
    images = {
        f"{name}.png": (image, of)
        for name, image, of in zip(slices.ids, slices.pixels, slices.patient_ids, strict=True)
    }
    grain = np.random.default_rng(0).integers(-1, 2, (SIZE, SIZE))
    images["copy.png"] = (slices.pixels[0], "another")  # a slice under a second name
    images["again.png"] = (np.clip(slices.pixels[4] + grain, 0, 255).astype(np.uint8), "a third")  # saved twice
    images["blank.png"] = (np.zeros((SIZE, SIZE), np.uint8), "a fourth")
    images["large.png"] = (np.kron(slices.pixels[8], np.ones((2, 2), np.uint8)), slices.patient_ids[8])
    root.mkdir(parents=True)
    for name, (image, _) in images.items():
        Image.fromarray(image).save(root / name)
    (root / "notes.txt").write_text("not an image\n", encoding="utf-8")
    with (root / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file_name", "patient_id"), *((name, of) for name, (_, of) in images.items())])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
