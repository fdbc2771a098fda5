"""`dpi`: the share of released images among x's nearest, beside the share of real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import Scores
from attacks.registry import register
from attacks.release_attack import ReleaseAttack
from attacks.view import Observed, View

_TIE = 1e-9  # relative: equal images may differ in the last digits of a distance


@register("dpi")
@dataclass(frozen=True)
class DataPlagiarismIndex(ReleaseAttack):
    """log((n_G + 1) / (n_R + 1)) - log(size G / size R), counted among the k nearest of G and R together.

    R is the other candidates. Ward et al. 2024, "Data Plagiarism Index: Characterizing the Privacy Risk of
    Data-Copying in Tabular Generative Models". Images that tie for the last place share it.
    k: neighbours; at most half of G and R together, since all of them would tell nothing.
    """

    k: int = 20

    of_all_distances: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k < 1:
            raise ValueError(f"k={self.k} must be at least 1.")

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        released, real = self.distances(view), self.measure.among(view)
        size_g, size_r = released.shape[1] - view.candidates_as_release, real.shape[1] - 1
        k = min(self.k, (size_g + size_r) // 2)
        farthest = np.partition(np.concatenate([released, real], axis=1), k - 1, axis=1)[:, k - 1]
        (nearer_g, last_g), (nearer_r, last_r) = (_counted(one, farthest) for one in (released, real))
        share = (k - nearer_g - nearer_r) / (last_g + last_r)
        n_g, n_r = nearer_g + share * last_g, nearer_r + share * last_r
        return np.log(n_g + 1.0) - np.log(n_r + 1.0) - np.log(size_g / size_r)


def _counted(distances: Scores, farthest: Scores) -> tuple[Scores, Scores]:
    """How many of each row [n, m] are nearer than farthest [n], and how many are as far: float64 [n] each."""
    tied = np.abs(distances - farthest[:, None]) <= _TIE * farthest[:, None]
    nearer = (distances < farthest[:, None]) & ~tied
    return nearer.sum(axis=1).astype(np.float64), tied.sum(axis=1).astype(np.float64)
