"""`loss` and its calibrated kin: the denoising error of the generator itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from attacks.base import Access, Scores, TargetShape
from attacks.lowpass import check_lowpass
from attacks.noising import check_seed, check_timesteps, noised_errors
from attacks.observing import ObservingAttack
from attacks.registry import calibrated, register
from attacks.view import Observed, View


@register("loss")
@dataclass(frozen=True)
class DenoisingLoss(ObservingAttack):
    """-log of the mean over t and noises of |noise - eps(x_t, t)|^2 (mean over elements), the same noises for all.

    Matsumoto et al. 2023, arXiv 2302.03262; Carlini et al. 2023, arXiv 2301.13188, sec. 5.
    timesteps: of the model's own; n_noises: a timestep; noise_seed: which noises;
    lowpass: of prediction and noise, what lies up to this fraction of the Nyquist frequency alone (arXiv 2505.20955).
    Network calls a candidate: n_noises a timestep, one that is given twice asked once; of every model that the
    calibration asks.
    """

    timesteps: list[int] = field(default_factory=lambda: [25, 50, 100, 200, 300, 400])
    n_noises: int = 4
    noise_seed: int = 0
    lowpass: float | None = None

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_noises < 1:
            raise ValueError(f"n_noises={self.n_noises} must be at least 1.")
        check_seed(self.noise_seed)
        check_lowpass(self.lowpass)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """Squared errors, float64 [n, timesteps, noises]."""
        check_timesteps(self.timesteps, len(view.denoiser.alphas_cumprod))
        noises = range(self.n_noises)
        of_timestep = {
            timestep: [noised_errors(view, timestep, self.noise_seed, index, self.lowpass) for index in noises]
            for timestep in dict.fromkeys(self.timesteps)
        }
        return np.moveaxis(np.array([of_timestep[timestep] for timestep in self.timesteps]), 2, 0)

    def signal(self, observed: Observed) -> Scores:
        """-log of the mean error: in log, so that references of another scale can be compared."""
        return -np.log(observed.mean(axis=(1, 2)))


calibrated(DenoisingLoss, "cal", "reg", "lira", "lira_t")
