"""Intervals of few pairs of generators that judge the same patients: two sources of chance, each counted once.

Readers and cases of the studies that compare how radiologists read are pairs of generators and patients here
(Obuchowski and Rockette 1995, doi:10.1080/03610919508813243; degrees of freedom of Hillis 2007,
doi:10.1002/sim.2532): with S^2 the variance of a metric among r pairs and C its covariance between two pairs by the
patients they share,

    variance = S^2 / r + max(C, 0),    degrees of freedom = (r - 1) (variance / (S^2 / r))^2.

A bootstrap of pairs and patients at once (Owen 2007) counts what belongs to neither twice, so that many pairs that
hardly differ get intervals too wide, and draws few pairs as if they were all there are, so that two or three that
differ get them too narrow. Its shape is kept: what leans to one side there leans to it here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.evaluation.metrics import Floats

Range = tuple[float, float]
N_OF_VARIANCE = 200  # resamples by which a variance is estimated, to a tenth of it
_FEWEST_DEGREES = 2.0
_MOST_DEGREES = 1e6  # as good as the normal law
_FARTHEST = 8.0  # deviations, beyond which a normal tail is 0


@dataclass(frozen=True)
class Law:
    """Of a metric under n_resamples resamples of n_units pairs and of patients, and under what `by_its_law` needs."""

    n_resamples: int
    n_units: int

    def drawn(self, values: Floats, within: Range) -> Floats:
        """What its values would be drawn from, float64 [n_resamples]; within: the ends of what the metric can be."""
        return by_its_law(np.asarray(values, np.float64), self.n_resamples, self.n_units).clip(*within)


def by_its_law(values: Floats, n_resamples: int, n_units: int) -> Floats:
    """Draws of a metric under resamples of pairs and patients, float64 [n_resamples], moved to the law above.

    values: first those draws, then the metric without each of the units, then `N_OF_VARIANCE` times with patients
    drawn alike in all of them, and as often with those of each drawn by itself. NaN where it is undefined; as they
    are where it is so without some unit, or where nothing ever changes it.

    Of two pairs, whose single difference says next to nothing, Student's law is that of three, the variance no less
    than the patients' alone, and the shape Student's own: resamples of two pairs are of three kinds.
    """
    drawn, left_out, *of_patients_alone = np.split(values, np.cumsum([n_resamples, n_units, N_OF_VARIANCE]).tolist())
    known, alike, apart = (one[~np.isnan(one)] for one in (drawn, *of_patients_alone))
    deviation = float(known.std(ddof=1)) if min(len(known), len(alike), len(apart)) > 1 else 0.0
    if deviation == 0 or np.isnan(left_out).any():
        return drawn
    of_units = (n_units - 1) / n_units * float(((left_out - left_out.mean()) ** 2).sum())
    of_patients, of_each = (float(one.var(ddof=1)) for one in (alike, apart))
    variance = of_units + max(0.0, (of_patients - of_each) * n_units / (n_units - 1))
    if n_units == 2:
        variance = max(variance, of_patients)
    if not variance > 0:
        return drawn
    degrees = (n_units - 1) * (variance / of_units) ** 2 if of_units > 0 else _MOST_DEGREES
    place = _of_ranks(drawn) if n_units == 2 else (drawn - known.mean()) / deviation
    return float(known.mean()) + variance**0.5 * _with_tails(place, degrees)


def _of_ranks(drawn: Floats) -> Floats:
    """Where the normal law has values of these ranks; NaN stays."""
    from scipy.special import ndtri  # start-up

    rank = np.argsort(np.argsort(drawn, kind="stable"), kind="stable")  # NaN last
    known = ~np.isnan(drawn)
    return np.where(known, ndtri((rank + 0.5).clip(max=known.sum() - 0.5) / known.sum()), np.nan)


def _with_tails(place: Floats, degrees: float) -> Floats:
    """Where Student's law has what the normal law has at these places."""
    from scipy.special import ndtr, stdtrit  # start-up

    far = np.abs(place).clip(max=_FARTHEST)
    tail = stdtrit(min(max(degrees, _FEWEST_DEGREES), _MOST_DEGREES), ndtr(-far))
    return np.asarray(-np.sign(place) * tail, np.float64)
