"""Which recipe of our own releases images most like those of a release whose recipe nobody tells.

Everything that is compared is unlabelled: see `release_statistics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from harness.config.settings import Settings
from harness.data.edition_release import RELEASED_FILE
from harness.data.pool import Pool
from harness.evaluation.metrics import Floats
from harness.evaluation.release_statistics import STATISTICS, compared, outlines, statistics
from harness.experiment.executor import Executor
from harness.jobs.targets import ReleaseSpec, images_of
from harness.planning.trials import N_COMPARED, recipes_tried, untried


class Match(NamedTuple):
    """One recipe tried, by its family and steps.

    distances: of its release's laws to those of the test's, by statistic, in units of how far the tried recipes lie
    from each other; their mean decides. outlines: quantiles of its own laws. realised_fpr: of the chosen attack
    before its release, by nominal rate, at thresholds that the recipe taken taught; None where it was not measured.
    """

    family: str
    steps: int
    distances: Mapping[str, float]
    outlines: Mapping[str, list[float]]
    realised_fpr: Mapping[str, float] | None = None

    @property
    def distance(self) -> float:
        """Mean over the statistics, 0 for the same law."""
        return float(np.mean(list(self.distances.values())))


class Matching(NamedTuple):
    """settings: with the recipe that fits best; matches: every recipe tried; test: outlines of the test's laws."""

    settings: Settings
    matches: list[Match]
    test: Mapping[str, list[float]]


def match_recipe(settings: Settings, pool: Pool, executor: Executor) -> Matching:
    """The settings with the recipe that fits an edition's test release best, and every recipe tried."""
    trials = recipes_tried(settings, pool)
    if not trials:
        return Matching(untried(settings), [], {})
    jobs = [trial.job for trial in trials]
    executor.train(jobs)
    given = pool.given["test"]
    n = min(N_COMPARED, given.n_images)
    candidates = np.asarray(pool.pixels[given.candidates])

    def seen(release: ReleaseSpec) -> list[Floats]:
        return statistics(np.asarray(images_of(release, executor.store)), candidates)

    target = seen(ReleaseSpec("given", given.key, RELEASED_FILE, n))
    laws = [seen(job.release(n)) for job in jobs]
    matches = [
        Match(job.recipe.name, job.recipe.n_steps, dict(zip(STATISTICS, row.tolist(), strict=True)), outlines(own))
        for job, row, own in zip(jobs, compared(target, laws), laws, strict=True)
    ]
    best = min(zip(matches, trials, strict=True), key=lambda pair: pair[0].distance)[1]
    return Matching(settings.made_as(best.making), matches, outlines(target))
