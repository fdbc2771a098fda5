"""The winner's rule of 2023 on a challenge's folder, and what the released images looked like to it.

Computed from the files that participants get, on all released images, apart from the harness's own run.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from attacks.similarity import ssim_largest, ssim_matrix
from harness.editions.load import load_edition
from harness.submission.truth import Truth

_OF_NORMAL = 0.6744897501960817  # median of the absolute value of a standard normal
_AT_ONCE = 1_000


class Seen(NamedTuple):
    """What the rule looks at. similar: SSIM of candidate and released image [n, m]; apart: largest of two candidates.

    grain: median noise of released images and of candidates, grey levels.
    """

    similar: NDArray[np.float32]
    apart: float
    grain: tuple[float, float]

    @property
    def best(self) -> NDArray[np.float32]:
        """The largest SSIM of each candidate to a released image, [n]."""
        return np.asarray(self.similar.max(axis=1))

    @property
    def used(self) -> NDArray[np.bool_]:
        """What the winner called used, [n]: nearer to a released image than any two candidates are to each other."""
        return np.asarray(self.best > self.apart)

    @property
    def half(self) -> NDArray[np.bool_]:
        """The half of the candidates with the largest `best`, [n]: the winner's signal for who knows that it is half;
        of equal ones the first."""
        ranked = np.argsort(-self.best, kind="stable")
        chosen = np.zeros(len(ranked), bool)
        chosen[ranked[: len(ranked) // 2]] = True
        return chosen


class Looks(NamedTuple):
    """Medians of the largest SSIM of members and of strangers, the largest SSIM of two candidates, and more.

    shown: released images that show a member, the median over members: those above `apart`, by which it is called
    used. grain, grain_of_real: of the median image, grey levels.
    """

    members: float
    strangers: float
    apart: float
    shown: float
    grain: float
    grain_of_real: float


def seen(challenge: Path, edition: str = "imageclef2023") -> Seen:
    """Read the test of a challenge's folder, candidates in the order of their ids, and compare all with all."""
    leaves = load_edition(edition).leaves
    released, candidates = (
        _images(challenge / "test" / leaves[role].folders[0]) for role in ("test_generated", "test_candidates")
    )
    parts = [released[first : first + _AT_ONCE] for first in range(0, len(released), _AT_ONCE)]
    # float32 for 200 x 10,000 pairs; the rule's two sides are rounded alike
    similar = np.concatenate([ssim_matrix(candidates, part).astype(np.float32) for part in parts], axis=1)
    pairs = ssim_largest(candidates, candidates, leave_self_out=True).astype(np.float32)
    return Seen(similar, float(pairs.max()), (_grain(released), _grain(candidates)))


def looks_of(found: Seen, truth: Truth) -> Looks:
    """What made the rule right or wrong; the truth is opened by then."""
    shown = (found.similar > found.apart).sum(axis=1)[truth.used]
    members, strangers = (float(np.median(found.best[of])) for of in (truth.used, ~truth.used))
    return Looks(members, strangers, found.apart, float(np.median(shown)), *found.grain)


def _images(folder: Path) -> NDArray[np.uint8]:
    """Grey files by name, which is the order of their numbers, uint8 [n, h, w]."""
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.glob("*.png"))])


def _grain(images: NDArray[np.uint8]) -> float:
    """Median over images of the noise's standard deviation where nothing else is, grey levels.

    Of four neighbours, half of one diagonal less the other has the noise's own deviation and none of a slope's; the
    median over a picture does not see edges (after Immerkaer 1996). Pixels of a saturated patch say nothing.
    """
    grey = images.astype(np.int16)
    four = (grey[:, :-1, :-1], grey[:, :-1, 1:], grey[:, 1:, :-1], grey[:, 1:, 1:])
    across = (four[0] - four[1] - four[2] + four[3]) / 2
    clear = np.logical_and.reduce([(one > 0) & (one < 255) for one in four])
    each = [_median_of_halves(np.abs(own[part])) for own, part in zip(across, clear, strict=True) if part.any()]
    return float(np.median(each) / _OF_NORMAL) if each else 0.0


def _median_of_halves(values: NDArray[np.float64]) -> float:
    """The median of values rounded to halves, as if each were spread evenly over what was rounded to it."""
    levels, counts = np.unique(values, return_counts=True)
    if len(levels) == 1:
        return float(levels[0])
    return float(
        np.interp(0.5, np.r_[0, counts.cumsum()] / len(values), np.r_[max(levels[0] - 0.25, 0), levels + 0.25])
    )
