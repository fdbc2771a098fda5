"""Data sets as people hand them out, written with the library `datasets`: images encoded, as arrays, or as paths."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

COMMIT = "a" * 40
PEOPLE = ("Erika Mustermann", "Erika Mustermann", "007", "7", None, "Max Muster")


def png(image: np.ndarray) -> bytes:
    """The file of an image, grey or colour."""
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def rows_of(images: np.ndarray, people: tuple[str | None, ...] = PEOPLE) -> Any:
    """A `datasets.Dataset` with uint8 [n, s, s] in a column of each kind, patients, and what is nobody's business."""
    from datasets import Array2D, Dataset, Features, List, Value
    from datasets import Image as ImageFeature

    files = [png(image) for image in images]
    side = images.shape[1]
    columns = {
        "slice": [{"bytes": file, "path": f"{number}.png"} for number, file in enumerate(files)],
        "array": list(images),
        "raw": files,
        "nested": [image.tolist() for image in images],
        "file": [f"pictures/{number}.png" for number in range(len(files))],
        "patient_id": list(people),
        "birthday": ["1936-05-29"] * len(files),
    }
    kinds = Features(
        {
            "slice": ImageFeature(),
            "array": Array2D((side, side), "uint8"),
            "raw": Value("binary"),
            "nested": List(List(Value("int64"))),
            "file": Value("string"),
            "patient_id": Value("string"),
            "birthday": Value("string"),
        }
    )
    return Dataset.from_dict(columns, features=kinds)


def write_parquet(folder: Path, images: np.ndarray, people: tuple[str | None, ...] = PEOPLE) -> Path:
    """One parquet file, and the pictures beside that its column `file` names."""
    (folder / "pictures").mkdir(parents=True)
    for number, image in enumerate(images):
        (folder / "pictures" / f"{number}.png").write_bytes(png(image))
    rows_of(images, people).to_parquet(folder / "slices.parquet")
    return folder / "slices.parquet"


def write_cache(cache: Path, rows: Any, owner: str = "clinic", name: str = "lungs", commit: str = COMMIT) -> None:
    """What `datasets` keeps of a data set of the Hub that was loaded once."""
    from datasets.arrow_writer import ArrowWriter

    folder = cache / f"{owner}___{name}" / "default" / "0.0.0" / commit
    folder.mkdir(parents=True)
    with ArrowWriter(features=rows.features, path=str(folder / f"{name}-train.arrow")) as writer:
        for table in rows.with_format("arrow").iter(batch_size=100):
            writer.write_table(table)
        writer.finalize()
    split = {"name": "train", "num_bytes": 1, "num_examples": len(rows), "dataset_name": name}
    facts = {
        "builder_name": "parquet",
        "dataset_name": name,
        "config_name": "default",
        "version": {"version_str": "0.0.0", "major": 0, "minor": 0, "patch": 0},
        "splits": {"train": split},
        "features": rows.features.to_dict(),
    }
    (folder / "dataset_info.json").write_text(json.dumps(facts))
