"""Published ways to answer, each an attack with a decision rule of its own: they stand in every table.

The winner of ImageCLEFmedical GANs 2023 called a slice used where its largest SSIM to a released image exceeds the
largest SSIM of two candidates. `knn` with the half that is nearest is what anybody tries first.
"""

from __future__ import annotations

from typing import NamedTuple

from attacks.registry import find_attacks
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack


class Baseline(NamedTuple):
    """What the row is called, the attack as it is without options, the decision rule, the submission's file."""

    name: str
    attack: str
    decision: str
    file: str

    def on(self, plan: Plan) -> PlannedAttack:
        """Its attack on a plan."""
        return PlannedAttack(find_attacks([self.attack]).by_name[self.attack](), plan)


BASELINES = (
    Baseline("winner of 2023 (ssim)", "ssim", "real_real_max", "baseline_winner_2023.csv"),
    Baseline("knn, top half", "knn", "top_half", "baseline_knn_top_half.csv"),
)
