"""How many of a release's candidates were used, without saying which.

Tong et al. 2025, "How much of my dataset did you use? Quantitative data usage inference in machine learning" (DUCI).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.intervals import LEVEL, Estimate, percentiles, resample, spread
from harness.evaluation.metrics import Flags, Floats, Weights
from harness.evaluation.remembered import remembered
from harness.seeds import rng_of

_APART = 0.02  # of true and false positive rate, below which decisions say nothing about a fraction


@remembered(Estimate)
def fraction_used(
    called: Flags,
    patient: NDArray[np.intp],
    *,
    decision: Flags,
    member: Flags,
    unit: NDArray[np.intp],
    patient_of_shadows: NDArray[np.intp],
    seed: int,
) -> Estimate:
    """(mean of called - FPR) / (TPR - FPR), from 0 to 1, with its 95 % interval.

    called [n]: who is called used of a release; patient [n]: theirs; decision, member, unit, patient_of_shadows:
    the same rule's decisions on held-out shadows, which give both rates. Resampled are pairs of shadows and patients
    for the rates, and patients for the release. Where the rates do not differ there is no number.
    """
    rates = resample(unit, patient_of_shadows, rng_of(seed, "fraction used", "rates"))
    here = resample(np.zeros(len(called), np.intp), patient, rng_of(seed, "fraction used", "release"))

    def of_shadows(weight: Weights) -> dict[str, Floats]:
        return {name: _share(weight, decision, among) for name, among in (("true", member), ("false", ~member))}

    def of_release(weight: Weights) -> dict[str, Floats]:
        return {"called": _share(weight, called, np.ones(len(called), np.bool_))}

    value = _fraction(**of_shadows(np.ones((1, len(member)))), **of_release(np.ones((1, len(called)))))
    if np.isnan(value[0]):
        return Estimate(None, note="true and false positive rate do not differ")
    drawn = _fraction(**spread(of_shadows, rates), **spread(of_release, here))
    if np.isnan(drawn).mean() > (1 - LEVEL) / 2:
        return Estimate(float(value[0]), 0.0, 1.0)
    return Estimate(float(value[0]), *percentiles(drawn[~np.isnan(drawn)]))


def _share(weight: Weights, called: Flags, among: Flags) -> Floats:
    """The weighted share of those called among some, [b, n] -> [b]; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return np.asarray((weight @ (called & among)) / (weight @ among), dtype=np.float64)


def _fraction(true: Floats, false: Floats, called: Floats) -> Floats:
    """NaN where the rates are not apart."""
    apart = np.where(true - false > _APART, true - false, np.nan)
    return np.asarray(np.clip((called - false) / apart, 0.0, 1.0), dtype=np.float64)
