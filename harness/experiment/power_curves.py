"""How an attack's power grows with the release and with the attacker's own shadows: the same plan, narrowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from rich.console import Console

from attacks.base import Access, Attack
from harness.evaluation.intervals import Estimate
from harness.experiment.evaluator import Evaluator
from harness.experiment.executor import Executor
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack

IMAGES, REFERENCES = "released images", "reference generators"
_PARTS = (8, 4, 2, 1)
_FEWEST_IMAGES = 8
_EVERY = 8  # even numbers of references up to this are all tried; beyond, each is twice the one before


class PowerCurve(NamedTuple):
    """One attack's pooled AUC on the shadows over sizes of `over`, ascending."""

    attack: str
    over: str
    sizes: list[int]
    auc: list[Estimate]


def power_curves(executor: Executor, evaluator: Evaluator, attacks: Iterable[PlannedAttack]) -> list[PowerCurve]:
    """A curve over the release for attacks that look at it, and one over references for those that use any."""
    executor.console.print("Measuring how power grows with the release and with the references")
    executor = replace(executor, console=Console(quiet=True))  # dozens of small steps, none worth a line
    curves: list[PowerCurve] = []
    for one in attacks:
        attack, plan = one.attack, one.plan
        n_references = len(plan.shadows[0].target.references)
        sizes = [n for part in _PARTS if (n := plan.n_images // part) >= _FEWEST_IMAGES and _can(attack, plan, n)]
        # A surrogate was trained on the whole release; another for every size would cost a training each.
        if attack.needs in (Access.RELEASE, Access.REFERENCES) and not attack.control:
            curves.append(_curve(one, IMAGES, {n: plan.narrowed(n_images=n) for n in sizes}, executor, evaluator))
        if one.access is not Access.RELEASE:
            plans = {n: plan.narrowed(n_pairs=n // 2) for n in numbers_of_references(n_references)}
            curves.append(_curve(one, REFERENCES, plans, executor, evaluator))
    return [curve for curve in curves if len(curve.sizes) > 1]


def numbers_of_references(n: int) -> list[int]:
    """Those that a curve is made of, ascending: even ones, for references come in pairs, n itself the last.

    All even ones up to 8, then doubled: each is an attack on every shadow, and 64 shadows would take 31 of them.
    """
    few, size = [*range(2, min(n, _EVERY) + 1, 2)], 2 * _EVERY
    while size < n:
        few.append(size)
        size *= 2
    return few if n <= _EVERY else [*few, n]


def _can(attack: Attack, plan: Plan, n_images: int) -> bool:
    """Whether the attack's options allow so few released images."""
    try:
        attack.check(plan.shape._replace(n_images=n_images))
    except ValueError:
        return False
    return True


def _curve(
    one: PlannedAttack, over: str, plans: dict[int, Plan], executor: Executor, evaluator: Evaluator
) -> PowerCurve:
    sizes, values = [], []
    for size, plan in plans.items():
        scored = executor.attack_shadows([one.on(plan)], f"shadows with {size} {over}")[one.label]
        record = evaluator.on_shadows(one, scored).record
        if record.auc is not None and record.auc.value is not None:  # too few references for its calibration
            sizes.append(size)
            values.append(record.auc)
    return PowerCurve(one.label, over, sizes, values)
