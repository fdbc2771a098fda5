"""What a least-squares fit over a target's candidates leaves, on one scale for every target."""

from __future__ import annotations

import numpy as np

from attacks.base import Scores

CONSTANT = 1e-9  # relative to the largest value: standard deviations below are those of rounding


def residual_of(own: Scores, regressors: Scores, ridge: float = 0.0) -> Scores:
    """own [n] less its least-squares fit on regressors [n, p] and a constant, over its standard deviation."""
    design = standardised(regressors)
    centred = own - own.mean()
    normal = design.T @ design + ridge * np.eye(design.shape[1])
    residual = centred - design @ (np.linalg.pinv(normal) @ (design.T @ centred))
    return np.asarray(residual / deviation(residual), dtype=np.float64)


def standardised(columns: Scores) -> Scores:
    """Float64 [n, p] to zero mean and unit standard deviation over the candidates; all 0 where nothing varies.

    A column that is constant but for rounding would else be blown up to one of noise, which tells nothing and
    changes with the order of the candidates.
    """
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    varies = spread > CONSTANT * np.abs(columns).max(axis=0)
    return np.asarray(np.where(varies, centred / np.where(varies, spread, 1.0), 0.0), dtype=np.float64)


def deviation(values: Scores) -> float:
    """The standard deviation, above 0: what it divides stays finite where nothing varies."""
    return max(float(values.std()), 1e-9)
