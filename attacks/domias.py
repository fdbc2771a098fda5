"""`domias`: is the release denser around x than real slices are?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attacks.base import Scores
from attacks.exact import Features
from attacks.observing import ObservingAttack
from attacks.pca_features import check_components, pca_features
from attacks.registry import register
from attacks.view import Observed, View

_SMALLEST_BANDWIDTH = 0.5  # grey levels: half of the smallest step, where a set does not spread at all


@register("domias")
@dataclass(frozen=True)
class DensityRatio(ObservingAttack):
    """log p_G(x) - log p_R(x), R the other candidates: kernel densities on principal components.

    van Breugel et al. 2023, "Membership inference attacks against synthetic data through overfitting detection",
    arXiv 2302.12580, eq. 2. Gaussian kernels with Scott's bandwidth size^(-1 / (p + 4)) times the set's standard
    deviation along each component. n_components: of the candidates, 1 to 32; fewer where they span fewer.
    """

    n_components: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        check_components(self.n_components)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        x, release = pca_features(view, self.n_components)
        return _log_density(x, release, leave_self_out=view.candidates_as_release) - _log_density(
            x, x, leave_self_out=True
        )


def _log_density(x: Features, sample: Features, leave_self_out: bool) -> Scores:
    """log of the kernel density of sample [m, p] at x [n, p] -> [n]; all in log, so nothing underflows.

    leave_self_out: sample is x, and each is judged by the others (the bandwidth is one for all of them).
    """
    from scipy.special import logsumexp  # start-up: scipy only where it is used

    size, p = len(sample) - leave_self_out, sample.shape[1]
    # Sums go by size, so that the order of the images shows nowhere.
    spread = np.sort(sample, axis=0).std(axis=0)
    bandwidth = np.maximum(spread * size ** (-1.0 / (p + 4)), _SMALLEST_BANDWIDTH)
    exponent = np.zeros((len(x), len(sample)))
    for column, width in enumerate(bandwidth):  # one component at a time: [n, m], never [n, m, p]
        exponent -= 0.5 * ((x[:, column, None] - sample[None, :, column]) / width) ** 2
    if leave_self_out:
        np.fill_diagonal(exponent, -np.inf)
    constant = np.log(bandwidth).sum() + 0.5 * p * np.log(2.0 * np.pi)
    return np.asarray(logsumexp(np.sort(exponent, axis=1), axis=1) - np.log(size) - constant, dtype=np.float64)
