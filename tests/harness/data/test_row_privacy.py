"""From a data set of rows to a report, and nothing of anybody in any file or line: not a name, a file or a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

datasets = pytest.importorskip("datasets")
from data_sets import png  # noqa: E402

NAMES = ["SMITH", "JOHN", "19471109", "1947-11-09", "MRN88421", "WARD_NINE", "QUORRAX"]
RUN = [
    "data.size=16", "shadow=copies", "shadow.n_images=8", "shadow.count=4", "attack=knn", "launch.workers=0",
    "device=cpu", "report.pictures=all",
]  # fmt: skip
PICTURES = np.random.default_rng(3).integers(0, 256, (24, 16, 16), dtype=np.uint8)


def columns(folder: Path) -> dict[str, list[object]]:
    """Rows of twelve patients; in every column, and in the names of the files beside, stands somebody."""
    names = [f"SMITH_JOHN{number // 2}/1947-11-09_{number}.png" for number in range(len(PICTURES))]
    for name, picture in zip(names, PICTURES, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(picture))
    return {
        "file": list(names),
        "slice": [{"bytes": png(one), "path": name} for one, name in zip(PICTURES, names, strict=True)],
        "patient_id": [f"MRN88421-{number // 2}" for number in range(len(PICTURES))],
        "note": ["QUORRAX WARD_NINE"] * len(PICTURES),
    }


def written(folder: Path, **instead: list[object]) -> Path:
    """A parquet file of those rows, some columns replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {**columns(folder), **instead}
    kinds = datasets.Features.from_arrow_schema(datasets.Dataset.from_dict(held).features.arrow_schema)
    kinds["slice"] = datasets.Image()
    datasets.Dataset.from_dict(held, features=kinds).to_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def images(folder: Path, **_instead: list[object]) -> Path:
    """The same as a folder of images with its table."""
    held = columns(folder)
    lines = [f"{name},{who},QUORRAX" for name, who in zip(held["file"], held["patient_id"], strict=True)]
    (folder / "metadata.csv").write_text("\n".join(["file_name,patient_id,note", *lines]))
    return folder


def said(*texts: str) -> list[str]:
    """Which of the names stand in these texts, however they are wrapped."""
    return [name for name in NAMES for text in texts if name.lower() in "".join(text.split()).lower()]


def found_in(folder: Path) -> list[str]:
    """Which of the names stands in the name or the content of which file."""
    hits = []
    for path in folder.rglob("*"):
        content = (path.read_bytes() if path.is_file() else b"") + str(path.relative_to(folder)).encode()
        hits += [f"{path}: {name}" for name in NAMES if name.lower().encode() in content.lower()]
    return hits


@pytest.mark.parametrize("source", ["parquet", "paths", "hub"])
def test_nothing_of_a_row_or_a_file_name_reaches_what_is_written_or_printed(
    harness, tmp_path, tmp_path_factory, source
):
    root = tmp_path_factory.mktemp("rows")
    rows = images(root) if source == "hub" else written(root)
    words = ["data=hub", f"data.path={rows}"] if source == "hub" else ["data=parquet", f"data.files={rows}"]
    words += {"parquet": ["data.image=slice"], "paths": ["data.image=file"], "hub": []}[source]
    ran = harness(*words, *RUN, *(["dry_run=true"] if source != "parquet" else []))
    assert ran.code == 0, ran.err
    assert not said(ran.out, ran.err)
    assert not found_in(tmp_path)
    if source == "parquet":
        (run,) = (tmp_path / "runs").iterdir()
        assert json.loads((run / "results.json").read_text())["records"]


def of_rows(**instead: list[object]) -> Callable[[Path], list[str]]:
    """A parquet file with another first row, read by its paths."""

    def make(folder: Path) -> list[str]:
        held = {name: [first[0], *columns(folder)[name][1:]] for name, first in instead.items()}
        return ["data=parquet", f"data.files={written(folder, **held)}", "data.image=file"]

    return make


def numbered(folder: Path) -> list[str]:
    made = written(folder, patient_id=[19471109.5] * len(PICTURES))
    return ["data=parquet", f"data.files={made}", "data.image=slice"]


def labelled(folder: Path) -> list[str]:
    """Folders of images, one a person, whose names are the labels that somebody takes for slices."""
    columns(folder)
    return ["data=hub", f"data.path={folder}", "data.image=label"]


def without_a_file(folder: Path) -> list[str]:
    (images(folder) / "SMITH_JOHN0" / "1947-11-09_0.png").unlink()
    return ["data=hub", f"data.path={folder}"]


def leading_out(folder: Path) -> list[str]:
    table = images(folder) / "metadata.csv"
    table.write_text(table.read_text().replace("SMITH_JOHN0/", "../SMITH_JOHN0/"))
    return ["data=hub", f"data.path={folder}"]


def unreadable_picture(folder: Path) -> list[str]:
    (images(folder) / "SMITH_JOHN0" / "1947-11-09_0.png").write_bytes(b"SMITH")
    return ["data=hub", f"data.path={folder}"]


def damaged(folder: Path) -> list[str]:
    made = written(folder / "SET")
    made.rename(folder / "SET" / "SMITH_JOHN.parquet")
    for path in (folder / "SET").rglob("*.png"):
        path.unlink()
    path = folder / "SET" / "SMITH_JOHN.parquet"
    path.write_bytes(path.read_bytes()[:-400])
    return ["data=hub", f"data.path={folder / 'SET'}"]


def of_two_tables(folder: Path) -> list[str]:
    table = images(folder) / "metadata.csv"
    (folder / "SMITH_JOHN0" / "metadata.csv").write_text("file_name,QUORRAX\n1947-11-09_0.png,SMITH\n")
    table.write_text(table.read_text() + "\nSMITH,JOHN,19471109,MRN88421")
    return ["data=hub", f"data.path={folder}"]


def described_badly(folder: Path) -> list[str]:
    (images(folder) / ".huggingface.yaml").write_text("configs: [SMITH: JOHN: x")
    return ["data=hub", f"data.path={folder}"]


@pytest.mark.parametrize(
    "make",
    [
        of_rows(file=["SMITH_JOHN0/gone.png"]), of_rows(file=["../SMITH_JOHN/19471109.png"]),
        of_rows(file=["/home/SMITH/19471109.png"]), of_rows(file=["SMITH_JOHN0"]), numbered, labelled,
        without_a_file, leading_out, unreadable_picture, damaged, of_two_tables, described_badly,
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_row_and_column_alone(harness, tmp_path, tmp_path_factory, make):
    ran = harness(*make(tmp_path_factory.mktemp("rows")), *RUN)
    assert ran.code == 2, ran.out
    assert "Error: " in ran.err
    assert not said(ran.out, ran.err), ran.err
    assert not found_in(tmp_path)
