"""Recipes tried beside the test's release, as small pictures."""

from __future__ import annotations

import re

from harness.evaluation.release_statistics import SHOWN
from harness.report.matched import Matched, Tried, matched_panels

RISING, LATER = [float(x) for x in SHOWN], [float(x) + 1 for x in SHOWN]


def lines(panel) -> list[str]:
    """The drawn lines of a panel that have as many points as a law is shown with."""
    paths = re.findall(r'<path d="(M[^"]*)"', str(panel.svg))
    return [path for path in paths if len(re.findall(r"[ML]", path)) == len(SHOWN)]


def drawn(test: list[float], tried: list[float]) -> list[str]:
    one = Tried("flow, 9 steps", 0.5, True, {"greys": 0.5}, {"greys": tried})
    (panel,) = matched_panels(Matched({"greys": test}, [one]))
    return lines(panel)


def test_a_recipe_of_the_tests_own_law_lies_on_it_and_another_does_not():
    same, other = drawn(RISING, RISING), drawn(RISING, LATER)
    assert len(same) == len(other) == 2
    assert same[0] == same[1]
    assert other[0] != other[1]


def test_the_one_taken_is_marked_and_its_distance_told():
    one = Tried("flow, 9 steps", 0.5, True, {"near copies": 0.25}, {"near copies": [0.1]})
    (panel,) = matched_panels(Matched({"near copies": [0.2]}, [one]))
    assert [(key.label, key.detail) for key in panel.keys] == [
        ("the test's release", ""),
        ("flow, 9 steps *", "0.250"),
    ]


def test_nothing_tried_is_no_picture():
    assert matched_panels(None) == []
