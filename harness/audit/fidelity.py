"""How far a release lies from real slices: Fréchet and kernel distance between clouds of features.

The formulas of FID (Heusel et al. 2017, arXiv 1706.08500) and KID (Binkowski et al. 2018, arXiv 1801.01401), but by
other features and on few images: figures compare within one audit only, never with published FID or KID.
Written out here: torchmetrics' FrechetInceptionDistance and KernelInceptionDistance know no patients, and the
latter takes equal numbers in random subsets only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Floats

Places = NDArray[np.intp]
_GROUPS = 20  # of the jackknife, on each side
_NORMAL = 1.959964  # standard errors to either side of a 95 % interval


class Cloud(NamedTuple):
    """Features float64 [n, p], and what each row is drawn with: its patient, or itself for a released image; [n]."""

    features: Floats
    unit: Places


def frechet(first: Cloud, second: Cloud) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the Gaussians that fit, by eigenvalues of symmetric matrices."""
    (one, other), centres = _covariances(first, second), first.features.mean(axis=0) - second.features.mean(axis=0)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    crossed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0.0)).sum()
    return float(max(0.0, centres @ centres + np.trace(one) + np.trace(other) - 2.0 * crossed))


def _covariances(first: Cloud, second: Cloud) -> tuple[Floats, Floats]:
    one, other = (np.atleast_2d(np.cov(cloud.features, rowvar=False)) for cloud in (first, second))
    return one, other


def kernel_distance(first: Cloud, second: Cloud) -> float:
    """Squared MMD of the kernel (x y / p + 1)^3, unbiased: 0 on average for one law, and so below 0 half of the time.

    Pairs of one patient are left out within a cloud: two slices of one person are more alike than people are.
    """

    def kernel(x: Floats, y: Floats) -> Floats:
        return np.asarray((x @ y.T / x.shape[1] + 1.0) ** 3)

    def within(cloud: Cloud) -> float:
        others = cloud.unit[:, None] != cloud.unit[None]
        return float(kernel(cloud.features, cloud.features)[others].mean())

    across = kernel(first.features, second.features).mean()
    return float(within(first) + within(second) - 2.0 * across)


def with_interval(distance: Callable[[Cloud, Cloud], float], first: Cloud, second: Cloud, least: float) -> Estimate:
    """The distance with a 95 % interval by the jackknife that leaves out a group of units of one cloud at a time.

    A bootstrap would repeat units, which alone moves a cloud away from itself. Groups are of patients, on the side of
    a release of images (`jackknife`). least: the smallest value there can be.
    """
    value = distance(first, second)
    variance = jackknife(lambda cloud: distance(cloud, second), first)
    variance += jackknife(lambda cloud: distance(first, cloud), second)
    reach = _NORMAL * float(np.sqrt(variance))
    return Estimate(value, max(least, value - reach), value + reach)


def jackknife(of: Callable[[Cloud], float], cloud: Cloud) -> float:
    """The variance of a statistic of a cloud, over the drawing of its units: delete-m_j jackknife, at most 20 groups.

    Busing, Meijer and van der Leeden 1999 (Statistics and Computing 9, 3-8): with h_j = n / m_j, the pseudo-value of
    a group is h_j t - (h_j - 1) t_(-j), and the variance is the mean over groups of the squared distance of these to
    g t - sum_j (1 - m_j / n) t_(-j), divided by h_j - 1. n and m_j count units, which are what is drawn, not rows.
    """
    units, place = np.unique(cloud.unit, return_inverse=True)
    n_groups = min(_GROUPS, len(units))
    of_unit = np.arange(len(units)) % n_groups
    group = of_unit[place]
    whole = of(cloud)
    without = np.array([of(Cloud(cloud.features[group != k], cloud.unit[group != k])) for k in range(n_groups)])
    h = len(units) / np.bincount(of_unit)
    pseudo = h * whole - (h - 1.0) * without
    centre = n_groups * whole - ((1.0 - 1.0 / h) * without).sum()
    return float(((pseudo - centre) ** 2 / (h - 1.0)).mean())


def drawn(patient: Places, n: int, rng: np.random.Generator) -> Places:
    """Places of n of the rows, one slice of every patient, in random order, before a second of any."""
    order = rng.permutation(len(patient))
    turn = np.empty(len(patient), np.intp)
    seen: dict[int, int] = {}
    for place in order:
        turn[place] = seen[int(patient[place])] = seen.get(int(patient[place]), -1) + 1
    return np.asarray(order[np.argsort(turn[order], kind="stable")][:n], dtype=np.intp)
