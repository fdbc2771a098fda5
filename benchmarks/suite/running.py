"""Runs tasks: each is one `python -m harness.run`, and its folder says of which suite it is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.measured import run_harness
from benchmarks.suite.definition import Suite, SuiteFacts
from benchmarks.suite.results import RUN
from harness.config.settings import composed
from harness.errors import InputError
from harness.finished.found import OF_SUITE
from harness.finished.reading import manifest_of, read_run
from harness.writing import replace_file

_FEWEST = 4  # shadows that a run can be planned with
_ELSEWHERE = 1_000  # added to the seeds of a suite where its levels are looked for: never judged on the same data


class Places(NamedTuple):
    """Where artefacts are kept, the slices of a user's own suite, and what computes: options of `harness.run`."""

    store: Path
    folder: str | None
    computes: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """The options that say where, none of which decides what is found."""
        return [f"store.root={self.store}", *self.computes]


def run_task(suite: Suite, name: str, out: Path, places: Places, attacks: str | None = None) -> Path:
    """Run a task, or what is left of it; returns the folder of its results.

    attacks: in place of the suite's, in a folder of their own. InputError where the options are no run's, and where
    the pool is not the suite's: then nothing that it gives may be compared.
    """
    own = "" if attacks is None else f"-{hashlib.sha256(attacks.encode()).hexdigest()[:8]}"
    here = out / f"{name}{own}"
    about, run = here / OF_SUITE, here / RUN
    words = [*suite.words(name, places.folder), f"attack={suite.attacks if attacks is None else attacks}"]
    words += [*places.words, f"out={run}"]
    composed(words)  # a mistake in them is told here, and as one
    here.mkdir(parents=True, exist_ok=True)
    run_harness(here, words)
    try:
        pool = check_pool(suite, name, run)
    except InputError:
        about.unlink(missing_ok=True)
        raise
    replace_file(about, json.dumps(asdict(SuiteFacts(**suite.about_task(name), pool=pool)), indent=2) + "\n")
    return here


def check_pool(suite: Suite, name: str, run: Path) -> str:
    """The pool that a run of a task was made of. InputError where it is not the suite's."""
    pool, frozen = manifest_of(read_run(run)).pool, suite.pools[suite.tasks[name].pool].digest
    if frozen is not None and pool != frozen:
        raise InputError(
            f"The task {name} of {suite.name} was made of the pool {pool} here, and not of {frozen}: it is another "
            "benchmark, and its results compare with nobody's."
        )
    return pool


def knn_elsewhere(suite: Suite, name: str, steps: int, draw: int, places: Places) -> float:
    """The AUC of plain `knn` where a task's generators take so many steps, on seeds that are not the suite's."""
    words = suite.words(name, places.folder)
    kept = [word for word in words if not word.startswith(("shadow.steps=", "shadow.count="))]
    moved = [_moved(word, _ELSEWHERE + draw) for word in kept]
    with TemporaryDirectory() as temporary:
        here = Path(temporary)
        own = [
            f"shadow.steps={steps}",
            f"shadow.count={_FEWEST}",
            "attack=knn",
            *places.words,
            f"out={here / 'run'}",
        ]
        run_harness(here, [*moved, *own])
        records = read_run(here / "run").results.records
    return next(
        one.auc.value
        for one in records
        if (one.attack, one.target_set) == ("knn", "shadow") and one.auc is not None and one.auc.value is not None
    )


def steps_for(steps: Sequence[int], found: Sequence[float], wanted: float) -> int | None:
    """The steps at which plain `knn` has the AUC that is wanted, read off what was found: straight lines over the
    logarithm of the steps. None where what was tried does not reach from below it to above it.

    steps: ascending; found: the AUC at each, made to ascend first (a step that found less takes the mean with its
    neighbours: isotonic regression).
    """
    from sklearn.isotonic import IsotonicRegression  # start-up: seconds to import

    rising = IsotonicRegression().fit_transform(np.log(steps), found)
    if not rising[0] <= wanted <= rising[-1]:
        return None
    above = min(int(np.searchsorted(rising, wanted)), len(rising) - 1)
    below = max(above - 1, 0)
    span = rising[above] - rising[below]
    part = (wanted - rising[below]) / span if span > 0 else 0.0
    return round(float(np.exp(np.log(steps[below]) * (1 - part) + np.log(steps[above]) * part)))


def hours(suite: Suite, name: str) -> float:
    """Hours that the trainings of a task take by what was measured where the suite was made: of all cores here, or of
    one GPU."""
    at_a_time = 1 if suite.gpu else len(os.sched_getaffinity(0))
    return suite.trainings * suite.tasks[name].core_seconds / at_a_time / 3600


def gib(suite: Suite, name: str) -> float:
    """What a task keeps in the store."""
    return suite.trainings * suite.tasks[name].mib / 1024


def _moved(word: str, by: int) -> str:
    """An option with another seed, if it is one of a seed."""
    name, _, value = word.partition("=")
    return f"{name}={int(value) + by}" if name in ("seed", "data.seed") else word
