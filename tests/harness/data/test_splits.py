from __future__ import annotations

import numpy as np
import pytest

from attacks.difficulty_calibration import mean_over
from harness.data.options import FolderData, PhantomData
from harness.data.splits import check_pool_size, paired_halves, random_half, reference_shadows
from harness.errors import InputError
from harness.seeds import rng_of, seed_of

PATIENTS = [f"p{i // 3}" for i in range(60)]


def test_each_slice_is_in_exactly_half_of_the_shadows_and_pairs_are_complements():
    member = paired_halves(PATIENTS, 8, seed=0)
    assert np.all(member.sum(axis=0) == 4)
    assert all(np.array_equal(member[2 * p], ~member[2 * p + 1]) for p in range(4))
    assert len({row.tobytes() for row in member}) == 8


def test_no_patient_is_on_both_sides():
    for row in paired_halves(PATIENTS, 8, seed=1):
        inside = {PATIENTS[i] for i in np.flatnonzero(row)}
        outside = {PATIENTS[i] for i in np.flatnonzero(~row)}
        assert not inside & outside
        assert inside
        assert outside


def test_halves_are_even_where_patients_allow_and_fair_for_every_slice():
    uneven = ["big"] * 5 + [f"p{i}" for i in range(15)]
    draws = np.array([random_half(uneven, rng_of(s, "x")) for s in range(600)])
    assert np.all(np.abs(draws.sum(axis=1) - (~draws).sum(axis=1)) <= 5)  # never more than the largest patient
    assert np.all(np.abs(draws.mean(axis=0) - 0.5) < 0.08)  # 4 standard errors


def test_more_shadows_change_none_of_the_first():
    assert np.array_equal(paired_halves(PATIENTS, 4, 3), paired_halves(PATIENTS, 8, 3)[:4])
    assert not np.array_equal(paired_halves(PATIENTS, 4, 3), paired_halves(PATIENTS, 4, 4))


def test_references_leave_out_the_target_and_its_complement():
    assert reference_shadows(2, 6) == [0, 1, 4, 5]
    assert reference_shadows(3, 6) == [0, 1, 4, 5]


def test_a_release_that_is_no_shadow_gets_as_many_references_a_slice_as_a_shadow():
    """A calibration holds for the law it was learnt on: the mean of more references is steadier."""
    member = paired_halves(PATIENTS, 6, seed=0)
    per_slice = {t: set((~member[reference_shadows(t, 6)]).sum(axis=0).tolist()) for t in (None, 0, 3, 5)}
    assert per_slice == {None: {2}, 0: {2}, 3: {2}, 5: {2}}


def test_references_for_fitting_leave_out_the_judged_pair_too():
    assert reference_shadows(2, 6, judged=5) == [0, 1]
    assert reference_shadows(2, 4, judged=0) == []


@pytest.mark.parametrize("count", [4, 8])
def test_number_of_references_a_slice_gets_does_not_tell_its_label(count):
    """The trap: with the complement among the references, members get one more than non-members."""
    member = paired_halves(PATIENTS, count, seed=0)
    for target in range(count):
        usable = (~member[reference_shadows(target, count)]).sum(axis=0)
        assert set(usable.tolist()) == {count // 2 - 1}
        trapped = (~member[[j for j in range(count) if j != target]]).sum(axis=0)
        assert set(trapped[member[target]]) != set(trapped[~member[target]])


def test_calibration_by_references_cannot_see_the_label():
    """References whose signal is their own level: only *which* of them a slice gets could tell its label."""
    member = paired_halves(PATIENTS, 6, seed=0)

    def levels(references: list[int], target: int) -> float:
        level = np.array([np.full(60, float(j == target ^ 1)) for j in references])
        calibrated = mean_over(level, ~member[references])
        return abs(calibrated[member[target]].mean() - calibrated[~member[target]].mean())

    assert levels(reference_shadows(0, 6), 0) == 0
    assert levels([j for j in range(6) if j != 0], 0) > 0.3


def test_too_small_a_plan_is_refused_with_the_numbers():
    with pytest.raises(InputError, match=r"at least 8 patients.*has 5 \(and 10 slices\)"):
        check_pool_size(10, [f"p{i // 2}" for i in range(10)], 4, PhantomData())
    with pytest.raises(InputError, match=r"Give more, data\.patients=N\."):
        check_pool_size(10, ["one"] * 10, 4, PhantomData())
    with pytest.raises(InputError, match=r"Give slices of more patients\."):
        check_pool_size(10, ["one"] * 10, 4, FolderData(root="d"))
    for count in (2, 5):
        with pytest.raises(InputError, match="even number from 4"):
            check_pool_size(60, PATIENTS, count, PhantomData())
    check_pool_size(60, PATIENTS, 4, PhantomData())


def test_seeds_depend_on_every_axis_and_on_nothing_else():
    assert seed_of(0, "a", 1) == seed_of(0, "a", 1)
    assert len({seed_of(0, "a", 1), seed_of(1, "a", 1), seed_of(0, "b", 1), seed_of(0, "a", 2), seed_of(0, "a")}) == 5
    assert seed_of(0, "ab") != seed_of(0, "a", "b")
