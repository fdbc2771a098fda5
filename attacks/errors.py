"""How far the network's answers lie apart, per image, and what makes such an error a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attacks.view import Observed

if TYPE_CHECKING:
    import torch

SMALLEST_ERROR = 1e-12  # so that an answer without any error has a logarithm, far beyond every real one


def power_sums(difference: torch.Tensor, power: int) -> Observed:
    """Sum over elements of |difference|^power, [n, c, h, w] -> float64 [n]."""
    sums = (difference.double().abs() ** power).flatten(1).sum(dim=1)
    return np.asarray(sums.cpu().numpy(), dtype=np.float64)


def minus_log(errors: Observed) -> Observed:
    """-log of positive errors, any shape: larger = member, and a model of another scale is only shifted."""
    return -np.log(np.maximum(errors, SMALLEST_ERROR))
