"""Image folders: a Hugging Face imagefolder with its metadata, or one flat folder sorted by name."""

import csv
import os
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from harness.data.sources.decode import load_images
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError

IMAGE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".pgm", ".jp2"})
ALONE = "alone:"  # before the id of a slice that counts as a patient of its own, where others have patients
_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


class _Row(NamedTuple):
    path: Path
    patient: str | None


def read_folder(root: Path, size: int) -> Slices:
    """Read a Hugging Face imagefolder: images anywhere below `root`, described by `metadata.csv` or not.

    Returns uint8 pixels [n, size, size]. An id is the file's stem where the stems differ, else its path below
    `root`; sub-folders are never taken for labels. Metadata names images in `file_name` and may group them by
    `patient_id`; without it each slice counts as its own patient, with a HarnessWarning. Raises InputError for
    a missing or empty folder, metadata that names a missing file or a file twice, and an unreadable file.
    """
    _check_folder(root)
    root = Path(os.path.abspath(root))  # noqa: PTH100  # `datasets` drops "..", which Path.absolute keeps
    files = sorted(_visible_files(root))
    images = [path for path in files if path.suffix.lower() in IMAGE_ENDINGS]
    if not images:
        endings = ", ".join(sorted(IMAGE_ENDINGS))
        raise InputError(f"The folder {root} holds no images; files ending in {endings} are read, at any depth.")
    metadata = [path for path in files if path.name in _METADATA]
    rows = _read_rows(images, metadata)
    if metadata:
        _check_rows(root, rows, images)
    names = [_below(root, row.path) for row in rows]
    ids = _unique_ids(names)
    pixels = load_images([row.path for row in rows], names, size, str(root))
    unnamed = frozenset(name for row, name in zip(rows, ids, strict=True) if row.patient is None)
    return Slices(pixels, ids, _patients(rows, ids, root, bool(metadata)), unnamed)


def read_images(folder: Path, size: int) -> Slices:
    """Read the images that lie directly in `folder`, sorted by name; each counts as its own patient.

    Returns uint8 pixels [n, size, size]; ids are the stems. Raises InputError for a missing or empty folder,
    two files of one stem, and a file that cannot be read.
    """
    _check_folder(folder)
    paths = list_images(folder)
    if not paths:
        raise InputError(f"The folder {folder} holds no images; put the images directly into it.")
    ids = tuple(_safe(path.stem) for path in paths)
    repeated = [name for name, count in Counter(ids).items() if count > 1]
    if repeated:
        same = ", ".join(path.name for path, name in zip(paths, ids, strict=True) if name == repeated[0])
        raise InputError(f"In {folder} these files share the id {repeated[0]}: {same}. Keep one of them.")
    return Slices(load_images(paths, [path.name for path in paths], size, str(folder)), ids, ids, frozenset(ids))


def list_images(folder: Path) -> list[Path]:
    """The image files that lie directly in `folder`, sorted by name; hidden ones are left out."""
    found = (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".") and path.is_file()
    )
    return sorted(found, key=lambda path: path.name)  # comparing 10,000 whole paths takes most of a second


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"The folder {folder} {what}; give the folder that holds the images.")


def _visible_files(root: Path) -> Iterator[Path]:
    """Files below `root`, but for the shadow copies that archives and file managers leave (`._x.png`)."""
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        if not any(part.startswith(".") or part == "__MACOSX" for part in parts) and path.is_file():
            yield path


def _read_rows(images: Sequence[Path], metadata: Sequence[Path]) -> list[_Row]:
    """One row an image, by the `datasets` library; the files themselves are not opened yet."""
    import datasets  # here, because it takes a second to import
    from datasets.data_files import DataFilesDict, DataFilesList
    from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

    files = [str(path.absolute()) for path in (*images, *metadata)]
    # Built from the paths, not from a pattern, so that brackets in folder names are no wildcards.
    data_files = DataFilesDict({"train": DataFilesList(files, [("", "")] * len(files))})
    quiet = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        # A cache of our own, thrown away: the store is what keeps a read folder.
        with tempfile.TemporaryDirectory() as cache:
            features = _text_features(metadata)
            builder = ImageFolder(cache_dir=cache, data_files=data_files, drop_labels=True, features=features)
            builder.download_and_prepare()
            table = builder.as_dataset(split="train", in_memory=True)
            rows = list(table.cast_column("image", datasets.Image(decode=False)))
    except (datasets.exceptions.DatasetGenerationError, csv.Error, ValueError, LookupError) as error:
        what = error.__cause__ or error
        where = metadata[0] if metadata else images[0].parent
        raise InputError(f"{where} cannot be read as an imagefolder: {what}") from error
    finally:
        if not quiet:
            datasets.enable_progress_bars()
    return [_Row(Path(row["image"]["path"]), _patient(row)) for row in rows]


def _text_features(metadata: Sequence[Path]) -> Any:
    """Every column of `metadata.csv` as text: patient 007 is not patient 7."""
    import datasets

    if not metadata or metadata[0].suffix != ".csv":
        return None
    with metadata[0].open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        columns, first = next(lines, []), next(lines, None)
    if "file_name" not in columns:
        raise InputError(f"{metadata[0]} has no column file_name; it has: {', '.join(columns) or 'none'}.")
    if first is None:
        raise InputError(f"{metadata[0]} has a header and no rows; add a row for each image, or remove it.")
    text = {name: datasets.Value("string") for name in columns if name != "file_name"}
    return datasets.Features({"image": datasets.Image(decode=False), **text})


def _patient(row: dict[str, Any]) -> str | None:
    given = row.get("patient_id")
    return None if given is None else str(given).strip() or None


def _check_rows(root: Path, rows: Sequence[_Row], images: Sequence[Path]) -> None:
    """Metadata must name files that exist, each once; images it does not name are left out, and said so."""
    named = Counter(row.path for row in rows)
    missing = [path for path in named if not path.is_file()]
    if missing:
        raise InputError(
            f"The metadata of {root} names {len(missing)} files that do not exist (first: "
            f"{_below(root, missing[0])}); correct file_name, which is relative to the metadata file."
        )
    twice = [path for path, count in named.items() if count > 1]
    if twice:
        raise InputError(
            f"The metadata of {root} names {len(twice)} files more than once (first: {_below(root, twice[0])}); "
            "keep one row an image."
        )
    left_out = [path for path in images if path.absolute() not in named]
    if left_out:
        text = f"{len(left_out)} of {len(images)} images in {root} are left out: the metadata does not name them"
        warnings.warn(HarnessWarning(f"{text} (first: {_below(root, left_out[0])})."), stacklevel=3)


def _below(root: Path, path: Path) -> str:
    return path.absolute().relative_to(root.absolute()).as_posix()


def _patients(rows: Sequence[_Row], ids: tuple[str, ...], root: Path, described: bool) -> tuple[str, ...]:
    alone = [row.path.name for row in rows if row.patient is None]
    if alone:
        why = "its metadata gives them no patient_id" if described else "there is no metadata.csv with patient_id"
        text = f"{len(alone)} of {len(rows)} slices in {root} count as patients of their own, because {why}"
        warnings.warn(HarnessWarning(f"{text} (first: {alone[0]})."), stacklevel=3)
    if len(alone) == len(rows):
        return ids
    return tuple(row.patient or f"{ALONE}{name}" for row, name in zip(rows, ids, strict=True))


def _unique_ids(names: Sequence[str]) -> tuple[str, ...]:
    """The shortest of stem, path without ending and path that tells all files apart, safe to write into a CSV."""
    paths = [PurePosixPath(name) for name in names]
    for choice in ([p.stem for p in paths], [p.with_suffix("").as_posix() for p in paths], names):
        ids = tuple(_safe(name) for name in choice)
        if len(set(ids)) == len(ids):
            return ids
    return tuple(f"{_safe(name)}~{index}" for index, name in enumerate(names))


def _safe(name: str) -> str:
    return re.sub(r"[\s,;\"']+", "_", name)
