"""Is an attack better than a plain one? Paired differences on the same draws, corrected for how many are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.evaluation.few_units import Law, Range
from harness.evaluation.intervals import N_RESAMPLES, SHARE, Estimate, Resamples, by_law, percentiles, spread
from harness.evaluation.measure import fprs_with_enough, resamples_of
from harness.evaluation.metrics import Flags, Floats, Ranking, StepRoc, Weights
from harness.evaluation.predictions import Predictions
from harness.evaluation.remembered import remembered

COMPARED_WITH = ("knn", "ssim")
FPR = 0.1
METRICS: dict[str, Callable[[StepRoc], Floats]] = {
    "auc": lambda roc: roc.auc(),
    f"tpr_at_{FPR}": lambda roc: roc.tpr_at(FPR),
}
_RESAMPLES_A_QUESTION = 80  # the smallest p-value is 2 / (b + 1): times m questions it must come below 0.05
MOST_RESAMPLES = 20_000


@dataclass(frozen=True)
class Comparison:
    """One attack against a baseline, on the same resamples.

    attack, baseline: their labels; metric: `auc` or `tpr_at_0.1`; difference: the attack's metric less the
    baseline's; p_value: two-sided; p_holm: corrected over all comparisons made together.
    """

    attack: str
    baseline: str
    metric: str
    difference: Estimate
    p_value: float
    p_holm: float


@remembered(Comparison, Estimate)
def compare(
    rows: Mapping[str, Predictions], member: Flags, seed: int, baselines: Sequence[str] = COMPARED_WITH
) -> list[Comparison]:
    """Every attack against every baseline present, in AUC and, with 30 non-members, in TPR at 10 % FPR.

    rows: by attack, the same candidates in the same order; member: bool [n]. Two baselines meet once. Both
    attacks of a difference stand on the same draws of patients, so what they share cancels, and intervals and
    p-values follow the law of `harness.evaluation.few_units`. Of a single pair they are of resampled patients, as
    often as lets a difference stay below 0.05 after the correction, 2,000 to 20,000 times.
    Raises ValueError where the candidates of two attacks are not the same.
    """
    _check_same(rows)
    held = [baseline for baseline in baselines if baseline in rows]
    asked = [(name, base) for at, base in enumerate(held) for name in rows if name not in held[: at + 1]]
    if not asked:
        return []
    metrics = list(METRICS) if FPR in fprs_with_enough(member) else ["auc"]
    resamples = resamples_of(next(iter(rows.values())), seed)
    if resamples.law is None:  # then p-values are shares of the resamples
        resamples = resamples_of(next(iter(rows.values())), seed, resamples_for(len(asked) * len(metrics)))
    drawn = _values(rows, member, metrics, resamples)
    found = [
        paired(name, base, metric, drawn[name, metric] - drawn[base, metric], resamples.law)
        for name, base in asked
        for metric in metrics
    ]
    return corrected(found)


def resamples_for(n_questions: int) -> int:
    """How many resamples let one of so many differences stay below 0.05 after the correction: 2,000 to 20,000."""
    return min(max(N_RESAMPLES, _RESAMPLES_A_QUESTION * n_questions), MOST_RESAMPLES)


def corrected(found: Sequence[Comparison]) -> list[Comparison]:
    """The same with Holm's correction over all of them."""
    p_values = holm([one.p_value for one in found])
    return [replace(one, p_holm=p) for one, p in zip(found, p_values, strict=True)]


def bootstrap_p_value(differences: Floats) -> float:
    """Two-sided p-value of resampled differences [b]: twice the smaller share on either side of zero, at most 1.

    The level at which the percentile interval just reaches zero (Efron and Tibshirani 1993, ch. 15); the
    observed one is counted among the b + 1, so that it is never 0 (Davison and Hinkley 1997, eq. 4.11).
    """
    sides = np.sum(differences <= 0), np.sum(differences >= 0)
    return float(min(1.0, 2 * (1 + min(sides)) / (len(differences) + 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): the k-th smallest of m times m - k + 1, never below one before it."""
    order = np.argsort(p_values, kind="stable")
    stepped = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(p) for p in corrected]


def _check_same(rows: Mapping[str, Predictions]) -> None:
    names = list(rows)
    for name in names[1:]:
        one, other = rows[names[0]], rows[name]
        if not (np.array_equal(one.target, other.target) and np.array_equal(one.patient, other.patient)):
            raise ValueError(
                f"{names[0]} and {name} cannot be compared: they judged different candidates, or in another order."
            )


def _values(
    rows: Mapping[str, Predictions], member: Flags, metrics: Sequence[str], resamples: Resamples
) -> dict[tuple[str, str], Floats]:
    """By attack and metric, its value on the rows as they are, then under all weights: float64 [1 + weights]."""
    rankings = {name: Ranking.of(one.score, member) for name, one in rows.items()}

    def of_all(weight: Weights) -> dict[tuple[str, str], Floats]:
        found: dict[tuple[str, str], Floats] = {}
        for name, ranking in rankings.items():
            roc = ranking.roc(weight)  # one at a time: fifty of them would not stay in the core's cache
            found |= {(name, metric): METRICS[metric](roc) for metric in metrics}
        return found

    plain, resampled = of_all(np.ones((1, len(member)), np.int32)), spread(of_all, resamples)
    return {key: np.append(value, resampled[key]) for key, value in plain.items()}


def paired(
    attack: str,
    baseline: str,
    metric: str,
    difference: Floats,
    law: Law | None = None,
    *,
    within: Range = SHARE,
) -> Comparison:
    """What differences of one attack and another say, not corrected yet: float64 [1 + b], the value first.

    law: as `estimated` has it; within: the ends of what the metric can be.
    """
    value, drawn = float(difference[0]), difference[1:]
    if law is not None:
        most = within[1] - within[0]
        chance = None if np.isnan(value) else law.chance(value, drawn, compared=True)
        p_value = 1.0 if chance is None else chance.p_value(value)
        found = by_law(value, drawn, law, (-most, most), compared=True)
        return Comparison(attack, baseline, metric, found, p_value, p_value)
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or len(drawn) == 0:
        return Comparison(attack, baseline, metric, Estimate(None, note="undefined on these rows"), 1.0, 1.0)
    p_value = bootstrap_p_value(drawn)
    return Comparison(attack, baseline, metric, Estimate(value, *percentiles(drawn)), p_value, p_value)
