"""Bad inputs as one row of the faults: what it counts, and that what ends wrong stays to be seen."""

from __future__ import annotations

import argparse

from benchmarks.faults import inputs
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import rows_of


def test_classes_are_added_and_what_is_wrong_keeps_its_row():
    ask = {"one": lambda root: {"a": 1}}
    good = rows_of("good", [Case("x", lambda root: [Right({"a": 1})], "one")], ask)
    bad = rows_of("bad", [Case("y", lambda root: [Right({"a": 2})], "one")], ask)
    row, told = inputs.counted([*good, *bad])
    assert row.name == "inputs: 2 tried, answered properly 1"
    assert (row.value, row.holds) == (1, False)
    assert "y" in told.name
    assert inputs.counted(good)[0].holds


def test_a_class_is_tried_for_real():
    (row,) = inputs.measure(argparse.Namespace(every=20, classes=["submissions"]))
    assert row.holds
    assert row.detail["inputs"] >= 3
