"""Which training subset made an image, which images one generator made: `python -m benchmarks.power.attribution`.

Five generators of one recipe learn five subsets of the real slices, no patient in two, as in subtask 2 of 2025, of
unequal sizes so that a calibration has something to mend. Every distance and calibration of `harness.attribution`
answers for their released images, and every method of clustering parts them without any slice.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.rows import Row
from harness.attribution.__main__ import CALIBRATIONS, DISTANCES, METHODS
from harness.attribution.clusters import adjusted_rand, clustered
from harness.attribution.scores import attributed
from harness.attribution.scores import measure as distances
from harness.cli import console
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.making import make_launcher
from harness.jobs.targets import images_of
from harness.planning.make import generator_job
from harness.seeds import rng_of
from harness.store import Store

SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)  # of the patients


def subsets_of(pool: Pool, seed: int) -> list[NDArray[np.bool_]]:
    """Which slices taken are in each subset, bool [n] each: patients dealt at random."""
    owner = np.array([pool.patient_ids[place] for place in pool.taken])
    patients = rng_of(seed, "attribution", "subsets").permutation(np.unique(owner))
    ends = np.rint(np.cumsum(SHARES) * len(patients)).astype(int)[:-1]
    return [np.isin(owner, part) for part in np.split(patients, ends)]


def jobs_of(settings: Settings, pool: Pool, n_images: int) -> list[GeneratorJob]:
    """A generator a subset."""
    members = subsets_of(pool, settings.seed)
    return [generator_job(settings, pool, f"subset {n}", one, n_images) for n, one in enumerate(members, start=1)]


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: accuracy of every distance and calibration, adjusted Rand index of every clustering."""
    data = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=3", "shadow.start=nothing"]
    with TemporaryDirectory() as temporary:
        store_root = options.store or Path(temporary) / "store"
        settings = composed([*data, f"store.root={store_root}", *options.override])
        store = Store(settings.store_root)
        pool = load_pool(settings.data, store)
        jobs = jobs_of(settings, pool, options.images)
        with closing(make_launcher(settings.launch, settings.device, store)) as launcher:
            Executor(store, launcher, console()).train(jobs)
        subsets = [np.array(pool.pixels[list(job.members)]) for job in jobs]
        images = np.concatenate([images_of(job.release(options.images), store) for job in jobs])
    truth = np.repeat(np.arange(len(jobs)), options.images)
    return [*_attributions(subsets, images, truth), *_clusterings(images, truth)]


def _attributions(subsets: Sequence[Images], images: Images, truth: NDArray[np.intp]) -> list[Row]:
    rows = []
    sizes = {"slices": [len(one) for one in subsets], "images": len(images)}
    for distance in DISTANCES:
        measured = distances(distance, subsets, images)
        for calibration in CALIBRATIONS:
            right = float((attributed(measured, calibration) == truth).mean())
            rows.append(Row(f"{distance}, {calibration}", right, "accuracy", None, None, detail=sizes))
    return [*rows, Row("always one subset", 1 / len(subsets), "accuracy", None, None)]


def _clusterings(images: Images, truth: NDArray[np.intp]) -> list[Row]:
    return [
        Row(
            f"clusters by {method}",
            float(adjusted_rand(clustered(images, method, len(SHARES)), truth)[0]),
            "adjusted Rand",
            None,
            None,
        )
        for method in METHODS
    ]


BENCHMARK = Benchmark(
    "power",
    "attribution",
    "which training subset made an image, which images one generator made",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--images", 200, {"type": int, "metavar": "N", "help": "of each of the five generators"}),
        OVERRIDE,
    ),
    needs=(LUNG_SLICES,),
    quick={"images": 20, "override": TINY},
    quick_about=f"{TINY_ABOUT}, 20 images each",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
