"""Which recipe of our own releases images most like those of a release whose recipe nobody tells.

Everything that is compared is unlabelled: how near released images are to each other, how near candidates are to
released images, and which greys are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.distances import Distance
from harness.config.settings import Settings
from harness.data.edition_release import RELEASED_FILE
from harness.data.pool import Pool
from harness.evaluation.metrics import Floats
from harness.experiment.executor import Executor
from harness.jobs.targets import ReleaseSpec, images_of
from harness.planning.trials import N_COMPARED, recipes_tried, scaled

STATISTICS = ("within the release", "candidates to release", "greys")
_SMALLEST = 1e-6


class Match(NamedTuple):
    """One recipe tried, by its family and steps. distances: by statistic, in units of how far the tried recipes lie
    from each other; their mean decides."""

    family: str
    steps: int
    distances: Mapping[str, float]

    @property
    def distance(self) -> float:
        """Mean over the statistics, 0 for the same law."""
        return float(np.mean(list(self.distances.values())))


def match_recipe(settings: Settings, pool: Pool, executor: Executor) -> tuple[Settings, list[Match]]:
    """The settings with the recipe that fits an edition's test release best, and every recipe tried."""
    trials = recipes_tried(settings, pool)
    if not trials:
        only = settings.rivals[0] if settings.rivals else settings.making
        times = settings.match_steps[0] if len(settings.match_steps) == 1 else 1.0
        return settings.made_as(only._replace(recipe=scaled(only.recipe, times))), []
    jobs = [trial.job for trial in trials]
    executor.train(jobs)
    given = pool.given["test"]
    n = min(N_COMPARED, given.n_images)
    candidates = np.asarray(pool.pixels[given.candidates])

    def seen(release: ReleaseSpec) -> list[Floats]:
        return statistics(np.asarray(images_of(release, executor.store)), candidates)

    target = seen(ReleaseSpec("given", given.key, RELEASED_FILE, n))
    found = compared(target, [seen(job.release(n)) for job in jobs])
    matches = [
        Match(job.recipe.name, job.recipe.n_steps, dict(zip(STATISTICS, row.tolist(), strict=True)))
        for job, row in zip(jobs, found, strict=True)
    ]
    best = min(zip(matches, trials, strict=True), key=lambda pair: pair[0].distance)[1]
    return settings.made_as(best.making), matches


def statistics(release: Images, candidates: Images) -> list[Floats]:
    """What a release looks like, as samples of three laws: one array a statistic of `STATISTICS`.

    release: uint8 [m, h, w], m >= 2; candidates: uint8 [n, h, w]. Log distances are of root mean squares in grey
    levels; greys are the released images' own quantiles, 0 to 1.
    """
    pixel, scale = Distance(), np.sqrt(release[0].size)
    within = pixel.between(release, release, candidates) / scale
    np.fill_diagonal(within, np.inf)
    nearest = pixel.between(candidates, release, candidates).min(axis=1) / scale
    greys = np.quantile(release, np.linspace(0, 1, 257)) / 255
    return [np.log(np.maximum(within.min(axis=1), _SMALLEST)), np.log(np.maximum(nearest, _SMALLEST)), greys]


def compared(target: Sequence[Floats], tried: Sequence[Sequence[Floats]]) -> NDArray[np.float64]:
    """Wasserstein distances [recipes, statistics] of the tried recipes' laws to the target's.

    Each is divided by the mean distance of the tried recipes to each other, so that statistics on different scales
    weigh the same, and one in which the recipes hardly differ is not blown up below a hundredth.
    """
    from scipy.stats import wasserstein_distance  # start-up: seconds to import

    far = np.array([[wasserstein_distance(*pair) for pair in zip(target, one, strict=True)] for one in tried])
    apart = np.array(
        [
            [wasserstein_distance(*pair) for pair in zip(one, other, strict=True)]
            for i, one in enumerate(tried)
            for other in tried[:i]
        ]
    )
    return np.asarray(far / np.maximum(apart.mean(axis=0), 0.01))
