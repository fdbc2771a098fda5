"""The official challenge at its full size: `python -m benchmarks.speed.official_size`.

Makes a folder laid out as ImageCLEFmedical GANs 2023 (10,000 + 500 released and 360 real images of 256 px) from
phantoms, then measures, each in a worker process of its own with one thread: reading all of it into the store; every
attack on released images alone against the test's 200 candidates, and what `stack` and its kin observe of the same
release; scikit-image's SSIM on some of the same pairs. Last a dry run on an empty store, as a user starts it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.measured import Run, run_harness
from benchmarks.rows import Row, at_least, at_most
from benchmarks.speed.official_size.folder import known, make_folder
from benchmarks.speed.official_size.jobs import (
    PEER_PAIRS,
    Official,
    alone,
    attack,
    count_different,
    load,
    pair_by_pair,
)
from harness.data.options import EditionFolder
from harness.editions.load import load_edition

EDITION = "imageclef2023"
MEMORY_GIB, DRY_RUN_SEC, SAME = 6.0, 5.0, 1e-6
_PEER = "scikit-image structural_similarity, pair by pair"


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: memory of loading and of the attacks, seconds of each attack, and the dry run."""
    edition = load_edition(EDITION)
    size = known(edition.image_size)
    n_released = options.released or known(edition.leaves["test_generated"].count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "edition"
        started = time.perf_counter()
        make_folder(root, edition, n_released)
        made_seconds = time.perf_counter() - started
        data = Official(EditionFolder(name=EDITION, root=str(root), size=size), folder / "store")
        loaded = alone(load, data)
        n_different = alone(count_different, data)
        attacked = alone(attack, data)
        peer = alone(pair_by_pair, data)
        dry = _dry_runs(folder, ["attack=knn", f"attack=all data.size={size}"])
    detail = {"released": n_released, "pixels": size}
    pairs = {"pairs": PEER_PAIRS, "pixels": size}
    return [
        Row("making the folder from phantoms", made_seconds, "s", None, None, detail=detail),
        at_least("released images of the test that differ", n_different, "count", n_released),
        Row("loading all images", loaded.seconds, "s", None, None, detail=detail),
        at_most("peak memory of loading", loaded.peak_gib, "GiB", MEMORY_GIB, **detail),
        *(Row(one, seconds, "s", None, None, detail=detail) for one, seconds in attacked.seconds.items()),
        at_most("peak memory of all these attacks", attacked.peak_gib, "GiB", MEMORY_GIB, **detail),
        replace(at_least("scikit-image's SSIM takes as many times", peer.ratio, "ratio", 1.0, **pairs), peer=_PEER),
        replace(at_most("largest difference of an SSIM from it", peer.apart, "SSIM", SAME, **pairs), peer=_PEER),
        *(at_most(f"dry_run=true {asked}", run.seconds, "s", DRY_RUN_SEC, **detail) for asked, run in dry.items()),
        *(at_most(f"its peak memory, {asked}", run.peak_gib, "GiB", MEMORY_GIB) for asked, run in dry.items()),
    ]


def _dry_runs(folder: Path, asked: Sequence[str]) -> dict[str, Run]:
    """A dry run of each of the options asked for, on a store of its own."""
    data = [f"data={EDITION}", f"data.root={folder / 'edition'}", "dry_run=true"]
    return {
        options: run_harness(folder, [*data, f"store.root={folder / f'dry_{number}'}", *options.split()])
        for number, options in enumerate(asked)
    }


BENCHMARK = Benchmark(
    "speed",
    "official_size",
    "memory and time of the official challenge of 2023 at its full size, from phantoms",
    measure,
    options=(Option("--released", None, {"type": int, "metavar": "N", "help": "fewer released images"}),),
    quick={"released": 200},
    quick_about="200 released images in place of 10,000",
)
