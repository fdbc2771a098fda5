"""Section 4: how far a release lies from real slices, by Fréchet and kernel distance between clouds of features.

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

from attacks.base import Images
from harness.audit.case import Case
from harness.audit.features import extractor
from harness.audit.figures import BY_GROUPS, Figure, shown
from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Flags, Floats
from harness.seeds import rng_of

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


CloudDistance = Callable[[Cloud, Cloud], float]
_DISTANCES: dict[str, tuple[str, CloudDistance, float]] = {  # what it is called, how it is made, its smallest value
    "frechet": ("Fréchet", frechet, 0.0),
    "kernel": ("kernel", kernel_distance, -np.inf),
}


def fidelity_figures(case: Case) -> list[Figure]:
    """Fréchet and kernel distance; the floor is members against holdout.

    Equally many images in every cloud, so that what a small sample adds is the same in all of them.
    """
    material = case.material
    name, features = extractor(case.settings.encoder, material.holdout.pixels)
    n_left = int(case.kept.sum()) if case.is_filtered else len(case.kept)
    n = min(n_left, len(material.members), len(material.holdout))
    real = {side: _real(case, which, features, n, side) for side, which in _sides(case)}
    given = _released(case, np.ones_like(case.kept), features, n)
    left = _released(case, case.kept, features, n) if case.is_filtered else given
    figures = []
    for measure, (title, distance, least) in _DISTANCES.items():
        floor = with_interval(distance, real["members"], real["holdout"], least)
        for side, cloud in real.items():

            def to_side(
                one: Cloud, distance: CloudDistance = distance, cloud: Cloud = cloud, at: float = least
            ) -> Estimate:
                return with_interval(distance, one, cloud, at)

            figures.append(
                Figure(
                    "fidelity",
                    f"{measure}_to_{side}",
                    f"{title} ({name.removesuffix(' features')}) to {side}",
                    to_side(given),
                    case.filtered(lambda to_side=to_side: to_side(left)),  # type: ignore[misc]
                    f"squared distance, {n} images a cloud",
                    BY_GROUPS,
                    f"floor {shown(floor)}",
                    floor.value,
                )
            )
    return figures


def _sides(case: Case) -> list[tuple[str, Flags]]:
    return [("members", case.material.member), ("holdout", ~case.material.member)]


def _real(case: Case, which: Flags, features: Callable[[Images], np.ndarray], n: int, side: str) -> Cloud:
    patient = case.material.patient[which]
    places = drawn(patient, n, rng_of(case.settings.seed, "audit", "fidelity", side))
    return Cloud(features(case.material.pool[which][places]), patient[places])


def _released(case: Case, which: Flags, features: Callable[[Images], np.ndarray], n: int) -> Cloud:
    rng = rng_of(case.settings.seed, "audit", "fidelity", "release")
    places = np.asarray(rng.permutation(np.flatnonzero(which))[:n], dtype=np.intp)
    return Cloud(features(case.material.release.pixels[places]), places)
