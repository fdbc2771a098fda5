"""Section 4: how far the release, and what is left of it, lies from members and from the holdout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attacks.base import Images
from harness.audit.case import Case
from harness.audit.features import extractor
from harness.audit.fidelity import Cloud, drawn, frechet, kernel_distance, with_interval
from harness.audit.figures import BY_GROUPS, Figure, shown
from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Flags
from harness.seeds import rng_of

Distance = Callable[[Cloud, Cloud], float]
_DISTANCES: dict[str, tuple[str, Distance, float]] = {  # what it is called, how it is made, its smallest value
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
                one: Cloud, distance: Distance = distance, cloud: Cloud = cloud, at: float = least
            ) -> Estimate:
                return with_interval(distance, one, cloud, at)

            figures.append(
                Figure(
                    "fidelity",
                    f"{measure}_to_{side}",
                    f"{title} ({name}) to {side}",
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
