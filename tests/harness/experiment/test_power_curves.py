"""How many references, and images, an attack's curve is made of: each point is the attack on every shadow."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from attacks.base import Access
from harness.evaluation.intervals import Estimate
from harness.experiment.power_curves import IMAGES, REFERENCES, numbers_of_references, power_curves

Narrowed = dict[str, int]


@dataclass
class Asked:
    """An executor that notes what it is asked for, and gives the plan back as its scores."""

    console: Console = field(default_factory=lambda: Console(quiet=True))
    plans: list[Narrowed] = field(default_factory=list)

    def attack_shadows(self, attacks: list[Any], about: str) -> dict[str, Narrowed]:
        (one,) = attacks
        self.plans.append(one.plan)
        return {"mine": one.plan}


def planned(n_images: int, n_references: int) -> Any:
    shadow = SimpleNamespace(target=SimpleNamespace(references=[None] * n_references))
    plan = SimpleNamespace(
        n_images=n_images,
        shadows=[shadow],
        narrowed=lambda **narrowed: narrowed,
        shape=SimpleNamespace(_replace=lambda n_images: None),
    )
    attack = SimpleNamespace(needs=Access.REFERENCES, control=False, check=lambda shape: None)
    return SimpleNamespace(
        attack=attack, plan=plan, access=Access.REFERENCES, label="mine", on=lambda plan: SimpleNamespace(plan=plan)
    )


def measured(one: Any, narrowed: Narrowed) -> Any:
    """An AUC that is what the scores were made of: so many images, or references of so many pairs."""
    (value,) = narrowed.values()
    return SimpleNamespace(record=SimpleNamespace(auc=Estimate(float(value), None, None)))


@pytest.mark.parametrize(
    ("n", "sizes"),
    [
        (0, []),
        (2, [2]),
        (6, [2, 4, 6]),
        (8, [2, 4, 6, 8]),
        (10, [2, 4, 6, 8, 10]),
        (16, [2, 4, 6, 8, 16]),
        (18, [2, 4, 6, 8, 16, 18]),
        (62, [2, 4, 6, 8, 16, 32, 62]),
    ],
)
def test_a_curve_over_many_references_has_few_points_and_the_last_is_all_of_them(n: int, sizes: list[int]) -> None:
    assert numbers_of_references(n) == sizes


def test_each_point_is_the_attack_on_shadows_with_so_much_and_nothing_else_is_asked_for() -> None:
    asked = Asked()
    images, references = power_curves(asked, SimpleNamespace(on_shadows=measured), [planned(512, 62)])
    assert (images.over, images.sizes) == (IMAGES, [64, 128, 256, 512])
    assert [one.value for one in images.auc] == images.sizes
    assert (references.over, references.sizes) == (REFERENCES, [2, 4, 6, 8, 16, 32, 62])
    assert [2 * one.value for one in references.auc] == references.sizes, "references come in pairs"
    assert [[*one] for one in asked.plans] == [["n_images"]] * 4 + [["n_pairs"]] * 7
