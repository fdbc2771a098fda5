"""How cost grows with each size of the problem: `python -m benchmarks.speed.growth --picture FILE`.

The attack `knn` (five nearest of each candidate) by released images, by candidates, and by height and width of
images; a dry run, which plans every training and every attack, by shadows. The released images are phantoms mixed in
twos under grain, the candidates others of the same; a release lies on disk and is read by its pages. A line is
fitted to the logarithms of each axis (least squares): its slope is the exponent, beside the least and the largest
slope from one point to the next. One core.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from attacks.knn import NearestNeighbour
from attacks.view import View
from benchmarks.benchmark import Benchmark, Option
from benchmarks.rows import Row
from benchmarks.sides import limited_threads
from benchmarks.speed.growth.picture import Axis, draw
from harness.errors import HarnessWarning, InputError
from harness.places import check_file

K, KINDS, GRAIN = 5, 60, 4  # nearest images; phantoms that are mixed; grey levels that grain adds at most
_BLOCK_BYTES = 2**25  # of images made at a time
_REPEATS, _LONG_SEC = 3, 2.0  # what takes longer is done once
_FIXED_RELEASED, _FIXED_CANDIDATES, _FIXED_SIZE, _FEW = 2_000, 100, 32, 20
Images = NDArray[np.uint8]


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an axis: the exponent, with its points in the detail; the picture, where it is asked for."""
    check_file("--picture", options.picture)
    for axis in ("growing", "asked", "sizes", "shadows"):
        if len({*getattr(options, axis)}) < 2:
            raise InputError(f"--{axis} needs two points or more, for growth is between them.")
    with limited_threads(1), tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore", HarnessWarning)
        axes = [*_of_attack(Path(name), options), _of_plan(Path(name), options.shadows)]
    if options.picture is not None:
        draw(options.picture, axes)
    return [_row(one) for one in axes]


def _row(axis: Axis) -> Row:
    exponent, least, largest = axis.slopes
    named = f"{axis.held}, by {axis.name} {axis.points[0]:,} to {axis.points[-1]:,}"
    detail = {"least": least, "largest": largest, "points": list(axis.points), "seconds": axis.seconds}
    return Row(f"{named}: {least:.2f} to {largest:.2f}", exponent, "exponent", detail=detail)


def _of_attack(root: Path, options: argparse.Namespace) -> list[Axis]:
    rng = np.random.default_rng(0)
    kinds = {size: _kinds(size) for size in {_FIXED_SIZE, *options.sizes}}
    released = _on_disk(root / "released.npy", kinds[_FIXED_SIZE], max(options.growing), rng)
    candidates = _mixed(kinds[_FIXED_SIZE], max([_FIXED_CANDIDATES, *options.asked]), rng)
    _seconds(candidates[:_FEW], released[:_FIXED_RELEASED])  # what is compiled or imported is not timed

    def by_size(size: int) -> float:
        return _seconds(_mixed(kinds[size], _FIXED_CANDIDATES, rng), _mixed(kinds[size], _FIXED_RELEASED, rng))

    by_released = [_seconds(candidates[:_FEW], released[:n]) for n in options.growing]
    by_candidates = [_seconds(candidates[:n], released[:_FIXED_RELEASED]) for n in options.asked]
    sized = [by_size(size) for size in options.sizes]
    n, m, px = f"{_FIXED_CANDIDATES} candidates", f"{_FIXED_RELEASED:,} released", f"{_FIXED_SIZE} px"
    return [
        Axis("released images", f"knn, {_FEW} candidates, {px}", options.growing, by_released),
        Axis("candidates", f"knn, {m}, {px}", options.asked, by_candidates),
        Axis("height and width", f"knn, {n}, {m}", options.sizes, sized),
    ]


def _of_plan(root: Path, shadows: Sequence[int]) -> Axis:
    from harness.config.settings import composed  # here, so that --help does not pay for the harness
    from harness.run.dry_run import show_plan

    def dry_run(count: int) -> None:
        show_plan(composed([f"shadow.count={count}", f"store.root={root / 'store'}"]), Console(quiet=True))

    dry_run(shadows[0])
    return Axis("shadows", "dry run", shadows, [_least(partial(dry_run, count)) for count in shadows])


def _seconds(candidates: Images, release: Images) -> float:
    """Of what `knn` observes of a release that it has not seen."""
    return _least(lambda: NearestNeighbour(k=K).observed(View(candidates, release)))


def _least(work: Callable[[], object]) -> float:
    """Wall seconds of the fastest repeat: others' work on the machine only adds."""
    found: list[float] = []
    while len(found) < _REPEATS and sum(found) < _LONG_SEC:
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def _kinds(size: int) -> Images:
    from harness.data.sources.phantom import phantom_slices

    return phantom_slices(KINDS, 1, size, 0).pixels


def _mixed(kinds: Images, n: int, rng: np.random.Generator) -> Images:
    """Phantoms in twos, in any proportion, under grain: uint8 [n, size, size]."""
    one, other = (kinds[rng.integers(len(kinds), size=n)].astype(np.uint16) for _ in range(2))
    share = rng.integers(0, 257, size=(n, 1, 1), dtype=np.uint16)
    mixed = (one * (256 - share) + other * share) >> 8  # 255 * 256 fits into 16 bits
    grain = rng.integers(0, GRAIN + 1, size=mixed.shape, dtype=np.uint8)
    return np.minimum(mixed + grain, 255).astype(np.uint8)


def _on_disk(path: Path, kinds: Images, n: int, rng: np.random.Generator) -> Images:
    """The same in a file, mapped."""
    file = np.lib.format.open_memmap(path, "w+", np.uint8, (n, *kinds.shape[1:]))
    block = max(1, _BLOCK_BYTES // kinds[0].size)
    for start in range(0, n, block):
        file[start : start + block] = _mixed(kinds, min(block, n - start), rng)
    file.flush()
    mapped: Images = np.load(path, mmap_mode="r")
    return mapped


def _axis(flag: str, points: list[int], about: str) -> Option:
    return Option(flag, points, {"type": int, "nargs": "+", "metavar": "N", "help": f"points of the axis: {about}"})


BENCHMARK = Benchmark(
    "speed",
    "growth",
    "how the cost of knn grows with released images, candidates and pixels, and that of a dry run with shadows",
    measure,
    options=(
        _axis("--growing", [1_000, 10_000, 100_000, 1_000_000], "released images"),
        _axis("--asked", [100, 1_000, 10_000], "candidates"),
        _axis("--sizes", [32, 64, 128, 256], "height and width of images, pixels"),
        _axis("--shadows", [4, 8, 16, 32, 64], "shadows of the dry run, even from 4"),
        Option("--picture", None, {"type": Path, "metavar": "FILE", "help": "draw them there, a PNG or an SVG"}),
    ),
    quick={"growing": [200, 400, 800], "asked": [10, 20, 40], "sizes": [16, 32], "shadows": [4, 8]},
    quick_about="a few hundred images, at most 8 shadows",
)
