"""A fraction, and its interval over patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.intervals import Estimate, estimates, resample, wilson
from harness.evaluation.metrics import Floats, Weights
from harness.seeds import rng_of


def fraction(values: Floats, patient: NDArray[np.intp], seed: int) -> Estimate:
    """The mean of values [n] in 0 to 1, with the percentile interval over resampled patients [n].

    Where the values do not differ from patient to patient (none, or all), resampling would answer an interval of no
    width; the Wilson interval of so many patients (Wilson 1927) stands in.
    """
    if len(values) == 0:
        return Estimate(None, note="nothing to count")
    found = estimates(
        lambda weight: {"mean": _mean(values, weight)},
        resample(np.zeros_like(patient), patient, rng_of(seed, "audit", "fraction")),
    )["mean"]
    if np.ptp(values) > 0:
        return found
    return wilson(round(float(values[0]) * (n := len(np.unique(patient)))), n)


def _mean(values: Floats, weight: Weights) -> Floats:
    return np.asarray(weight @ values / weight.sum(axis=1), dtype=np.float64)
