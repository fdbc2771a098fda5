"""Uncertainty: resample targets (shadows as the pairs they come in), then patients; never single slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.metrics import Floats, Weights

_K = TypeVar("_K")
N_RESAMPLES = 2000
LEVEL = 0.95
MANY = 2**26  # resamples times rows: where nothing hangs on single rows, more than these are not drawn row by row
_CHUNK_CELLS = 100_000  # resamples at once, times rows: the intermediate arrays then stay in a core's own cache


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; None where truth or the sample does not allow it.

    note: why, as `short reason` or `short reason: details`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str | None = None

    @property
    def reason(self) -> str:
        """The note without its details, as a table has room for."""
        return (self.note or "").split(":")[0]


def wilson(count: int, n: int) -> Estimate:
    """The fraction count of n independent units, with its 95 % interval (Wilson 1927)."""
    from scipy.stats import binomtest  # start-up: half a second to import

    interval = binomtest(count, n).proportion_ci(LEVEL, method="wilson")
    return Estimate(count / n, float(interval.low), float(interval.high))


@dataclass(frozen=True)
class Resamples:
    """Bootstrap weights of rows, made a few at a time: 20,000 of 6,000 rows would fill half a GiB.

    draws: of each thing that is drawn, how often each of its k is, int32 [b, k], and which of them a row belongs
    to, [n]. A row's weight is the product.
    """

    draws: Sequence[tuple[NDArray[np.int32], NDArray[np.intp]]]

    def weights(self, first: int = 0, end: int | None = None) -> NDArray[np.int32]:
        """Weights [end - first, n] of resamples from `first` to before `end`; all of them without."""
        weights = [np.take(times[first:end], place, axis=1) for times, place in self.draws]
        for factor in weights[1:]:
            weights[0] *= factor
        return weights[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Resamples b and rows n."""
        times, place = self.draws[0]
        return len(times), len(place)


def resample(
    unit: NDArray[np.intp],
    patient: NDArray[np.intp],
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Resamples:
    """Bootstrap weights for rows with a unit and a patient number each ([n], any).

    A unit is what is drawn together: a complementary pair of shadows, whose members are each other's
    non-members and so are no two independent draws, or a lone target. Crossed: units are drawn with
    replacement, and so are patients, who are the same people in every target; a row's weight is the product of
    the two counts (Owen 2007, arXiv 0712.1111, pigeonhole bootstrap). A single unit is not resampled.
    """

    def drawn(which: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        present, place = np.unique(which, return_inverse=True)
        n = len(present)
        times = np.empty((n_resamples, n), np.int32)
        for one in times:  # counting draws takes a seventh of the time of rng.multinomial at 10,000 patients
            one[:] = np.bincount(rng.integers(n, size=n), minlength=n)
        return times, place

    return Resamples([drawn(patient), *([drawn(unit)] if np.ptp(unit) > 0 else [])])


def spread(metrics: Callable[[Weights], Mapping[_K, Floats]], resamples: Resamples) -> dict[_K, Floats]:
    """Each metric, by whatever key, under every one of b resamples: float64 [b] each."""
    b, n = resamples.shape
    chunk = max(1, _CHUNK_CELLS // n)
    parts = [metrics(resamples.weights(at, at + chunk)) for at in range(0, b, chunk)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def estimates(metrics: Callable[[Weights], Mapping[str, Floats]], resamples: Resamples) -> dict[str, Estimate]:
    """Each metric on the rows as they are, with the percentile interval over the resamples.

    metrics: weights [b, n] to named values [b]; all of them at once, so that they share what they compute.
    """
    return estimated(metrics(np.ones((1, resamples.shape[1]), np.int32)), spread(metrics, resamples))


def estimated(values: Mapping[str, Floats], drawn: Mapping[str, Floats]) -> dict[str, Estimate]:
    """Values float64 [1] by name, each with the percentile interval of those drawn, [b]."""
    return {name: _estimate(float(values[name][0]), some) for name, some in drawn.items()}


def percentiles(drawn: Floats) -> tuple[float, float]:
    """The ends of the central 95 % of drawn values [b]."""
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return float(low), float(high)


def _estimate(value: float, drawn: Floats) -> Estimate:
    if np.isnan(value):
        return Estimate(None, note="undefined on these rows")
    drawn = drawn[~np.isnan(drawn)]  # a resample without one of the classes says nothing
    if len(drawn) == 0:
        return Estimate(value, note="no resample had both classes")
    return Estimate(value, *percentiles(drawn))
