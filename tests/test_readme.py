"""What the README promises: its attack works as pasted, its options and links exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documented_code import pasted_attacks_conform

import attacks
from attacks.registry import find_attacks
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.selection_rules import RULES
from shadow_models.recipe import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_attack_of_the_readme_works_as_pasted_in_one_file(tmp_path):
    """Run, and through the conformance tests, in a process whose package `attacks` has one file more."""
    done = pasted_attacks_conform(README, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed", done.stdout)


@pytest.mark.parametrize("name", [*find_attacks().by_name, *DECISIONS, *RULES, *PRESETS])
def test_every_name_a_user_may_give_is_in_the_readme(name):
    assert f"`{name}`" in README or f"={name}`" in README


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_every_built_in_attack_is_in_the_file_of_its_name():
    """`knn` and its calibrated kin `knn_reg`, ... in attacks/knn.py: whoever reads a table finds the code."""
    built_in = {name: cls for name, cls in find_attacks().by_name.items() if cls.__module__.startswith("attacks.")}
    for name, cls in built_in.items():
        file = cls.__module__.removeprefix("attacks.")
        assert (Path(attacks.__path__[0]) / f"{file}.py").exists()
        assert name.startswith(file), f"{name} is in attacks/{file}.py"
