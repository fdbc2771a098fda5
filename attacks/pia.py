"""`pia` and `pian`: noise a candidate with the noise that the model itself sees in it, and ask again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from attacks.base import Access, TargetShape
from attacks.errors import SMALLEST_ERROR, minus_log, power_sums
from attacks.lowpass import check_lowpass, low
from attacks.noising import check_timesteps, clean, noised, predicted_noise, predicted_of_clean
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View

if TYPE_CHECKING:
    import torch

# What the mean |eps(x, 0)| is brought to. A standard normal variable has sqrt(2 / pi), as the published code says;
# the paper prints the inverse.
NORMALIZATIONS = {"none": None, "code": math.sqrt(2 / math.pi), "paper": math.sqrt(math.pi / 2)}


@register("pia")
@dataclass(frozen=True)
class ProximalInitialization(ObservingAttack):
    """-log of the sum over elements of |e - eps(x_t, t)|^p, e = eps(x, 0), x_t = sqrt(a_t) x + sqrt(1 - a_t) e.

    Kong et al. 2023, arXiv 2305.18355. timestep: t; power: p; normalization: of e, `none`, `code` or `paper`;
    lowpass: of e and eps(x_t, t), what lies up to this fraction of the Nyquist frequency alone (arXiv 2505.20955).
    Network calls a candidate: 2.
    """

    timestep: int = 200
    power: int = 4
    normalization: str = "none"
    lowpass: float | None = None

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.power < 1:
            raise ValueError(f"power={self.power} must be at least 1.")
        if self.normalization not in NORMALIZATIONS:
            raise ValueError(f"There is no normalization {self.normalization!r}; choose {', '.join(NORMALIZATIONS)}.")
        check_lowpass(self.lowpass)

    def check(self, shape: TargetShape) -> None:
        """As the base: the timestep must be the model's."""
        check_timesteps([self.timestep], shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """The score by one model, float64 [n]."""
        model = view.denoiser
        check_timesteps([self.timestep], len(model.alphas_cumprod))
        own = self._normalised(predicted_of_clean(view, 0))
        x_t = noised(model, clean(view), own, self.timestep)
        difference = own - predicted_noise(model, x_t, self.timestep)
        return minus_log(power_sums(low(difference, self.lowpass), self.power))

    def _normalised(self, noise: torch.Tensor) -> torch.Tensor:
        size = NORMALIZATIONS[self.normalization]
        if size is None:
            return noise
        mean = noise.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(SMALLEST_ERROR)
        return noise * (size / mean)


@register("pian")
@dataclass(frozen=True)
class NormalisedProximalInitialization(ProximalInitialization):
    """`pia` with eps(x, 0) brought to the mean magnitude of standard normal noise (arXiv 2305.18355, PIAN)."""

    normalization: str = "code"
