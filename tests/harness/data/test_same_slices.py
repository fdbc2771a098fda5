"""The digest of slices: pixels and whose they are decide it, and nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from harness.data.pool import Pool
from harness.data.same_slices import same_slices

OWNERS = [0, 0, 1, 1, 1, 2, 3]


def pool_of(pixels=range(7), owners=OWNERS, order=range(7), salt="a", extra=()):
    """Slices of one number each, in an order, under names of a salt."""

    def name(*what):
        return hashlib.sha256(repr((salt, what)).encode()).hexdigest()[:10]

    order = list(order)
    numbers = [list(pixels)[place] for place in order]
    return Pool(
        name("key"),
        np.array(numbers, np.uint8)[:, None, None],
        tuple(name("slice", place) for place in order),
        tuple(name("patient", owners[place]) for place in order),
        tuple(hashlib.sha256(bytes([one])).hexdigest() for one in numbers),
        np.setdiff1d(np.arange(len(order)), list(extra)),
        {},
        extra=np.array(list(extra), np.intp),
        salted=True,
    )


def test_ids_names_order_and_salt_change_nothing():
    one = same_slices(pool_of())
    other = same_slices(pool_of(order=[6, 2, 0, 5, 4, 1, 3], salt="b"))
    assert one.digest == other.digest
    assert one.patients != other.patients
    assert [len(of.slices) for of in one.patients] == [len(of.slices) for of in other.patients]


def test_one_place_is_one_slice_of_one_patient_in_both():
    pools = pool_of(), pool_of(order=[6, 2, 0, 5, 4, 1, 3], salt="b")
    met = []
    for pool in pools:
        pixels = dict(zip(pool.ids, pool.digests, strict=True))
        whose = dict(zip(pool.ids, pool.patient_ids, strict=True))
        patients = same_slices(pool).patients
        assert all(whose[name] == of.patient for of in patients for name in of.slices)
        met.append([[pixels[name] for name in of.slices] for of in patients])
    assert met[0] == met[1]
    assert sum(map(len, met[0])) == len(OWNERS)


@pytest.mark.parametrize(
    "changed",
    [
        {"pixels": [0, 1, 2, 3, 4, 5, 9]},
        {"owners": [0, 0, 1, 1, 2, 2, 3]},
        {"owners": [0, 0, 1, 1, 1, 2, 2]},
        {"extra": [6]},
        {"order": range(6)},
    ],
)
def test_other_pixels_or_patients_are_other_data(changed):
    assert same_slices(pool_of(**changed)).digest != same_slices(pool_of()).digest


def test_patients_with_equal_slices_cannot_be_told_apart():
    twins = {"pixels": [0, 1, 2, 3, 4, 5, 5]}
    assert same_slices(pool_of(**twins)).patients is None
    assert same_slices(pool_of(**twins)).digest != same_slices(pool_of()).digest


def test_names_that_decide_who_is_dealt_where_hang_on_no_salt():
    one, other = pool_of(), pool_of(salt="b")
    assert one.people == other.people
    assert one.patient.tolist() == other.patient.tolist() == OWNERS
    assert len({*zip(one.people, one.patient_ids, strict=True)}) == len({*OWNERS})
