"""Features that need no weights: the coarse picture, and how much power lies in finer and finer detail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from attacks.base import Images
from attacks.distances import blocks
from attacks.encoder import encoded
from harness.errors import InputError
from harness.evaluation.metrics import Floats

OUTLINE = 5  # lowest DCT frequencies along each axis
RINGS = 7  # bands of all frequencies, finest last
DEFAULT = "dct features"
_SMALLEST = 1e-9


def dct_features(images: Images) -> Floats:
    """float64 [n, 32] of uint8 [n, h, w]: the 25 lowest DCT coefficients, and the log power of 7 rings (`grain`)."""
    from scipy.fft import dctn  # start-up: seconds to import

    def outline(part: Images) -> Floats:
        return np.asarray(dctn(part.astype(np.float64), axes=(1, 2), norm="ortho")[:, :OUTLINE, :OUTLINE])

    coarse = np.concatenate([outline(block).reshape(len(block), -1) for block in blocks(images)])
    return np.concatenate([coarse / np.sqrt(images[0].size), grain(images)], axis=1)


def grain(images: Images) -> Floats:
    """Log mean power of the DCT in 7 rings of equal width, coarse to fine, float64 [n, 7]; a grey level squared is
    added, so that flat images stay finite."""
    from scipy.fft import dctn  # start-up: seconds to import

    height, width = images.shape[1:]
    radius = np.hypot(np.arange(height)[:, None] / height, np.arange(width)[None] / width) / np.sqrt(2.0)
    ring = np.minimum((radius * RINGS).astype(np.intp), RINGS - 1).ravel()
    in_ring = (ring[:, None] == np.arange(RINGS)) / np.bincount(ring, minlength=RINGS)

    def power(part: Images) -> Floats:
        flat = dctn(part.astype(np.float64), axes=(1, 2), norm="ortho").reshape(len(part), -1)
        flat[:, 0] = 0.0  # the mean grey is no detail
        return np.asarray(np.log(flat**2 @ in_ring + 1.0))

    return np.concatenate([power(block) for block in blocks(images)])


def standardised(values: Floats, by: Floats | None = None) -> Floats:
    """values [n, p] less the mean of `by` [k, p] (its own without) and over its spread."""
    by = values if by is None else by
    return np.asarray((values - by.mean(axis=0)) / np.maximum(by.std(axis=0), _SMALLEST), dtype=np.float64)


def extractor(encoder: Path | None, holdout: Images) -> tuple[str, Callable[[Images], Floats]]:
    """A name, and what turns images into features: the user's encoder (`attacks.encoder`), or `dct_features` in
    units of their spread over the holdout, so that neither members nor release decide what counts.

    Raises InputError for a file that is no encoder.
    """
    if encoder is not None:
        try:
            encoded(holdout[:2], str(encoder))
        except (
            Exception
        ) as error:  # whatever a file that is no safetensors, or of other shapes, makes its readers raise
            raise InputError(f"--encoder {encoder} cannot be used: {error}") from error
        return f"encoder {encoder.name}", lambda images: np.concatenate(
            [encoded(block, str(encoder)) for block in blocks(images)]
        )
    scale = dct_features(holdout)
    return DEFAULT, lambda images: standardised(dct_features(images), scale)
