"""The rule of thumb on training steps: its figures are the file's, and it is silent where nothing was measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audit_worlds import SIZE, chosen, material, people, strangers

from benchmarks.power.memorising.cell import ATTACKS
from harness.audit.rule_of_thumb import FILE, measured, rule_of_thumb
from harness.data.sources.slices import Slices

SHOWS, SILENT = "Rule of thumb, and no all-clear", "nothing is known of that here"


def point(members: int, shows_from: float | None, last: float) -> dict:
    auc = {"knn": [0.501, 0.6, 0.602], "ssim": [0.503, 0.604, last]}
    return {"members": members, "tried": [1.5, 3.0, 3.5], "shows_from": shows_from, "auc": auc}


POINTS = [point(10, 1.5, 0.705), point(20, 3.0, 0.706), point(40, None, 0.507)]


@pytest.fixture(scope="module")
def both() -> Slices:
    return people(80, 0, 1)


@pytest.fixture
def file(tmp_path) -> Path:
    """Figures at the size of the worlds of these tests."""
    here = tmp_path / "rule.json"
    here.write_text(json.dumps({**measured(), "size": SIZE, "released": 50, "batch": 8, "points": POINTS}))
    return here


def test_the_file_is_what_the_benchmark_writes_today_of_a_commit() -> None:
    told = measured()
    assert re.fullmatch("[0-9a-f]{40}", told["commit"]), "of a commit, with nothing changed beside it"
    assert tuple(told["attacks"]) == ATTACKS
    assert all({*one["auc"]} == {*one["low"]} == {*ATTACKS} for one in told["points"])


def of(both: Slices, n: int, n_images: int = 50):
    return material(strangers(n_images, 8), chosen(both, range(n)), chosen(both, range(60, 80)))


@pytest.mark.parametrize(
    ("n", "numbers", "told"),
    [
        (10, [10], "seen at 12 passes over them, the fewest tried (AUC of ssim 0.503)."),
        (12, [10, 20], "first seen at 24 passes over them (AUC of ssim 0.604), and not at 12."),
        (40, [40], "nothing seen up to 28 passes over them, the most tried (AUC of knn 0.602)."),
    ],
)
def test_what_was_measured_on_either_side_of_the_members_is_told(both, file, n, numbers, told):
    text = rule_of_thumb(of(both, n), file)
    assert text.startswith(SHOWS)
    assert re.findall(r"with (\d+) members", text) == [str(one) for one in numbers]
    assert f"with {numbers[-1]} members {told}" in text


@pytest.mark.parametrize(
    ("n", "n_images", "why"), [(9, 50, "9 members"), (41, 50, "41 members"), (20, 51, "51 released")]
)
def test_nothing_is_said_where_nothing_was_measured(both, file, n, n_images, why):
    text = rule_of_thumb(of(both, n, n_images), file)
    assert SILENT in text
    assert f"does not cover {why}" in text
    assert "stop before" not in text


def test_members_of_several_slices_are_not_covered(file):
    several = people(20, 0)
    found = material(strangers(50, 8), chosen(several, range(30)), chosen(several, range(30, 60)))
    assert "does not cover several slices of one member" in rule_of_thumb(found, file)
    assert SHOWS in rule_of_thumb(replace(found, members=alone(found.members)), file)


def alone(slices: Slices) -> Slices:
    return Slices(slices.pixels, slices.ids, slices.ids)


def test_another_size_is_not_covered(both):
    assert measured()["size"] != SIZE
    assert f"does not cover {SIZE} pixels" in rule_of_thumb(of(both, 40))


def test_every_number_of_the_shipped_rule_is_in_the_file(both):
    """At the size, members and images that it was measured with."""
    rule = measured()
    size, n = rule["size"], rule["points"][0]["members"] + 1
    images = np.zeros((2 * n, size, size), np.uint8)

    def slices(name: str, some: np.ndarray) -> Slices:
        names = tuple(f"{name}{i}" for i in range(len(some)))
        return Slices(some, names, names)

    text = rule_of_thumb(material(images[:20], slices("a", images[:n]), slices("b", images[n:])))
    assert text.startswith(SHOWS)
    assert "real slices it may show sooner" in text
    known = {float(one) for one in re.findall(r"\d+(?:\.\d+)?", FILE.read_text())}
    known |= {float(f"{one * rule['batch']:.3g}") for point in rule["points"] for one in point["tried"]}  # passes
    told = re.findall(r"\d+(?:\.\d+)?", text)
    assert len(told) > 5
    assert {float(one) for one in told} <= known


def test_the_shipped_rule_says_where_it_comes_from():
    rule = measured()
    assert {"date", "commit", "machine", "family", "start", "batch", "released", "points"} <= rule.keys()
    assert rule["family"] == "dct"
    assert [one["members"] for one in rule["points"]] == sorted(one["members"] for one in rule["points"])
