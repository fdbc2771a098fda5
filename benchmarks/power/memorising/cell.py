"""What one release shows: who can be told from it, and what it copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.distances import Distance
from harness.audit.case import AuditSettings, Case
from harness.audit.folders import Material
from harness.audit.leakage import chosen_attacks, scores
from harness.data.sources.slices import Slices
from harness.evaluation.metrics import Flags, Floats
from harness.jobs.targets import ReleaseSpec, images_of
from harness.jobs.work import Work
from harness.store import Store

ATTACKS = ("knn", "ssim", "mosaic")
EVEN = ", even"  # what an attack is called that is shown as many released images a member whatever the members
FALSE_COPIES = 0.01  # of released images that the audit calls copies by chance
_THIRD = 1 / 3


class Release(NamedTuple):
    """A release and whom it is held against. places: in the pool; member: which of them it was trained on, [2 n];
    n_even: of its images are shown where each number of members is shown as many a member."""

    store_root: str
    pool_key: str
    places: NDArray[np.intp]
    member: NDArray[np.bool_]
    release: ReleaseSpec
    n_even: int


@dataclass(frozen=True)
class Shown:
    """What it shows. scores: by attack, float64 [2 n]; nearest: the slice next to each released image, by the audit's
    distance, [m]; copies: by measure, which released images count, bool [m]."""

    scores: dict[str, Floats]
    nearest: NDArray[np.intp]
    copies: dict[str, Flags]


def examine(one: Release, work: Work) -> Shown:
    """Attack the release, and count copies: by the audit's rule, those beyond doubt, and those that lie three times
    nearer to one member than to the next one in pixels (`third`; Bonnaire et al. 2025, arXiv 2505.17638)."""
    store = Store(Path(one.store_root))
    pixels = np.load(store.folder("pool", one.pool_key) / "pixels.npy", mmap_mode="r")
    slices, release = np.asarray(pixels[one.places]), np.asarray(images_of(one.release, store))
    work.report("attacking", 0, 1)
    attacks = chosen_attacks(ATTACKS, release.shape[1], len(release))
    told = scores(attacks, slices, release)
    told |= {f"{name}{EVEN}": score for name, score in scores(attacks, slices, release[: one.n_even]).items()}
    case = _audited(slices, one.member, release)
    order = np.concatenate([np.flatnonzero(one.member), np.flatnonzero(~one.member)])  # an audit's: members first
    members = slices[one.member]
    apart = np.sort(np.partition(Distance().between(members, release, members), 1, axis=0)[:2], axis=0)
    copies = {
        "copies": case.found.copy,
        "unmistakable": case.found.unmistakable,
        "third": apart[0] < _THIRD * apart[1],
    }
    return Shown(told, order[case.found.source], copies)


def _audited(slices: Images, member: Flags, release: Images) -> Case:
    """The release as `python -m harness.audit` would judge it, each slice being of a patient of its own."""

    def named(images: Images, name: str) -> Slices:
        names = tuple(f"{name} {number}" for number in range(len(images)))
        return Slices(images, names, names)

    material = Material(
        named(release, "released"), (), named(slices[member], "member"), named(slices[~member], "other")
    )
    return Case(material, AuditSettings("ncc", "pixel", {}, None, FALSE_COPIES, 0))
