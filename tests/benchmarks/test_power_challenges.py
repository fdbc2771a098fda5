"""The interval over simulated challenges, against one worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.power.challenges.figures import paired


def test_the_interval_of_differences_is_students():
    """Mean 0.2, standard deviation 0.1, n = 3: 0.2 -+ t(0.975; 2) * 0.1 / sqrt(3), with t = 4.30265 from a table."""
    found = paired([0.1, 0.3, 0.2])
    half = 4.30265 * 0.1 / 3**0.5
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2 - half, 0.2 + half), abs=1e-6)


@pytest.mark.parametrize("differences", [[], [0.1]])
def test_a_single_challenge_has_no_interval(differences):
    with pytest.raises(ValueError, match=f"takes 2 or more, and these are {len(differences)}; give more seeds"):
        paired(differences)
