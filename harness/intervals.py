"""Uncertainty: resample targets, then patients; never single slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics import Floats

N_RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; None where truth or the sample does not allow it (`note` says why)."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str | None = None


def resampled_weights(
    target: NDArray[np.intp],
    patient: NDArray[np.intp],
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Floats:
    """Bootstrap weights [n_resamples, n] for rows with a target and a patient number each ([n]).

    Crossed: targets are drawn with replacement, and so are patients, who are the same people in every
    target; a row's weight is the product of the two counts (Owen 2007, arXiv 0712.1111, pigeonhole
    bootstrap). A single target is not resampled.
    """
    n_targets, n_patients = int(target.max()) + 1, int(patient.max()) + 1

    def counts(n: int) -> NDArray[np.int64]:
        return rng.multinomial(n, np.full(n, 1.0 / n), size=n_resamples)

    patients = counts(n_patients)[:, patient]
    if n_targets == 1:
        return patients.astype(np.float64)
    return (counts(n_targets)[:, target] * patients).astype(np.float64)


def estimate(metric: Callable[[Floats], Floats], weights: Floats) -> Estimate:
    """The metric on the rows as they are, and the percentile interval over `weights` [b, n]."""
    value = float(metric(np.ones((1, weights.shape[1])))[0])
    if np.isnan(value):
        return Estimate(None, note="undefined on these rows")
    spread = metric(weights)
    spread = spread[~np.isnan(spread)]  # a resample without one of the classes says nothing
    if len(spread) == 0:
        return Estimate(value, note="no resample had both classes")
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(spread, [tail, 1.0 - tail])
    return Estimate(value, float(low), float(high))
