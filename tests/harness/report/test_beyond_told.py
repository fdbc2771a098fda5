"""The sentences above slices: what is left out of a count, why there is no fraction, and nothing where nothing is."""

from __future__ import annotations

import pytest

from harness.evaluation.beyond import Beyond, EpsilonBound, SetLevel
from harness.evaluation.intervals import Estimate
from harness.report.beyond import beyond_told


def test_sets_without_a_p_value_are_left_out_of_the_count():
    (told,) = beyond_told(Beyond(None, None, SetLevel([0.01, None, 0.2], [None, 0.03, 0.5], None)))
    assert "for 1 of 2 shadows" in told
    assert "for 1 of 2." in told


def test_without_a_fraction_it_says_why():
    note = "no fixed scale: knn_reg sets every score against those of the other candidates"
    told = " ".join(beyond_told(Beyond(Estimate(None, note=note), None, SetLevel([0.5], [0.5], None))))
    assert f"cannot be told by these decisions ({note})." in told
    assert "were used." not in told


def test_nothing_is_told_where_nobody_can_be_called():
    assert beyond_told(Beyond(None, None, SetLevel([], [], None))) == []
    assert "epsilon is at least" in beyond_told(Beyond(None, EpsilonBound(0.5, 20, 24), SetLevel([], [], None)))[0]


@pytest.mark.parametrize(
    ("bound", "end"),
    [
        (EpsilonBound(0.0, 4, 4), "coin throws): so few guesses bound nothing."),
        (EpsilonBound(0.0, 20, 40), "coin throws): which bounds nothing."),
        (EpsilonBound(1.2, 40, 40), "coin throws)."),
    ],
)
def test_a_bound_of_nothing_is_said_so(bound, end):
    assert beyond_told(Beyond(None, bound, SetLevel([], [], None)))[0].endswith(end)
