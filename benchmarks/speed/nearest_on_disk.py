"""Nearest neighbours in a release that stays on disk: `python -m benchmarks.speed.nearest_on_disk`.

A million images of 64 px in one file, mapped into memory as the store gives a release, beside faiss's flat index
filled again and again with a part of it (a shard) that memory holds. Time at a quarter, a half and all of them tells
how it grows. And what a distance that no bound helps takes for a release as a whole and, as `launch.shard_images`
cuts it, shard by shard, put together.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.in_shards import rows_in_shards
from benchmarks.made_up_release import Images, slices
from benchmarks.rows import Row, at_most
from benchmarks.sides import Side, limited_threads, side_by_side
from benchmarks.speed.nearest import CANDIDATES, SIZE, Found, K, by_bounds, faiss_flat

REACH, MEMORY_MIB, EXPONENT = 1.0, 4096.0, 1.1
_SHARE, _SHARD = 0.02, 10_000
_AT_ONCE = 10_000  # images made and written together
_SAME = 1.0  # grey levels of norm that faiss's float32 may be off by


def write_release(path: Path, candidates: Images, others: Images, n: int) -> None:
    """A file of uint8 [n, h, w] as of `made_up_release`, in quarters, and every thousandth a grainy candidate."""
    rng = np.random.default_rng(0)
    grains = rng.integers(0, 9, (64, *others.shape[1:]), dtype=np.uint8)
    quarters = np.stack([(others.astype(np.uint16) * quarter // 4).astype(np.uint8) for quarter in range(5)])
    release = np.lib.format.open_memmap(path, "w+", np.uint8, (n, *others.shape[1:]))
    for start in range(0, n, _AT_ONCE):
        some = min(_AT_ONCE, n - start)
        one, other = rng.integers(len(others), size=(2, some))
        share = rng.choice(5, size=some, p=[0.3, 0.15, 0.1, 0.15, 0.3])
        images = quarters[share, one] + quarters[4 - share, other]
        copied = np.arange(0, some, 1000)
        images[copied] = candidates[rng.integers(len(candidates), size=len(copied))]
        np.minimum(images, 247, out=images)
        release[start : start + some] = images + grains[rng.integers(len(grains), size=some)]
    release.flush()


def faiss_in_shards(candidates: Images, release: Images, k: int) -> Found:
    """faiss IndexFlatL2 shard by shard, the k nearest of all merged."""
    found = []
    for start in range(0, len(release), _SHARD):
        shard = faiss_flat(candidates, release[start : start + _SHARD], min(k, len(release) - start))
        found.append(Found(shard.distances, shard.places + start))
    distances, places = (np.concatenate(one, axis=1) for one in zip(*found, strict=True))
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Found(np.take_along_axis(distances, order, axis=1), np.take_along_axis(places, order, axis=1))


def _growth(candidates: Images, release: Images, k: int) -> Row:
    """The exponent of the time over the number of images, fitted over a quarter, a half and all."""
    sizes, seconds = [len(release) // part for part in (4, 2, 1)], []
    with limited_threads(1):
        for n in sizes:
            started = time.perf_counter()
            by_bounds(candidates, release[:n], k)
            seconds.append(time.perf_counter() - started)
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    return at_most("time grows with the release to the power", exponent, "", EXPONENT, images=sizes, seconds=seconds)


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: beside faiss, memory, growth, in shards."""
    n, k = options.candidates[0], options.k
    pool = slices(2 * n, options.size, None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        write_release(path, pool[:n], pool[n:], options.on_disk)
        release = np.load(path, mmap_mode="r")
        part = release[: max(k, round(_SHARE * len(release)))]
        of_part = by_bounds(pool[:n], part, k)
        row = side_by_side(
            f"exact {k}-NN of {n} in {len(release):,} on disk, {options.size} px",
            Side("ours", lambda: by_bounds(pool[:n], release, k)),
            [
                Side(
                    "faiss flat, in shards",
                    lambda: faiss_in_shards(pool[:n], part, k),
                    share=len(part) / len(release),
                )
            ],
            REACH,
            apart=lambda _, theirs: float(np.abs(of_part.distances - theirs.distances).max()),
            within=_SAME,
            repeats=2,
            limit="reading the file; apart in grey levels of norm, faiss's rounding",
        )
        memory = at_most("memory of that beyond what was held before", row.sides[0].peak_mib, "MiB", MEMORY_MIB)
        return [row, memory, _growth(pool[:n], release, k), *rows_in_shards(pool[:n], path, k)]


BENCHMARK = Benchmark(
    "speed",
    "nearest_on_disk",
    "the nearest of a million released images on disk, beside faiss in shards",
    measure,
    options=(
        Option(CANDIDATES.flag, [100], CANDIDATES.how),
        Option("--on-disk", 1_000_000, {"type": int, "metavar": "N", "help": "images on disk"}),
        Option(SIZE.flag, 64, SIZE.how),
        K,
    ),
    quick={"candidates": [20], "on_disk": 5_000, "size": 32},
    quick_about="20 candidates, 5,000 images of 32 px",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
