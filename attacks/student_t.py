"""The law of a candidate's next signal, by the few seen before and by all candidates: a Student-t predictive."""

from __future__ import annotations

import numpy as np

from attacks.base import Flags, Scores

MEAN_WEIGHT = 0.1  # k0: the mean of all candidates counts as a tenth of a reference
SHAPE = 2.0  # a0: their pooled variance counts as four references
_LEAST_VARIANCE = 1e-12  # of signals that never vary: the square of the smallest deviation that `lira` takes


def log_predictive(
    own: Scores, others: Scores, chosen: Flags, mean_weight: float = MEAN_WEIGHT, shape: float = SHAPE
) -> Scores:
    """log density of own [n] under each candidate's law, by the references chosen for it, of others [J, n]: [n].

    A normal law with a normal-inverse-gamma prior (Murphy 2007, "Conjugate Bayesian analysis of the Gaussian
    distribution", eqs. 85 to 110; for membership arXiv 2603.11799). The prior's mean is that of all candidates, with
    the weight of `mean_weight` references (k0); its variance is pooled over them within each candidate, with that of
    2 `shape` (a0). A large shape leaves the pooled variance alone, one near 0 a candidate's own. One reference each
    will do: then the variance is that about the mean of all.
    """
    from scipy.special import gammaln  # start-up: scipy only where it is used

    count = chosen.sum(axis=0)
    mean = np.where(chosen, others, 0.0).sum(axis=0) / count
    squares = np.where(chosen, (others - mean) ** 2, 0.0).sum(axis=0)
    of_all = float(np.where(chosen, others, 0.0).sum() / count.sum())
    weight, a = mean_weight + count, shape + count / 2
    location = (mean_weight * of_all + count * mean) / weight
    b = shape * _pooled(others, chosen, squares, of_all) + squares / 2
    b += mean_weight * count * (mean - of_all) ** 2 / (2 * weight)
    scale2 = b * (weight + 1) / (a * weight)
    constant = gammaln(a + 0.5) - gammaln(a) - 0.5 * np.log(2 * np.pi * a * scale2)
    return np.asarray(constant - (a + 0.5) * np.log1p((own - location) ** 2 / (2 * a * scale2)), dtype=np.float64)


def _pooled(others: Scores, chosen: Flags, squares: Scores, of_all: float) -> float:
    """The variance within candidates, pooled; about the mean of all where no candidate has two references."""
    freedom = int((chosen.sum(axis=0) - 1).sum())
    if freedom == 0:
        return max(float(((others - of_all) ** 2)[chosen].mean()), _LEAST_VARIANCE)
    return max(float(squares.sum() / freedom), _LEAST_VARIANCE)
