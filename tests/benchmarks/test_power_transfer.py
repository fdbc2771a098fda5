"""The recipes that targets are given, as docs/figures.md names them."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.power.transfer.targets import MISMATCHES, OF_STARTS
from harness.config.recipe_options import STARTS
from shadow_models.fine_tuning import FINE_TUNING
from shadow_models.recipe import Recipe


def test_each_mismatch_changes_what_its_name_says_and_nothing_else():
    quick = Recipe()
    changes = {
        one.name: {name: value for name, value in asdict(one.changed(quick)).items() if value != getattr(quick, name)}
        for one in MISMATCHES
    }
    assert changes == {
        "matched": {},
        "half the steps": {"steps": 400},
        "twice the steps": {"steps": 1600},
        "half the width": {"channels": [16, 32], "overview": 24, "closeup": 12},
        "half the members": {},
        "a quarter of the images": {},
        "other sampler": {"sampler": "dpm++"},
    }


def test_a_target_from_elsewhere_is_trained_as_its_start_is_and_has_the_same_network():
    quick = Recipe(steps=7)
    for one in OF_STARTS:
        changed = one.changed(quick)
        assert changed.weights() == quick.weights()
        usual = Recipe() if one.start == "nothing" else FINE_TUNING["quick"]
        assert (changed.steps, changed.learning_rate, changed.warm_up) == (
            usual.steps,
            usual.learning_rate,
            usual.warm_up,
        )
    assert sorted(one.start for one in OF_STARTS) == sorted(STARTS)
