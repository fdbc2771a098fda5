"""Mean ranks: against the numbers of Demšar 2006, and silent where they could say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from harness.compare.ranks import critical_difference, mean_ranks, ranks_within, smallest_p

# Demšar 2006, table 6: AUC of C4.5 and three variants on 14 data sets.
NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUCS = """
0.763 0.768 0.771 0.798
0.599 0.591 0.590 0.569
0.954 0.971 0.968 0.967
0.628 0.661 0.654 0.657
0.882 0.888 0.886 0.898
0.936 0.931 0.916 0.931
0.661 0.668 0.609 0.685
0.583 0.583 0.563 0.625
0.775 0.838 0.866 0.875
1.000 1.000 1.000 1.000
0.940 0.962 0.965 0.962
0.619 0.666 0.614 0.669
0.972 0.981 0.978 0.975
0.957 0.978 0.946 0.970
"""
TABLE = np.array([line.split() for line in AUCS.strip().splitlines()], np.float64)


def of(table: np.ndarray, *, pools: int | None = None, names=NAMES):
    values = {f"set {at}": dict(zip(names, row.tolist(), strict=False)) for at, row in enumerate(table)}
    people = {name: str(at % (pools or len(table))) for at, name in enumerate(values)}
    return mean_ranks("release", values, people, larger_is_better=True)


def test_the_example_of_demsar():
    found = of(TABLE)
    assert {name: round(rank, 3) for name, rank in found.ranks.items()} == {
        "C4.5+m+cf": 1.964, "C4.5+m": 2.0, "C4.5+cf": 2.893, "C4.5": 3.143,
    }  # fmt: skip
    assert found.critical_difference == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), abs=5e-4)
    assert found.alike == [["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]], "not powerful enough to tell any (sec. 3.2.2)"
    assert found.friedman.statistic == pytest.approx(friedmanchisquare(*TABLE.T).statistic)
    assert len(found.notes) == 1
    assert "rough" in found.notes[0]


def test_smaller_errors_rank_first():
    values = {"a": {"good": 0.1, "bad": 0.3}, "b": {"good": 0.2, "bad": 0.4}}
    assert list(mean_ranks("release", values, {"a": "1", "b": "2"}, larger_is_better=False).ranks) == ["good", "bad"]
    assert ranks_within([0.3, None, 0.1, 0.3], larger_is_better=False) == [2.5, None, 1.0, 2.5]


def test_stretches_are_as_long_as_the_critical_difference():
    rising = np.tile(np.arange(6.0), (20, 1))
    found = of(rising, names="abcdef")
    assert found.critical_difference == pytest.approx(critical_difference(20, 6))
    assert 1 < found.critical_difference < 2
    assert found.alike == [["f", "e"], ["e", "d"], ["d", "c"], ["c", "b"], ["b", "a"]]
    assert found.friedman.p_value < 1e-6


def test_too_few_settings_have_no_test_and_say_so():
    found = of(TABLE[:2, :3])
    assert (found.friedman, found.critical_difference, found.alike) == (None, None, [])
    assert "too few for Friedman's test" in found.notes[0]
    assert f"{smallest_p(2, 3):.2f}" in found.notes[0]
    assert smallest_p(3, 3) == pytest.approx(friedmanchisquare([1, 1, 1], [2, 2, 2], [3, 3, 3]).pvalue)
    assert of(TABLE[:1]) is None
    assert "three attacks or more" in of(TABLE[:, :2]).notes[0]


def test_missing_attacks_are_told():
    values = {f"set {at}": dict(zip(NAMES, row, strict=True)) for at, row in enumerate(TABLE)}
    values["set 3"] = {name: value for name, value in values["set 3"].items() if name != "C4.5"}
    assert mean_ranks("release", values, dict.fromkeys(values, ""), larger_is_better=True).left_out == ["C4.5"]


def test_settings_that_share_patients_count_once():
    """Each line of Demšar's table twice, or one of them nine times, says no more than once."""
    once, twice = of(TABLE), of(np.vstack([TABLE, TABLE]), pools=14)
    assert twice._replace(notes=[], settings=[], counted="") == once._replace(notes=[], settings=[], counted="")
    assert once.counted == "14 settings"
    assert twice.counted == "14 sets of slices"
    assert "The 28 settings are of 14 sets of slices" in twice.notes[-1]
    nine = mean_ranks(
        "release",
        {f"{at}": dict(zip(NAMES, row, strict=True)) for at, row in enumerate([*TABLE, *[TABLE[0]] * 8])},
        {f"{at}": str(at if at < 14 else 0) for at in range(22)},
        larger_is_better=True,
    )
    assert nine.ranks == once.ranks
    few = of(np.vstack([TABLE[:2]] * 7), pools=2)
    assert (few.friedman, few.critical_difference) == (None, None)
    assert "2 sets of slices and 4 attacks are too few" in few.notes[0]


def test_settings_of_one_set_of_slices_have_no_test_and_say_so():
    found = of(TABLE, pools=1)
    assert list(found.ranks) == list(of(TABLE).ranks)
    assert (found.friedman, found.critical_difference, found.alike) == (None, None, [])
    assert "no Friedman's test" in found.notes[0]
