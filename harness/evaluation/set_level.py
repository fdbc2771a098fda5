"""Is a set of slices nearer to a release than a held-out set is? Tests that permute patients, never slices.

After arXiv 2502.02970 and 2411.12858. Sets may differ a little for other reasons than training: the same before a
release that none of them went into must give p-values that are uniform.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.distances import Distance
from harness.evaluation.metrics import Flags, Floats

N_PERMUTATIONS = 999
_WIDTHS = np.geomspace(1 / 16, 2.0, 11)  # of the usual distance to the release


def nearer(
    candidates: Images, release: Images, chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator
) -> float | None:
    """`nearer_by_mmd` by distances of pixels, of candidates uint8 [n, h, w] and a release uint8 [m, h, w]."""
    among, to_release = (Distance().between(candidates, one, candidates) for one in (candidates, release))
    return nearer_by_mmd(among, to_release, chosen, patient, rng)


def nearer_by_mmd(
    among: Floats, to_release: Floats, chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator
) -> float | None:
    """The p-value of the set's maximum mean discrepancy to the release, less that of the held-out set.

    among: distances of candidates to each other, float64 [n, n]; to_release: to released images, [n, m]; chosen: the
    set, bool [n], against the others. A Gaussian kernel whose width is learnt on half of the patients, where it tells
    most, and asked of the other half; both have patients of either set, and where these are too few there is no
    p-value.
    """
    sides = _sides(chosen, patient)
    if min(len(side) for side in sides) < 2:
        return None
    learns = np.isin(patient, np.concatenate([rng.permutation(side)[: len(side) // 2] for side in sides]))
    usual = float(np.median(to_release[learns].min(axis=1)))
    widths = _WIDTHS * max(usual, 1e-6)
    known = chosen[learns], patient[learns]
    clear = [_clarity(_statistic(among, to_release, width, learns), *known, rng) for width in widths]
    width, asked = widths[int(np.argmax(clear))], ~learns
    return permuted(_statistic(among, to_release, width, asked), chosen[asked], patient[asked], rng)


def higher_by_mean(score: Floats, chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator) -> float | None:
    """The p-value of the set's mean score [n], calibrated against references, less that of the held-out set.

    None where either set has no patient.
    """
    if min(len(side) for side in _sides(chosen, patient)) == 0:
        return None

    def of(sets: Floats) -> Floats:
        own, others = (one @ score / one.sum(axis=1) for one in (sets, 1 - sets))
        return np.asarray(own - others, dtype=np.float64)

    return permuted(of, chosen, patient, rng)


def permuted(
    statistic: Callable[[Floats], Floats], chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator
) -> float:
    """The share of permutations of patients whose statistic is no smaller, the sets as they are among them.

    statistic: sets float64 [b, n] of ones and zeros -> [b]; larger = nearer. A patient's slices stay together.
    """
    values = statistic(_sets(chosen, patient, rng))
    return float((values >= values[0] - 1e-12 * np.abs(values).max()).mean())


def _sets(chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """The set as it is, and under each permutation of the patients: float64 [1 + b, n]."""
    people, place = np.unique(patient, return_inverse=True)
    held = np.isin(people, _sides(chosen, patient)[0])
    drawn = np.stack([held, *(rng.permutation(held) for _ in range(N_PERMUTATIONS))])
    return np.asarray(drawn[:, place], dtype=np.float64)


def _sides(chosen: Flags, patient: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Patients of the set and of the held-out one, rising; a patient is where most of their slices are."""
    people, place = np.unique(patient, return_inverse=True)
    held = np.bincount(place, chosen) > 0.5 * np.bincount(place)
    return people[held], people[~held]


def _statistic(among: Floats, to_release: Floats, width: float, part: Flags) -> Callable[[Floats], Floats]:
    """MMD^2 of the others to the release less that of the set, of which the release's own term cancels."""
    within = np.exp(-((np.minimum(among[np.ix_(part, part)], 1e9) / width) ** 2) / 2)
    np.fill_diagonal(within, 1.0)  # its own distance is infinite, for whoever looks for the nearest
    near = np.exp(-((to_release[part] / width) ** 2) / 2).mean(axis=1)

    def of(sets: Floats) -> Floats:
        parts = [one / one.sum(axis=1, keepdims=True) for one in (sets, 1 - sets)]
        own, others = (np.einsum("bn,bn->b", one @ within, one) - 2 * one @ near for one in parts)
        return np.asarray(others - own, dtype=np.float64)

    return of


def _clarity(
    statistic: Callable[[Floats], Floats], chosen: Flags, patient: NDArray[np.intp], rng: np.random.Generator
) -> float:
    """How many standard deviations of its permutations the statistic is above their mean."""
    first, *others = statistic(_sets(chosen, patient, rng))
    deviation = float(np.std(others))
    return float((first - np.mean(others)) / deviation) if deviation > 0 else 0.0
