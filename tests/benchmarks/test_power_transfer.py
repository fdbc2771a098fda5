"""The recipes that targets are given, as docs/figures.md names them."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.power.transfer.targets import MISMATCHES
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
