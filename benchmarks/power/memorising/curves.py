"""Whether figures against steps fall on one curve over numbers of members, and where that begins to rise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from harness.evaluation.intervals import Estimate, percentiles
from harness.evaluation.metrics import Flags, Floats

_LEAST_SD = 0.004  # of a cell: none is known better, whatever few resamples say
N_FITS = 300  # of the resamples, each a hundredth of a second
_CONFIDENT = 0.9  # of the resamples must give a figure, or it has no interval


class Cells(NamedTuple):
    """One measure over the grid. n, steps: [k]; value: [k]; drawn: under each resample, [b, k]; floor: what it is
    where nothing is learnt."""

    n: Floats
    steps: Floats
    value: Floats
    drawn: Floats
    floor: float

    @property
    def sd(self) -> Floats:
        """How far each value is known, [k]."""
        return np.maximum(self.drawn.std(axis=0), _LEAST_SD)

    def of(self, n: float) -> Cells:
        """Those of one number of members."""
        which = self.n == n
        return self._replace(
            n=self.n[which], steps=self.steps[which], value=self.value[which], drawn=self.drawn[:, which]
        )


class OneCurve(NamedTuple):
    """A logistic curve over log(steps / n^p), from the floor to 1. power: p; at, slope: its middle and steepness;
    misfit: mean squared residual in units of what patients leave open of each cell (about 1 or less where one curve
    is all there is to it), with p as fitted, of 1, and with a curve for each n."""

    power: Estimate
    at: float
    slope: float
    misfit: float
    misfit_linear: float
    misfit_apart: float


class Onset(NamedTuple):
    """Steps at which a level is passed, by number of members (no value where it is not within the grid), and the
    slope of their logarithms on those of the members, over numbers whose steps have an interval."""

    level: float
    steps: dict[int, Estimate]
    slope: Estimate


def one_curve(cells: Cells) -> OneCurve:
    """Fit it by least squares, and again under some resamples."""
    fitted = _fit(cells, cells.value)
    drawn = np.array([_fit(cells, values, fitted)[0] for values in cells.drawn[:N_FITS]])
    each = [cells.of(n) for n in np.unique(cells.n)]
    apart = sum(_squares(one, _fit(one, one.value, power=1.0), one.value) for one in each)
    k = len(cells.n)
    return OneCurve(
        Estimate(float(fitted[0]), *percentiles(drawn)),
        float(fitted[1]),
        float(fitted[2]),
        _squares(cells, fitted, cells.value) / max(k - 3, 1),
        _squares(cells, _fit(cells, cells.value, power=1.0), cells.value) / max(k - 2, 1),
        apart / max(k - 2 * len(each), 1),
    )


def curve_at(curve: OneCurve, floor: float, log_scaled: Floats) -> Floats:
    """The value at log(steps / n^p)."""
    return _logistic(np.array([curve.power.value, curve.at, curve.slope]), floor, log_scaled)


def _logistic(parameters: Floats, floor: float, log_scaled: Floats) -> Floats:
    from scipy.special import expit  # start-up: half a second to import

    return np.asarray(floor + (1.0 - floor) * expit(parameters[2] * (log_scaled - parameters[1])))


def _residuals(cells: Cells, parameters: Floats, values: Floats) -> Floats:
    scaled = np.log(cells.steps) - parameters[0] * np.log(cells.n)
    return np.asarray((_logistic(parameters, cells.floor, scaled) - values) / cells.sd)


def _squares(cells: Cells, parameters: Floats, values: Floats) -> float:
    return float((_residuals(cells, parameters, values) ** 2).sum())


def _fit(cells: Cells, values: Floats, first: Floats | None = None, power: float | None = None) -> Floats:
    """Power, middle and slope. first: where to begin; power: what it is held at."""
    from scipy.optimize import least_squares  # start-up: half a second to import

    held = 1.0 if power is None else power
    if first is None:
        first = np.array([held, float(np.median(np.log(cells.steps) - held * np.log(cells.n))) + 1.0, 1.0])

    def missed(parameters: Floats) -> Floats:
        return _residuals(cells, np.concatenate([first[: 3 - len(parameters)], parameters]), values)

    found = least_squares(missed, first if power is None else first[1:]).x
    return np.concatenate([first[: 3 - len(found)], found])


def onset(cells: Cells, level: float) -> Onset:
    """Where rising curves through the cells of each n pass the level."""
    members = [int(n) for n in np.unique(cells.n)]
    each = [cells.of(n) for n in members]
    found = np.array([_passes(one, one.value, level) for one in each])
    drawn = np.array([[_passes(one, values, level) for values in one.drawn] for one in each]).T
    steps = {n: _estimate(found[i], drawn[:, i]) for i, n in enumerate(members)}
    known = np.array([one.low is not None for one in steps.values()])
    slopes = np.array([_slope(members, row, known) for row in drawn])
    return Onset(level, steps, _estimate(_slope(members, found, known), slopes))


def _passes(cells: Cells, values: Floats, level: float) -> float:
    """Steps, between those tried by their logarithms; NaN where all lie on one side."""
    rising = _rising(values, cells.sd**-2)
    if rising[0] >= level or rising[-1] < level:
        return np.nan
    after = int(np.argmax(rising >= level))
    x, y = np.log(cells.steps[after - 1 : after + 1]), rising[after - 1 : after + 1]
    return float(np.exp(x[0] + (level - y[0]) / (y[1] - y[0]) * (x[1] - x[0])))


def _rising(values: Floats, weight: Floats) -> Floats:
    """The nearest values that never fall (Pool adjacent violators, Ayer et al. 1955)."""
    blocks: list[tuple[float, float, int]] = []
    for value, by in zip(values, weight, strict=True):
        blocks.append((float(value), float(by), 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, a, i), (other, b, j) = blocks[-2:]
            blocks[-2:] = [((a * one + b * other) / (a + b), a + b, i + j)]
    return np.concatenate([np.full(count, value) for value, _, count in blocks])


def _slope(members: Sequence[int], steps: Floats, known: Flags) -> float:
    """Of log steps on log members, over those that are known, [n]; NaN for fewer than three, or where one is not."""
    if known.sum() < 3 or np.isnan(steps[known]).any():
        return np.nan
    return float(np.polyfit(np.log(np.asarray(members)[known]), np.log(steps[known]), 1)[0])


def _estimate(value: float, drawn: Floats) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value):
        return Estimate(None, note="not within the grid")
    if len(known) < _CONFIDENT * len(drawn):
        return Estimate(float(value), note="no interval: resamples often leave the grid")
    return Estimate(float(value), *percentiles(known))


def told(one: Estimate) -> Mapping[str, float | str | None]:
    """As JSON has it."""
    return {"value": one.value, "low": one.low, "high": one.high, "note": one.note}
