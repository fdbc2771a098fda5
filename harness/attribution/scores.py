"""Which training subset does a generated image stem from? Distances to the subsets, plain and calibrated.

The plain answer, the subset that holds the nearest slice, draws images that are no copies to subsets that are larger
or denser: their nearest slice is nearer to everybody. A calibration sets a distance against what it is for an image
that does not stem from there. It need not gain: a generator with few members copies them more closely, so small
subsets are found more easily to begin with. None of them sees a label of an image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.distances import Distance
from attacks.search import smallest
from attacks.view import View
from harness.evaluation.metrics import Floats

Numbers = NDArray[np.intp]
NEIGHBOURS = 10  # of each slice among the images, as in Conneau et al. 2018
_SMALLEST_SPREAD = 1e-9


@dataclass(frozen=True)
class Measured:
    """Log distances by one distance.

    to_images: float64 [n, m], every real slice to every image; among: float64 [n, n], the slices to each other,
    infinite on the diagonal; subset: intp [n], the subset of each slice, 0 to the number of subsets less 1.
    """

    to_images: Floats
    among: Floats
    subset: Numbers

    @property
    def n_subsets(self) -> int:
        """How many subsets there are."""
        return int(self.subset.max()) + 1


def measure(distance: str, subsets: Sequence[Images], images: Images) -> Measured:
    """All log distances by a name of `attacks.distances.DISTANCES`.

    subsets: uint8 [n_i, h, w] each; images: uint8 [m, h, w]. The axes of `pca` are those of all slices together.
    """
    by = Distance(distance)
    view = View(np.concatenate(subsets), images)
    subset = np.repeat(np.arange(len(subsets)), [len(part) for part in subsets])
    return Measured(np.log(by.matrix(view)), np.log(by.among(view)), subset)


def plain(measured: Measured, k: int) -> Floats:
    """Mean log distance to the k nearest slices of each subset, float64 [n_subsets, m]."""
    return _nearest(measured.to_images, measured.subset, k)


def less_left_out(measured: Measured, k: int) -> Floats:
    """As `plain`, less what it is for a real slice that is not in the subset.

    That is told from all slices, each left out of its own subset: the median over the slices of one subset, averaged
    over the subsets, so that large subsets do not decide it. Every image is judged by itself, whatever the others.
    The difference is offline calibration as of Watson et al. 2022, arXiv 2111.08440, slices as out references.
    """
    if np.bincount(measured.subset).min() <= k:
        raise ValueError(f"Leaving a slice out takes more than k={k} slices in every subset.")
    of_slices = _nearest(measured.among, measured.subset, k)
    own = [np.median(of_slices[:, measured.subset == number], axis=1) for number in range(measured.n_subsets)]
    return plain(measured, k) - np.mean(own, axis=0)[:, None]


def standardised(measured: Measured, k: int) -> Floats:
    """As `plain`, with zero mean and unit deviation over the images in every subset.

    It takes the subsets to have about as many images each: one that has few is called too often.
    """
    values = plain(measured, k)
    if values.shape[1] < 2:
        raise ValueError("Standardising over the images takes 2 images or more.")
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(centred.std(axis=1, keepdims=True), _SMALLEST_SPREAD), dtype=np.float64)


def less_hubs(measured: Measured, k: int) -> Floats:
    """As `plain`, each slice's log distances less half their mean over the 10 images nearest to it.

    A slice that is near to many images (a hub) counts for less: cross-domain similarity local scaling (Conneau et
    al. 2018, arXiv 1710.04087, eq. 3), for distances the NICDM of Schnitzer et al. 2012 (JMLR 13); the image's own
    half is the same for all subsets.
    """
    near = smallest(measured.to_images, min(NEIGHBOURS, measured.to_images.shape[1])).mean(axis=1)
    return _nearest(measured.to_images - near[:, None] / 2, measured.subset, k)


CALIBRATIONS: dict[str, Callable[[Measured, int], Floats]] = {
    "none": plain,
    "left_out": less_left_out,
    "z": standardised,
    "csls": less_hubs,
}


def attributed(measured: Measured, calibration: str, k: int = 1) -> Numbers:
    """The subset of each image, intp [m], from 0. Of equal ones the first.

    Raises ValueError, in a sentence, where there are too few slices or images for this calibration.
    """
    return np.asarray(CALIBRATIONS[calibration](measured, k).argmin(axis=0), dtype=np.intp)


def _nearest(distances: Floats, subset: Numbers, k: int) -> Floats:
    """Mean of the k smallest of each subset's rows, [n, m] -> [n_subsets, m]."""
    numbers = range(int(subset.max()) + 1)
    return np.stack([smallest(distances[subset == number].T, k).mean(axis=1) for number in numbers])
