"""Intervals of few pairs of generators that judge the same patients: two sources of chance, each counted once.

Readers and cases of the studies that compare how radiologists read are pairs of generators and patients here
(Obuchowski and Rockette 1995, doi:10.1080/03610919508813243; degrees of freedom of Hillis 2007,
doi:10.1002/sim.2532): with S^2 the variance of a metric among r pairs and C its covariance between two pairs by the
patients they share,

    variance = S^2 / r + max(C, 0),    degrees of freedom = (r - 1) (variance / (S^2 / r))^2.

A bootstrap of pairs and patients at once (Owen 2007) counts what belongs to neither twice, so that many pairs that
hardly differ get intervals too wide, and draws few pairs as if they were all there are, so that two or three that
differ get them too narrow.

S^2 / r is found by leaving out one pair after another (Busing et al. 1999, doi:10.1023/A:1008800423698, for pairs
that have more rows than others), C by drawing patients anew: once alike in all pairs, once in each by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from harness.evaluation.metrics import Floats

Range = tuple[float, float]
LEVEL = 0.95
_FEWEST_DEGREES = 2.0  # those of three pairs
_NOTHING = 1e-9  # to rounding
_MOST_DEGREES = 1e6  # as good as the normal law


class Chance(NamedTuple):
    """How far a value may be off by chance: its standard error, the degrees of freedom of Student's law, and of how
    many pairs it is."""

    error: float
    degrees: float
    pairs: int

    def interval(self, value: float, within: Range) -> tuple[float, float]:
        """The ends of the central 95 %, as far as there can be such values."""
        from scipy.special import stdtrit  # start-up

        far = self.error * float(stdtrit(self.degrees, (1 + LEVEL) / 2))
        return max(within[0], value - far), min(within[1], value + far)

    def p_value(self, value: float) -> float:
        """Two-sided, of a value that should be 0. Where nothing varies, that of the sign of so many pairs."""
        from scipy.special import stdtr  # start-up

        if self.error <= _NOTHING:
            return 1.0 if abs(value) <= _NOTHING else 2.0 ** (1 - self.pairs)
        return float(2 * stdtr(self.degrees, -abs(value) / self.error))


@dataclass(frozen=True)
class Law:
    """Of a metric over r pairs. shares: of the rows that each pair has, r; n_drawn: how often patients were drawn.

    What it takes is the metric without each of the pairs, [r], then with patients drawn alike in all of them,
    [n_drawn], then with those of each drawn by itself, [n_drawn]: float64 [r + 2 n_drawn].
    """

    shares: tuple[float, ...]
    n_drawn: int

    def chance(self, value: float, values: Floats, *, compared: bool = False) -> Chance | None:
        """How far the metric's value may be off; None where it is undefined without some pair, or nearly always.

        Of two pairs, whose one difference says next to nothing, the variance is no less than the patients' alone, and
        Student's law is that of three pairs or a narrower one. compared: of a difference, many of which are asked
        together: then three pairs have that variance, too, and two or three that law, however alike they are by
        chance: else differences that are none come out small too often, which a test simulates.
        """
        without, *drawn = self._parts(values)
        alike, apart = map(_known, drawn)
        if np.isnan(without).any() or min(len(alike), len(apart)) < 2:
            return None
        shares = np.array(self.shares)
        of_pairs, of_patients = _variance_of_pairs(value, without, shares), float(alike.var(ddof=1))
        covariance = (of_patients - float(apart.var(ddof=1))) / (1 - float((shares**2).sum()))
        variance = of_pairs + max(0.0, covariance)
        if len(shares) == 2 or (compared and len(shares) == 3):
            variance = max(variance, of_patients)
        if compared and len(shares) <= 3:
            return Chance(variance**0.5, _FEWEST_DEGREES, len(shares))
        degrees = (len(shares) - 1) * (variance / of_pairs) ** 2 if of_pairs > 0 else _MOST_DEGREES
        return Chance(variance**0.5, min(max(degrees, _FEWEST_DEGREES), _MOST_DEGREES), len(shares))

    def _parts(self, values: Floats) -> list[Floats]:
        r = len(self.shares)
        if len(values) != r + 2 * self.n_drawn:
            raise ValueError(f"A law of {r} pairs and {self.n_drawn} draws does not take {len(values)} values.")
        return np.split(np.asarray(values, np.float64), [r, r + self.n_drawn])


def _variance_of_pairs(value: float, without: Floats, shares: Floats) -> float:
    """S^2 / r by the metric's value and that without each pair, [r]: Busing et al. 1999, eq. 7 and 8."""
    times = 1 / shares
    middle = len(shares) * value - ((1 - shares) * without).sum()
    pseudo = times * value - (times - 1) * without
    return float(((pseudo - middle) ** 2 / (times - 1)).mean())


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]
