"""`loss` and its calibrated kin: the denoising error of the generator itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from attacks.base import Access, Outlook, Scores
from attacks.noising import check_seed, check_timesteps, noised_errors
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View


@register("loss")
@dataclass(frozen=True)
class DenoisingLoss(ObservingAttack):
    """-log of the mean over t and noises of |noise - eps(x_t, t)|^2 (mean over elements), the same noises for all.

    Matsumoto et al. 2023, arXiv 2302.03262; Carlini et al. 2023, arXiv 2301.13188, sec. 5.
    timesteps: of the model's own; n_noises: a timestep; noise_seed: which noises.
    Network calls a candidate: len(timesteps) * n_noises, of every model that the calibration asks.
    """

    timesteps: list[int] = field(default_factory=lambda: [25, 50, 100, 200, 300, 400])
    n_noises: int = 4
    noise_seed: int = 0

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_noises < 1:
            raise ValueError(f"n_noises={self.n_noises} must be at least 1.")
        check_seed(self.noise_seed)

    def check(self, outlook: Outlook) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, outlook.n_timesteps)

    def observe(self, view: View) -> Observed:
        """Squared errors, float64 [n, timesteps, noises]."""
        check_timesteps(self.timesteps, len(view.denoiser.alphas_cumprod))
        table = [
            [noised_errors(view, timestep, self.noise_seed, index) for index in range(self.n_noises)]
            for timestep in self.timesteps
        ]
        return np.moveaxis(np.array(table), 2, 0)

    def signal(self, observed: Observed) -> Scores:
        """-log of the mean error: in log, so that references of another scale can be compared."""
        return -np.log(observed.mean(axis=(1, 2)))


@register("loss_cal")
@dataclass(frozen=True)
class CalibratedLoss(DenoisingLoss):
    """`loss` less what it is for models that did not see x (Watson et al. 2022, arXiv 2111.08440)."""

    calibration: str = "cal"


@register("loss_reg")
@dataclass(frozen=True)
class RegressedLoss(DenoisingLoss):
    """`loss` regressed, over the target's own candidates, on models that did not see x; no label."""

    calibration: str = "reg"


@register("loss_lira")
@dataclass(frozen=True)
class LikelihoodRatioLoss(DenoisingLoss):
    """Online LiRA (arXiv 2112.03570) on the loss: x's law with it among the members against its law without."""

    calibration: str = "lira"
