"""What every part of an audit starts from: the folders, the settings, and which released images are copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from attacks.base import Attack, Images, Scores
from harness.audit.copy_rule import Copies, called, copies, threshold
from harness.audit.folders import FEWEST_IMAGES, Material
from harness.audit.frame import UNLIKE, out_of_frame, times_as_far
from harness.audit.moved import AuditDistance
from harness.data.degenerate import Faults, equal_to, faults
from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Flags

_TOO_FEW = Estimate(None, note=f"too few left: the filter leaves under {FEWEST_IMAGES} images")


@dataclass(frozen=True)
class AuditSettings:
    """distance: the one that calls and removes copies; check: a second one, which removes nothing; attacks: by name,
    each asking for a release only; encoder: the user's features; false_copies: the rate the threshold allows; moves:
    whether unmistakable copies that are mirrored or shifted are called, too; pictures: whether the page shows real
    slices."""

    distance: str
    check: str
    attacks: Mapping[str, Attack]
    encoder: Path | None
    false_copies: float
    seed: int
    moves: bool = True
    pictures: bool = False


@dataclass(frozen=True)
class Case:
    """Material and settings, and what follows from them once for all parts."""

    material: Material
    settings: AuditSettings

    @cached_property
    def distances(self) -> Scores:
        """float64 [n, m], pool against release, by the declared distance, as images lie."""
        return self.between(self.material.release.pixels)

    @cached_property
    def moved(self) -> Scores | None:
        """The same over mirror images and shifts, None where they are not looked for."""
        return self.between_moved(self.material.release.pixels)

    @cached_property
    def found(self) -> Copies:
        """The release as given, judged by the declared distance."""
        return self.called(np.ones(len(self.material.release), np.bool_))

    @property
    def kept(self) -> Flags:
        """Released images that are no copies, bool [m]."""
        return ~self.found.copy

    @cached_property
    def left(self) -> Copies:
        """What the filter leaves, judged anew with a threshold of its own; asked for where `is_filtered`."""
        return self.called(self.kept)

    @cached_property
    def kept_images(self) -> Images:
        """What the filter leaves, uint8 [<= m, size, size]."""
        return self.material.release.pixels[self.kept]

    @property
    def is_filtered(self) -> bool:
        """Whether the filter removes something and leaves enough to measure."""
        return not self.kept.all() and int(self.kept.sum()) >= FEWEST_IMAGES

    def between(self, images: Images, slices: Images | None = None) -> Scores:
        """The pool, or some slices, against images by the declared distance, float64 [n, m]. InputError where it
        cannot be had at this size."""
        pool = self.material.pool
        distance = AuditDistance(self.settings.distance, moves=False)
        return distance.between(pool if slices is None else slices, images, pool)

    def between_moved(self, images: Images) -> Scores | None:
        """The pool against images over mirror images and shifts, as `between`; None where nobody looks for them."""
        pool = self.material.pool
        return (
            AuditDistance(self.settings.distance, True).between(pool, images, pool) if self.settings.moves else None
        )

    def called(self, which: Flags) -> Copies:
        """Copies among these of the released images, bool [m], by thresholds fixed on the holdout and them alone."""
        material, moved = self.material, None if self.moved is None else self.moved[:, which]
        found = called(self.distances[:, which], moved, material.patient, material.member, self.settings.false_copies)
        return found.among(~self.flat[which])

    def checked(self) -> Scores:
        """The pool against the release by the second distance, as slices lie, float64 [n, m]; as `between`."""
        pool = self.material.pool
        return AuditDistance(self.settings.check, moves=False).between(pool, self.material.release.pixels, pool)

    @cached_property
    def faults(self) -> Faults:
        """What is wrong with the release whatever it was trained on."""
        return faults(self.material.release.pixels)

    @property
    def flat(self) -> Flags:
        """Released images that show nothing, black or of one grey, bool [m]: nobody's slice is nearest to those."""
        flat = [one.images for one in self.faults.findings if one.fault in ("black", "constant")]
        return np.any([np.zeros(self.faults.n, np.bool_), *flat], axis=0)

    @cached_property
    def out_of_frame(self) -> str:
        """How the release as a whole lies otherwise than the real slices; empty where it does not."""
        shown = self.material.release.pixels[~self.flat]
        return out_of_frame(shown, self.material.pool, self.settings.seed) if len(shown) else ""

    @cached_property
    def unlike(self) -> float:
        """How many times as far the release lies from the slices as these from one another, where that is too far; 0
        where it is not."""
        shown, material = self.material.release.pixels[~self.flat], self.material
        if not len(shown):
            return 0.0
        times = times_as_far(shown, material.members.pixels, material.holdout.pixels, self.settings.seed)
        return times if times > UNLIKE else 0.0

    @cached_property
    def real(self) -> dict[str, Flags]:
        """Which released images are slices of either side, pixel for pixel, bool [m] each."""
        material = self.material
        sides = {"training": material.members, "holdout": material.holdout}
        return {side: equal_to(material.release.pixels, slices.pixels) for side, slices in sides.items()}

    def judged(self, distances: Scores) -> Copies:
        """Copies among the released images of these distances, by a threshold fixed on the holdout and them alone."""
        material = self.material
        above = threshold(distances, material.patient, ~material.member, self.settings.false_copies)
        found = copies(distances, material.patient, material.member, above)
        return found.among(~self.flat) if distances.shape[1] == len(self.flat) else found

    def filtered(self, of_left: Callable[[], Estimate]) -> Estimate | None:
        """of_left() where the filter leaves something else to measure; None where it removes nothing, and a reason
        instead of a value where it leaves too few images."""
        if self.kept.all():
            return None
        return of_left() if self.is_filtered else _TOO_FEW
