"""The contract cannot be got wrong: what the base class and the registry refuse."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from attacks import plug_ins, registry
from attacks.base import Access, Attack, Reference, Target
from attacks.knn import NearestNeighbour
from attacks.view import View

IMAGES = np.zeros((3, 8, 8), np.uint8)
TARGET = Target(("a", "b", "c"), IMAGES, IMAGES)


def attack_answering(values: np.ndarray) -> Attack:
    @dataclass(frozen=True)
    class Answer(Attack):
        needs = Access.RELEASE

        def _score(self, target: Target) -> np.ndarray:
            return values

    return Answer()


@pytest.mark.parametrize(
    "values", [np.zeros(2), np.zeros((3, 1)), np.zeros(3, np.float32), np.array([0.0, np.nan, 1.0])]
)
def test_wrong_answers_are_errors(values):
    with pytest.raises(RuntimeError, match="returned"):
        attack_answering(values).score(TARGET)


def test_score_cannot_be_overridden():
    with pytest.raises(TypeError, match="final"):

        class Cheat(Attack):
            def score(self, target):
                return np.zeros(3)


def test_the_method_sees_candidates_sorted_by_id():
    seen = []

    class Spy(Attack):
        needs = Access.RELEASE

        def _score(self, target: Target) -> np.ndarray:
            seen.extend(target.ids)
            return np.arange(3.0)

    scores = Spy().score(Target(("c", "a", "b"), IMAGES, IMAGES))
    assert seen == ["a", "b", "c"]
    assert scores.tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ("a", "a", "b")}, "repeat"),
        ({"ids": ("a", "b")}, "3 candidates but 2 ids"),
        ({"candidates": IMAGES.astype(float)}, "uint8"),
        ({"release": IMAGES[:0]}, "n >= 1"),
        ({"release": np.zeros((2, 4, 4), np.uint8)}, "one size"),
        ({"references": (Reference(IMAGES, np.zeros(2, bool)),)}, "held"),
    ],
)
def test_inconsistent_targets_are_refused(change, message):
    fields = {"ids": ("a", "b", "c"), "candidates": IMAGES, "release": IMAGES} | change
    with pytest.raises(ValueError, match=message):
        Target(**fields)


def test_no_field_of_a_target_holds_labels():
    """A new field is a decision: whoever adds one says here that it tells no candidate's label."""
    fields = {"ids", "candidates", "release", "references", "model", "seen"}
    assert set(Target.__dataclass_fields__) == fields
    assert set(Reference.__dataclass_fields__) == {"release", "held", "model", "seen"}


def test_candidate_held_by_every_reference_is_a_reason_to_skip():
    attack = registry.find_attacks().by_name["knn_cal"]()
    held = np.array([True, False, False])
    target = Target(("a", "b", "c"), IMAGES, IMAGES, (Reference(IMAGES, held), Reference(IMAGES, held)))
    assert "every reference" in attack.skip(target)


@pytest.fixture
def fresh_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registered", dict(registry.find_attacks().by_name))
    registry.found_so_far.cache_clear()
    yield registry
    registry.found_so_far.cache_clear()


def test_a_taken_name_is_refused_and_the_built_in_stays(fresh_registry):
    built_in = fresh_registry.find_attacks().by_name["knn"]
    with pytest.raises(ValueError, match="taken by"):

        @fresh_registry.register("knn")
        class Other(Attack):
            needs = Access.RELEASE

    assert fresh_registry.find_attacks().by_name["knn"] is built_in


def test_broken_plugin_is_listed_and_disables_nothing(fresh_registry, tmp_path, monkeypatch):
    (tmp_path / "broken_plugin.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "good_plugin.py").write_text(
        "from attacks.base import Access, Attack\nfrom attacks.registry import register\n"
        "@register('outsider')\nclass Outsider(Attack):\n    needs = Access.RELEASE\n"
        "    def _score(self, target):\n        return None\n"
        "@register('unfinished')\nclass Unfinished(Attack):\n    needs = Access.RELEASE\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint(name, name + "_plugin", "harness.attacks") for name in ("broken", "good")]
    monkeypatch.setattr(plug_ins, "entry_points", lambda group: points)
    found = fresh_registry.find_attacks()
    assert "nothing_of_this_name" in found.broken["broken"]
    assert {"knn", "outsider"} <= set(found.by_name)
    assert "unfinished" not in found.by_name
    assert "_score" in found.broken["unfinished"]


def test_a_subclass_that_changes_a_helper_observes_something_else():
    """It inherits `observe`, but not what the store remembers of its parent."""

    @dataclass(frozen=True)
    class Elsewhere(NearestNeighbour):
        def distances(self, view: View) -> np.ndarray:
            return self.measure.among(view)

    @dataclass(frozen=True)
    class Renamed(NearestNeighbour):
        calibration: str = "cal"

        def signal(self, observed: np.ndarray) -> np.ndarray:
            return 2 * observed

    assert Elsewhere().observation() != NearestNeighbour().observation()
    assert Renamed().observation() == NearestNeighbour().observation()
