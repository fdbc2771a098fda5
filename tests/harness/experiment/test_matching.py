"""The recipe that fits: of several, that whose release is most like the test's, from the trial to the settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import STEPS, TINY
from tiny_edition import copies

from harness.config.settings import composed
from harness.data.edition_release import RELEASED_FILE, EditionRelease
from harness.data.options import PhantomData
from harness.data.pool import load_pool
from harness.data.sources.phantom import phantom_slices
from harness.evaluation.release_statistics import STATISTICS, compared, statistics
from harness.experiment.matching import match_recipe
from harness.planning.make import make_plan
from harness.planning.trials import recipes_tried
from harness.store import Store
from harness.writing import save_array

# Of the release that a recipe of so many steps is made to have.
NOISE = {STEPS // 2: 5.0, STEPS: 20.0, STEPS * 2: 60.0}
N_RELEASED = 60


class Executor:
    """In the place of one: a recipe's release is copies of some slices, with the noise that its steps stand for."""

    def __init__(self, store: Store, pixels: np.ndarray) -> None:
        self.store, self._pixels = store, pixels
        self.trained: list[int] = []

    def put(self, kind: str, key: str, noise: float, seed: int) -> None:
        images = copies(self._pixels[:12], N_RELEASED // 12, noise, seed)
        self.store.get(kind, key, lambda folder: save_array(folder / RELEASED_FILE, images))

    def train(self, jobs) -> None:
        for seed, job in enumerate(jobs):
            self.trained.append(job.recipe.steps)
            self.put("release", job.release_key, NOISE[job.recipe.steps], seed)


@pytest.fixture
def edition(tmp_path):
    """`edition(noise, *options)`: settings, a pool whose test release has so much noise, and the executor."""

    def make(noise: float, *options: str):
        settings = composed([*TINY, f"store.root={tmp_path}", "shadow.match_steps=[0.5,1,2]", *options])
        store = Store(tmp_path)
        pool = load_pool(PhantomData(size=16, patients=20, slices=2), store)
        executor = Executor(store, np.asarray(pool.pixels))
        executor.put("given", "t", noise, 99)
        given = EditionRelease(np.arange(24), None, N_RELEASED, "t", "", tmp_path)
        return settings, replace(pool, given={"test": given}), executor

    return make


@pytest.mark.parametrize("best", NOISE)
def test_the_settings_get_the_recipe_whose_release_is_most_alike(edition, best):
    settings, pool, executor = edition(NOISE[best])
    found, matches, _ = match_recipe(settings, pool, executor)
    assert found.recipe == replace(settings.recipe, steps=best)
    assert replace(found, recipe=settings.recipe) == settings, "nothing but the steps"
    assert executor.trained == [*NOISE]
    assert [one.steps for one in matches] == [*NOISE]
    assert min(matches, key=lambda one: one.distance).steps == best
    assert all(tuple(one.distances) == STATISTICS for one in matches)


def test_the_trial_that_fits_is_a_shadow_already(edition):
    settings, pool, executor = edition(NOISE[2 * STEPS])
    trials = recipes_tried(settings, pool)
    found = match_recipe(settings, pool, executor).settings
    keys = [trial.job.key for trial in trials]
    assert make_plan(replace(found, n_images=None), pool).generators[0].key == keys[2]


def test_a_single_recipe_is_taken_untried(edition):
    settings, pool, executor = edition(NOISE[STEPS // 2], "shadow.match_steps=[2]")
    found, matches, _ = match_recipe(settings, pool, executor)
    assert (found.recipe.steps, matches, executor.trained) == (2 * STEPS, [], [])


def test_without_a_given_release_nothing_is_tried(edition):
    settings, pool, executor = edition(NOISE[STEPS // 2])
    assert match_recipe(settings, replace(pool, given={}), executor) == (settings, [], {})
    assert executor.trained == []


def test_the_recipe_whose_release_is_most_alike_is_nearest():
    """Copies with more or less noise: the trial with the target's own noise has the smallest distance in each law."""
    slices, rng = phantom_slices(30, 1, 32, 0).pixels, np.random.default_rng(0)

    def release(noise: float) -> np.ndarray:
        images = slices[rng.integers(0, 15, 200)] + rng.normal(0, noise, (200, 32, 32))
        return np.clip(images, 0, 255).astype(np.uint8)

    tried = [statistics(release(noise), slices) for noise in (5, 20, 60)]
    for place, noise in enumerate((5, 20, 60)):
        far = compared(statistics(release(noise), slices), tried)
        assert far.mean(axis=1).argmin() == place
