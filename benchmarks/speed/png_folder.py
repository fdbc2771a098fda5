"""What reading a release from PNG files costs: `python -m benchmarks.speed.png_folder`.

A folder of phantoms with grain as 8-bit grey PNG, read three ways: into memory, as `read_images` reads every folder;
for the first time through a store, which hashes every file, decodes it, and keeps the pixels; and again, when the
store maps what it kept and every pixel is looked at once. Beside them a loop of Pillow, `datasets` and its
imagefolder, and reading the bytes of the kept array. All files were written a moment ago and lie in memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row
from benchmarks.sides import Side, side_by_side
from harness.data.in_threads import threads
from harness.data.options import FolderData
from harness.data.png import grey_png
from harness.data.pool import load_pool
from harness.data.sources.folder.read import read_images
from harness.errors import HarnessWarning
from harness.store import Store

IN_MEMORY_TIMES, KEPT_TIMES, AGAIN_TIMES = 1.7, 1.0, 1 / 1.2
_PATIENTS, _GRAIN = 40, 3.0  # of the phantoms under the grain; its standard deviation, grey levels
_LOOP_FILES, _DATASETS_FILES = 2_000, 500  # at most so many are read by the slower peers
Pixels = NDArray[np.uint8]


def measure(options: argparse.Namespace) -> list[Row]:
    """Three rows, each with its peers."""
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore", HarnessWarning)  # that no file says whose slice it is
        root = Path(name)
        _write(root / "files", options.released, options.size)
        return _rows(root, options.released, options.size)


def _rows(root: Path, n: int, size: int) -> list[Row]:
    files = sorted((root / "files").iterdir())
    loop, few = files[:_LOOP_FILES], _beside(root / "few", files[:_DATASETS_FILES])
    pillow = Side("a loop of Pillow", lambda: _by_pillow(loop), len(loop) / n)
    data = FolderData(root=str(root / "files"), size=size)
    fresh = _numbered(root / "stores")
    kept = Store(root / "kept")
    array = kept.folder("pool", load_pool(data, kept).key) / "pixels.npy"

    def again() -> Pixels:
        pixels = load_pool(data, kept).pixels
        pixels.max()
        return pixels

    def its_bytes() -> Pixels:
        pixels = np.fromfile(array, np.uint8)
        pixels.max()
        return pixels[-n * size * size :].reshape(n, size, size)

    def through(store: Callable[[], Store]) -> Pixels:
        return load_pool(data, store()).pixels

    job = f"{n:,} PNG files of {size} px"
    told: dict[str, Any] = {"apart": _apart, "threads": threads()}
    return [
        side_by_side(
            f"{job}, into memory",
            Side("ours", lambda: read_images(root / "files", size, "files").pixels),
            [
                pillow,
                Side("datasets, imagefolder", lambda: _by_datasets(root, few), len(list(few.iterdir())) / n),
            ],
            IN_MEMORY_TIMES,
            limit=f"inflating, on {threads()} cores",
            **told,
        ),
        side_by_side(
            f"{job}, first time and kept",
            Side("ours", lambda: through(lambda: Store(fresh()))),
            [pillow],
            KEPT_TIMES,
            limit="as above, and each file hashed before, each kept byte written to the disk and hashed after",
            repeats=2,
            **told,
        ),
        side_by_side(
            f"{job}, again", Side("ours", again), [Side("reading the bytes", its_bytes)], AGAIN_TIMES, **told
        ),
    ]


def _write(folder: Path, n: int, size: int) -> None:
    from harness.data.sources.phantom import phantom_slices

    rng = np.random.default_rng(0)
    slices = phantom_slices(_PATIENTS, 2, size, 0).pixels
    folder.mkdir()
    for number in range(n):
        grain = rng.normal(scale=_GRAIN, size=(size, size))
        image = np.clip(np.rint(slices[number % len(slices)] + grain), 0, 255).astype(np.uint8)
        (folder / f"{number:06d}.png").write_bytes(grey_png(image))


def _beside(folder: Path, files: list[Path]) -> Path:
    """The same files in a folder of their own."""
    folder.mkdir()
    for file in files:
        os.link(file, folder / file.name)
    return folder


def _numbered(root: Path) -> Callable[[], Path]:
    """A new folder at every call."""
    root.mkdir()
    return lambda: Path(tempfile.mkdtemp(dir=root))


def _by_pillow(files: list[Path]) -> Pixels:
    from PIL import Image

    return np.stack([np.asarray(Image.open(file)) for file in files])


def _by_datasets(root: Path, folder: Path) -> Pixels:
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory(dir=root) as cache:  # or it would read what it kept the time before
        read = datasets.load_dataset("imagefolder", data_dir=str(folder), cache_dir=cache, split="train")
        return np.stack([np.asarray(one["image"]) for one in read])


def _apart(ours: Pixels, theirs: Pixels) -> float:
    """The largest difference of a pixel, of those images that both read."""
    both = zip(ours, theirs, strict=False)
    return max(float(np.abs(one.astype(np.int16) - other).max()) for one, other in both)


BENCHMARK = Benchmark(
    "speed",
    "png_folder",
    "a release from PNG files, for the first time and again, beside loops of Pillow and datasets",
    measure,
    options=(
        Option("--released", 10_000, {"type": int, "metavar": "N", "help": "fewer released images"}),
        Option("--size", 256, {"type": int, "metavar": "PX", "help": "height and width of the images"}),
    ),
    quick={"released": 60, "size": 64},
    quick_about="60 files of 64 px",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
