"""Uncertainty: resample targets (shadows as the pairs they come in), then patients; never single slices.

Of few pairs the resamples alone know too little, and of many too much: see `harness.evaluation.few_units`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.few_units import LEVEL, Law, Range
from harness.evaluation.metrics import Floats, Weights

_K = TypeVar("_K")
SHARE: Range = (0.0, 1.0)
DIFFERENCE: Range = (-1.0, 1.0)  # of two shares
N_RESAMPLES = 2000
MANY = 2**26  # resamples times rows: where nothing hangs on single rows, more than these are not drawn row by row
_CHUNK_CELLS = 100_000  # resamples at once, times rows: the intermediate arrays then stay in a core's own cache


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; None where truth or the sample does not allow it.

    value: the estimate. low, high: the ends of the interval. note: why there is none, as `short reason` or `short
    reason: details`.
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
class Drawn:
    """What is drawn with replacement, as often as there are of it.

    rng: a generator where the first draw begins, which is copied and never drawn from; n: how many there are of it;
    place: which of them each row belongs to, [rows]; of_each: how many sets of n are drawn, each by itself.
    """

    rng: np.random.Generator
    n: int
    place: NDArray[np.intp]
    of_each: int = 1


@dataclass(frozen=True)
class Resamples:
    """Bootstrap weights of rows, drawn a few at a time and never kept: 20,000 of 6,000 patients fill half a GiB.

    Whoever asks again gets the same weights. A row's weight is the product over all that is drawn.

    drawn: patients, then units where there are several; n_resamples: how often. apart: the patients of each unit by
    themselves. With it the weights are those that a `Law` takes: every unit left out, then, half as often as
    resamples were asked for, patients drawn alike in all units, and as often those of each by themselves.
    """

    drawn: Sequence[Drawn]
    n_resamples: int
    apart: Drawn | None = None

    def chunks(self, size: int) -> Iterator[NDArray[np.int32]]:
        """The weights, int32 [at most size, rows] at a time."""
        if self.law is None or self.apart is None:
            yield from _products(self.drawn, self.n_resamples, size)
            return
        place = self.drawn[1].place
        for at in range(0, len(self.law.shares), size):
            units = np.arange(at, min(at + size, len(self.law.shares)))
            yield (place != units[:, None]).astype(np.int32)
        yield from _products(self.drawn[:1], self.law.n_drawn, size)
        yield from _products([self.apart], self.law.n_drawn, size)

    def weights(self) -> NDArray[np.int32]:
        """The resamples all at once, int32 [resamples, rows]."""
        return next(_products(self.drawn, self.n_resamples, self.n_resamples))

    @property
    def n_rows(self) -> int:
        """Rows that are weighted."""
        return len(self.drawn[0].place)

    @property
    def plain(self) -> Resamples:
        """The resamples, and no law: they err to the wide side where no unit differs from another."""
        return replace(self, apart=None)

    @property
    def law(self) -> Law | None:
        """What a metric under all of the weights follows; None where it follows the resamples themselves."""
        if self.apart is None:
            return None
        counts = np.bincount(self.drawn[1].place)
        return Law(tuple((counts / counts.sum()).tolist()), self.n_resamples // 2)


def _products(drawn: Sequence[Drawn], n_resamples: int, size: int) -> Iterator[NDArray[np.int32]]:
    """The products of how often each row's own of every kind is drawn, int32 [at most size, rows] at a time."""
    rngs = [deepcopy(one.rng) for one in drawn]
    for at in range(0, n_resamples, size):
        n = min(size, n_resamples - at)
        weights = [
            np.take(_times(rng, one.n, n, one.of_each), one.place, axis=1)
            for rng, one in zip(rngs, drawn, strict=True)
        ]
        for factor in weights[1:]:
            weights[0] *= factor
        yield weights[0]


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
    the two counts (Owen 2007, arXiv 0712.1111, pigeonhole bootstrap). A single unit is not resampled. What is
    returned follows the law of `harness.evaluation.few_units` where there are several; `plain` has the resamples.
    """

    def drawn(which: NDArray[np.intp]) -> Drawn:
        present, place = np.unique(which, return_inverse=True)
        here, n = deepcopy(rng), len(present)
        size = _at_once(n)
        for at in range(0, n_resamples, size):  # so that the generator stands where what is drawn next begins
            rng.integers(n, size=(min(size, n_resamples - at), n))
        return Drawn(here, n, place)

    people = drawn(patient)
    if np.ptp(unit) == 0:
        return Resamples([people], n_resamples)
    units = drawn(unit)
    (own,) = deepcopy(rng).spawn(1)
    apart = Drawn(own, people.n, units.place * people.n + people.place, units.n)
    return Resamples([people, units], n_resamples, apart)


def spread(metrics: Callable[[Weights], Mapping[_K, Floats]], resamples: Resamples) -> dict[_K, Floats]:
    """Each metric, by whatever key, under all of the weights: float64 [weights, ...] each."""
    parts = [metrics(weights) for weights in resamples.chunks(_at_once(resamples.n_rows))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def estimates(
    metrics: Callable[[Weights], Mapping[str, Floats]],
    resamples: Resamples,
    within: Range | Mapping[str, Range] = SHARE,
) -> dict[str, Estimate]:
    """Each metric on the rows as they are, with its interval.

    metrics: weights [b, n] to named values [b]; all of them at once, so that they share what they compute. within:
    as `estimated` has it.
    """
    return estimated(metrics(as_they_are(resamples)), spread(metrics, resamples), resamples.law, within)


def as_they_are(resamples: Resamples) -> NDArray[np.int32]:
    """The weights under which a metric is that of the rows as they are: ones, int32 [1, rows]."""
    return np.ones((1, resamples.n_rows), np.int32)


def estimated(
    values: Mapping[str, Floats],
    drawn: Mapping[str, Floats],
    law: Law | None = None,
    within: Range | Mapping[str, Range] = SHARE,
) -> dict[str, Estimate]:
    """Values float64 [1] by name, each with the interval of those drawn, [b].

    law: what those under all of the weights, [weights], follow. within: the ends of what they can be, by name where
    they differ and are no shares.
    """

    def of(name: str) -> Estimate:
        value, some = float(values[name][0]), drawn[name]
        if law is None:
            return _estimate(value, some)
        return by_law(value, some, law, within.get(name, SHARE) if isinstance(within, Mapping) else within)

    return {name: of(name) for name in drawn}


def by_law(value: float, drawn: Floats, law: Law, within: Range, *, compared: bool = False) -> Estimate:
    """A value with the interval of its law; drawn: under all of the weights. compared: as `Law.chance` has it."""
    if np.isnan(value):
        return Estimate(None, note="undefined on these rows")
    chance = law.chance(value, drawn, compared=compared)
    if chance is None:
        return Estimate(value, note="no interval: undefined without some pair of shadows")
    return Estimate(value, *chance.interval(value, within))


def percentiles(drawn: Floats) -> tuple[float, float]:
    """The ends of the central 95 % of drawn values [b]."""
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return float(low), float(high)


def _times(rng: np.random.Generator, n: int, n_resamples: int, of_each: int = 1) -> NDArray[np.int32]:
    """How often each of n things is drawn when n are, so many sets side by side, int32 [n_resamples, of_each * n].

    Counting draws takes a seventh of the time of `rng.multinomial` at 10,000 things.
    """
    draws = rng.integers(n, size=(n_resamples * of_each, n))
    draws += np.arange(0, n_resamples * of_each * n, n)[:, None]
    return np.bincount(draws.ravel(), minlength=draws.size).astype(np.int32).reshape(n_resamples, -1)


def _at_once(n: int) -> int:
    """How many resamples of n things or rows are held at a time."""
    return max(1, _CHUNK_CELLS // n)


def _estimate(value: float, drawn: Floats) -> Estimate:
    """A value with the percentile interval of those drawn."""
    if np.isnan(value):
        return Estimate(None, note="undefined on these rows")
    drawn = drawn[~np.isnan(drawn)]  # a resample without one of the classes says nothing
    if len(drawn) == 0:
        return Estimate(value, note="no resample had both classes")
    return Estimate(value, *percentiles(drawn))
