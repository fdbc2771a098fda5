"""How an attack's power grows with the release and with the attacker's own shadows: the same plan, narrowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from rich.console import Console

from attacks.base import Access, Attack
from harness.crew import Crew
from harness.intervals import Estimate
from harness.judging import Judge
from harness.plan import Plan

IMAGES, REFERENCES = "released images", "reference generators"
_PARTS = (8, 4, 2, 1)
_FEWEST_IMAGES = 8


class Curve(NamedTuple):
    """One attack's pooled AUC on the shadows over sizes of `over`, ascending."""

    attack: str
    over: str
    sizes: list[int]
    auc: list[Estimate]


def power_curves(plan: Plan, crew: Crew, judge: Judge, attacks: Iterable[Attack]) -> list[Curve]:
    """A curve over the release for attacks that look at it, and one over references for those that use any."""
    crew.console.print("Measuring how power grows with the release and with the references")
    crew = replace(crew, console=Console(quiet=True))  # dozens of small steps, none worth a line
    curves: list[Curve] = []
    n_references = len(plan.shadows[0].target.references)
    for attack in attacks:
        sizes = [n for part in _PARTS if (n := plan.n_images // part) >= _FEWEST_IMAGES and _can(attack, plan, n)]
        if attack.needs in (Access.RELEASE, Access.REFERENCES) and not attack.control:
            plans = {n: plan.narrowed(n_images=n) for n in sizes}
            curves.append(_curve(attack, IMAGES, plans, crew, judge))
        if attack.needs is not Access.RELEASE:
            plans = {n: plan.narrowed(n_pairs=n // 2) for n in range(2, n_references + 1, 2)}
            curves.append(_curve(attack, REFERENCES, plans, crew, judge))
    return [curve for curve in curves if len(curve.sizes) > 1]


def _can(attack: Attack, plan: Plan, n_images: int) -> bool:
    """Whether the attack's options allow so few released images."""
    try:
        attack.check(plan.outlook._replace(n_images=n_images))
    except ValueError:
        return False
    return True


def _curve(attack: Attack, over: str, plans: dict[int, Plan], crew: Crew, judge: Judge) -> Curve:
    sizes, values = [], []
    for size, plan in plans.items():
        scored = crew.attack_shadows(plan, {attack.name: attack}, f"shadows with {size} {over}")[attack.name]
        record = judge.on_shadows(attack, scored).record
        if record.auc is not None and record.auc.value is not None:  # too few references for its calibration
            sizes.append(size)
            values.append(record.auc)
    return Curve(attack.name, over, sizes, values)
