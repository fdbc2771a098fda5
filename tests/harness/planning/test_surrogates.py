"""Surrogates: alike for shadows and target, in the models' place, and only for attacks that ask a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import STEPS, TINY

from attacks.registry import find_attacks
from harness.config.settings import composed
from harness.data.edition_release import EditionRelease
from harness.data.options import PhantomData
from harness.data.pool import load_pool
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.surrogates import surrogate_jobs, via_surrogates
from harness.planning.work import work_list
from harness.store import Store

ATTACKS = ("knn", "ssim_cal", "loss", "loss_cal", "gsa", "stack", "stack_model", "blind")
ASKING = ("loss", "loss_cal", "gsa", "stack_model")


@pytest.fixture
def official(tmp_path):
    """Settings and plan of an edition's kind: 24 slices to test, 8 of dev, 8 more; `official(options)`."""

    def make(*options: str):
        settings = composed([*TINY, "data.patients=20", f"store.root={tmp_path}", "shadow.count=6", *options])
        pool = load_pool(PhantomData(size=16, patients=20, slices=2), Store(tmp_path))
        test = EditionRelease(np.arange(24), None, 16, "t", "", tmp_path)
        dev = EditionRelease(np.arange(24, 32), np.arange(8) < 4, 6, "d", "", tmp_path)
        settings = replace(settings, use_surrogates=True)
        return settings, make_plan(settings, replace(pool, given={"test": test, "dev": dev}))

    return make


@pytest.mark.parametrize(("options", "steps"), [([], STEPS), (["surrogate.steps=7"], 7)])
def test_every_surrogate_is_trained_the_same_way(official, options, steps):
    """What shadows teach carries over to the target only if its surrogate was made as theirs were."""
    settings, plan = official(*options)
    for of in (plan, plan.dev):
        jobs = surrogate_jobs(settings, of)
        assert len(jobs) == 7, "six shadows and the target"
        assert all(job.recipe == replace(settings.recipe, steps=steps) for job in jobs)
        assert len({job.seed for job in jobs}) == 1
        assert len({job.key for job in jobs}) == 7, "they differ by what was released"


def test_surrogates_learn_from_what_is_looked_at_and_replace_every_model(official):
    settings, plan = official()
    for of in (plan, plan.dev):
        via, jobs = via_surrogates(settings, of), surrogate_jobs(settings, of)
        assert [job.release for job in jobs] == of.releases
        assert [spec.target.view.generator for spec in via.shadows] == [job.key for job in jobs[:-1]]
        assert via.test.target.view.generator == jobs[-1].key, "the test's own model is nowhere: its surrogate is"
        known = {job.key for job in jobs[:-1]}
        for target in [via.test.target, *(spec.target for spec in via.shadows)]:
            assert {one.view.generator for one in target.references} <= known


def test_only_attacks_that_ask_a_model_are_tried_via_surrogates(official):
    settings, plan = official()
    attacks = {name: find_attacks().by_name[name]() for name in ATTACKS}
    work = work_list(replace(settings, attacks=attacks), plan)
    own, via = work.attacks[: len(ATTACKS)], work.attacks[len(ATTACKS) :]
    assert own == [PlannedAttack(attack, plan) for attack in attacks.values()]
    assert [one.label for one in via] == [f"{name}@surrogate" for name in ASKING]
    assert all(one.plan == via_surrogates(settings, plan) for one in via)
    assert [job.key for job in work.surrogates] == [job.key for job in surrogate_jobs(settings, plan)], (
        "once, for all"
    )
    assert [job.key for job in work.surrogates_of_dev] == [job.key for job in surrogate_jobs(settings, plan.dev)]
    unchecked = work_list(replace(settings, attacks=attacks, surrogates_on_dev=False), plan)
    assert unchecked.surrogates
    assert not unchecked.surrogates_of_dev


def test_nothing_is_trained_where_nobody_asks_or_none_are_wanted(official):
    settings, plan = official()
    for wanted, names in ((True, ("knn", "stack", "blind")), (False, ATTACKS)):
        attacks = {name: find_attacks().by_name[name]() for name in names}
        work = work_list(replace(settings, attacks=attacks, use_surrogates=wanted), plan)
        assert work.attacks == [PlannedAttack(attack, plan) for attack in attacks.values()]
        assert [*work.surrogates, *work.surrogates_of_dev] == []
