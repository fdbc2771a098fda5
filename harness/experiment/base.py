"""The base that all trainings of a run start from, brought into the store."""

from __future__ import annotations

from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import check_pool_size
from harness.experiment.executor import Executor
from harness.planning.start import with_start


def from_base(settings: Settings, pool: Pool, executor: Executor) -> Settings:
    """The settings with the key of their base, which is in the store from here on; unchanged where there is none.

    Raises InputError for a pool too small for any plan, before anything is trained.
    """
    patients = [pool.people[place] for place in pool.taken]
    check_pool_size(len(pool), patients, settings.shadow_count, settings.data)
    settings, base = with_start(settings, pool)
    if base is not None:
        executor.prepare(base.jobs)
    return settings
