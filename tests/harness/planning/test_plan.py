"""The plan before anything is trained: what each target holds, the wrong targets, the narrowed plans."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import TINY_PHANTOM

from attacks.blind import Blind
from attacks.knn import knn_cal
from attacks.registry import find_attacks
from harness.config.registration import attack_groups
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.planning.make import make_plan
from harness.planning.plan import Plan
from harness.store import Store


@pytest.fixture
def plan(tmp_path) -> Plan:
    settings = composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"])
    return make_plan(settings, load_pool(settings.data, Store(tmp_path)))


def generators(target) -> list[str]:
    return [one.view.generator for one in target.references]


def test_a_shadow_never_has_its_pair_among_its_references(plan):
    keys = [job.key for job in plan.generators]
    for number, spec in enumerate(plan.shadows):
        assert spec.target.view.generator == keys[number]
        pair = {keys[number - number % 2], keys[number - number % 2 + 1]}
        assert set(generators(spec.target)) == set(keys[:6]) - pair


def test_more_shadows_leave_the_first_as_they_are(plan, tmp_path):
    """`benchmarks.power.shadows` judges the same generators with more references."""
    settings = composed([*TINY_PHANTOM, "shadow.count=10", f"store.root={tmp_path}"])
    more = make_plan(settings, load_pool(settings.data, Store(tmp_path)))
    assert [job.key for job in more.generators[:6]] == [job.key for job in plan.generators[:6]]
    assert all(one.target.view == same.target.view for one, same in zip(plan.shadows, more.shadows, strict=False))
    assert set(generators(plan.shadows[0].target)) < set(generators(more.shadows[0].target))


def test_what_a_shadow_shows_as_a_reference_is_made_once_for_all_that_it_teaches(plan):
    """Else a plan of a thousand shadows is a million of them."""
    seen = [one for shadow in plan.shadows for one in shadow.target.references]
    assert len({id(one) for one in seen}) == len(plan.shadows) < len(seen)
    assert len({id(one.view.digests) for one in seen}) == 1


def test_the_test_target_shows_no_model_and_no_label(plan):
    assert plan.test.target.view.generator is None
    assert len(plan.test.target.references) == len(plan.shadows[0].target.references)


def test_a_wrong_target_is_of_the_next_pair_which_is_then_no_reference(plan):
    keys = [job.key for job in plan.generators]
    for number, spec in enumerate(plan.shadows):
        wrong = plan.attack_wrong_target(knn_cal(), number).target
        first = (2 * (number // 2) + 2) % 6
        assert wrong.view == plan.shadows[first + number % 2].target.view
        assert set(generators(wrong)) == set(generators(spec.target)) - {keys[first], keys[first + 1]}


def test_what_is_fitted_for_the_test_has_as_many_references_as_what_is_fitted_for_a_shadow(plan):
    for_shadow = plan.attack_shadow(Blind(), 0).fit
    for_test = plan.attack_other(Blind(), plan.test.target).fit
    assert {len(spec.target.references) for spec in (*for_shadow, *for_test)} == {2}
    assert len(for_test) == 6


def test_a_learner_is_fitted_on_the_other_pairs_for_a_wrong_target_too(plan):
    fitted_on = [spec.target.view.generator for spec in plan.attack_wrong_target(Blind(), 2).fit]
    keys = [job.key for job in plan.generators]
    assert fitted_on == [keys[j] for j in (0, 1, 4, 5)]


def test_a_narrowed_plan_cuts_every_release_and_whole_pairs_of_references(plan):
    fewer = plan.narrowed(n_images=4)
    views = [one for spec in fewer.shadows for one in (spec.target, *spec.target.references)]
    views = [one.view for one in views] + [fewer.test.target.view]
    assert {view.release.n_images for view in views} == {4}
    assert fewer.n_images == 4
    one_pair = plan.narrowed(n_pairs=1)
    for spec in one_pair.shadows:
        held = np.zeros((2, len(spec.member)), dtype=bool)
        for row, one in zip(held, spec.target.references, strict=True):
            row[list(one.held)] = True
        assert np.array_equal(held[0], ~held[1])


def test_a_learner_in_a_narrowed_plan_still_loses_the_judged_pair(plan):
    keys = [job.key for job in plan.generators]
    for spec in plan.narrowed(n_pairs=1).attack_shadow(Blind(), 0).fit:
        assert not {keys[0], keys[1]} & {spec.target.view.generator, *generators(spec.target)}


def test_groups_part_the_attacks_by_access():
    groups = attack_groups(find_attacks().by_name)
    assert {"knn", "ssim"} <= set(groups["release"])
    assert {"knn_reg", "stack"} <= set(groups["references"])
    assert {"loss", "loss_reg"} <= set(groups["model"])
    parts = groups["release"] + groups["references"] + groups["model"]
    assert sorted(parts) == sorted(groups["all"])
