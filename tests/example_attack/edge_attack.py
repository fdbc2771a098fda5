"""`edges`: the largest correlation of a candidate's edges with those of a released image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import Images, Scores
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View


@register("edges")
@dataclass(frozen=True)
class EdgeCorrelation(ObservingAttack):
    """-log(1 - r) for the largest correlation r of gradient magnitudes, which no change of brightness moves.

    floor: the smallest 1 - r, for exact copies.
    """

    floor: float = 1e-6

    after: ClassVar[frozenset[str]] = frozenset({"calibration", "floor"})

    def observe(self, view: View) -> Observed:
        """The largest correlation with a released image, float64 [n]."""
        correlation = self._edges(view.candidates) @ self._edges(view.release).T
        if view.candidates_as_release:
            np.fill_diagonal(correlation, -1.0)
        return np.asarray(correlation.max(axis=1), dtype=np.float64)

    def signal(self, observed: Observed) -> Scores:
        """In log, so that copies stand out."""
        return -np.log(np.maximum(1.0 - observed, self.floor))

    def _edges(self, images: Images) -> Scores:
        """Gradient magnitudes of zero mean and unit norm: uint8 [n, h, w] -> float64 [n, h * w]."""
        down, across = np.gradient(images.astype(np.float64), axis=(1, 2))
        edges = np.hypot(down, across).reshape(len(images), -1)
        edges -= edges.mean(axis=1, keepdims=True)
        return np.asarray(edges / np.maximum(np.linalg.norm(edges, axis=1, keepdims=True), 1e-9), dtype=np.float64)
