"""The work list: what is trained and which attacks are tried. A run executes it, and a dry run prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attacks.blind import Blind
from attacks.knn import NearestNeighbour
from attacks.loss import DenoisingLoss
from harness.config.settings import Settings
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.planning.baselines import BASELINES, Baseline
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack, asks_model
from harness.planning.surrogates import surrogate_jobs, via_surrogates


@dataclass(frozen=True)
class WorkList:
    """Everything that a plan asks for.

    generators, surrogates: to be trained before any attack; surrogates_of_dev: only should an attack be chosen that
    asks surrogates, for its check on dev; attacks: those named, and after them the ones that ask a model once more,
    via surrogates; control: `blind`, unless it is named; evidence: `loss` via surrogates and `knn`, where surrogates
    are trained, to see whether one follows the other; baselines: published methods. Each meets every shadow.
    """

    generators: Sequence[GeneratorJob]
    surrogates: Sequence[SurrogateJob]
    surrogates_of_dev: Sequence[SurrogateJob]
    attacks: Sequence[PlannedAttack]
    control: Sequence[PlannedAttack]
    evidence: Sequence[PlannedAttack]
    baselines: Sequence[tuple[Baseline, PlannedAttack]]

    @property
    def titled(self) -> list[tuple[str, PlannedAttack]]:
        """Every attack with the name of its row: its own label, or the baseline's."""
        own = [(one.label, one) for one in (*self.attacks, *self.control)]
        own += [(f"{one.label}, evidence", one) for one in self.evidence]
        return own + [(baseline.name, planned) for baseline, planned in self.baselines]


def work_list(settings: Settings, plan: Plan) -> WorkList:
    """What these settings ask of this plan."""
    named = [PlannedAttack(attack, plan) for attack in settings.attacks.values()]
    asking = [one for one in named if asks_model(one.attack)] if settings.use_surrogates else []
    via = via_surrogates(settings, plan) if asking else plan
    check_dev = asking and plan.dev is not None and settings.surrogates_on_dev
    return WorkList(
        generators=plan.generators,
        surrogates=surrogate_jobs(settings, plan) if asking else [],
        surrogates_of_dev=surrogate_jobs(settings, plan.dev) if check_dev and plan.dev is not None else [],
        attacks=named + [PlannedAttack(one.attack, via, surrogate=True) for one in asking],
        control=[] if "blind" in settings.attacks else [PlannedAttack(Blind(), plan)],  # part of every report
        evidence=[PlannedAttack(DenoisingLoss(), via, surrogate=True), PlannedAttack(NearestNeighbour(), plan)]
        if asking
        else [],
        baselines=[(one, one.on(plan)) for one in BASELINES],
    )
