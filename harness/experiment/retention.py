"""What a model attack keeps when it asks a surrogate, trained on the release, in the model's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from harness.experiment.evaluator import Evaluation
from harness.experiment.executor import Executor
from harness.planning.planned_attack import PlannedAttack
from harness.planning.work import WorkList

CHANCE = 0.5


class Retention(NamedTuple):
    """One attack on the shadows: AUC on the models themselves and on their surrogates, pooled.

    kept: (surrogate - 0.5) / (model - 0.5); None where the model itself gives nothing away.
    """

    attack: str
    model_auc: float
    surrogate_auc: float
    kept: float | None


class SurrogateEvidence(NamedTuple):
    """rows: what each attack keeps; follows_distance: see `loss_follows_distance`."""

    rows: list[Retention]
    follows_distance: float | None


def surrogate_evidence(
    executor: Executor, work: WorkList, judged: Mapping[str, Evaluation]
) -> SurrogateEvidence | None:
    """What surrogates are worth on the shadows, where any were trained; None where not."""
    if not work.evidence:
        return None
    return SurrogateEvidence(_retentions(work.attacks, judged), loss_follows_distance(executor, *work.evidence))


def _retentions(named: Sequence[PlannedAttack], judged: Mapping[str, Evaluation]) -> list[Retention]:
    """A row for every attack that was tried both ways, the best via a surrogate first."""

    def auc(planned: PlannedAttack) -> float | None:
        estimate = judged[planned.label].record.auc
        return None if estimate is None else estimate.value

    model = {one.attack.name: auc(one) for one in named if not one.surrogate}
    found = []
    for one in named:
        own, other = model.get(one.attack.name), auc(one)
        if one.surrogate and own is not None and other is not None:
            kept = (other - CHANCE) / (own - CHANCE) if abs(own - CHANCE) > 1e-9 else None
            found.append(Retention(one.attack.name, own, other, kept))
    return sorted(found, key=lambda row: -row.surrogate_auc)


def loss_follows_distance(executor: Executor, loss: PlannedAttack, knn: PlannedAttack) -> float | None:
    """Spearman correlation of the surrogate's loss with log d1, the distance to the nearest released image.

    Over the candidates of a shadow, mean over shadows: near 1, a surrogate tells what nearest neighbours tell.
    None where one of them is the same for all candidates of a shadow.
    """
    from scipy.stats import spearmanr  # start-up: seconds to import

    scored = executor.attack_shadows([loss, knn])
    pairs = zip(scored[loss.label].scores, scored[knn.label].scores, strict=True)
    mean = float(np.mean([spearmanr(a, b).statistic for a, b in pairs]))
    return None if np.isnan(mean) else mean
