"""`secmi`: lead a candidate into the noise without chance, step on and back, and see how far off it lands."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from attacks.base import Access, TargetShape
from attacks.errors import minus_log, power_sums
from attacks.lowpass import check_lowpass, low
from attacks.noising import check_timesteps, clean, predicted_noise, predicted_of_clean
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import CountedModel, Observed, View

if TYPE_CHECKING:
    import torch


@register("secmi")
@dataclass(frozen=True)
class StepwiseError(ObservingAttack):
    """-log of |x_s - x'_s|^2 (sum over elements), s = t_sec - step: SecMI-stat, Duan et al. 2023, arXiv 2302.01316.

    The steps of its published code, not the paper's notation: deterministic DDIM from x at timestep 0 over step,
    2 step, ... to s, where x_s is; one step on to t_sec and one back to s, where x'_s is.
    t_sec: a multiple of step; lowpass: of x_s and x'_s, what lies up to this fraction of the Nyquist frequency alone.
    Network calls a candidate: t_sec / step + 1.
    """

    t_sec: int = 100
    step: int = 10
    lowpass: float | None = None

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.step < 1 or self.t_sec < self.step or self.t_sec % self.step:
            raise ValueError(f"t_sec={self.t_sec} must be a multiple of step={self.step}, both 1 or more.")
        check_lowpass(self.lowpass)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps([self.t_sec], shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """The score by one model, float64 [n]."""
        model, last = view.denoiser, self.t_sec - self.step
        check_timesteps([self.t_sec], len(model.alphas_cumprod))
        x_t, noise = clean(view), predicted_of_clean(view, 0)
        for now, then in itertools.pairwise(range(0, self.t_sec, self.step)):
            x_t = _moved(model, x_t, noise, now, then)
            noise = predicted_noise(model, x_t, then)
        beyond = _moved(model, x_t, noise, last, self.t_sec)
        back = _moved(model, beyond, predicted_noise(model, beyond, self.t_sec), self.t_sec, last)
        return minus_log(power_sums(low(x_t - back, self.lowpass), 2))


def _moved(model: CountedModel, x_t: torch.Tensor, noise: torch.Tensor, now: int, then: int) -> torch.Tensor:
    """x_t [n, c, h, w] taken from one timestep to another, up or down: DDIM, arXiv 2010.02502, eq. 12, sigma = 0."""
    signal, signal_then = float(model.alphas_cumprod[now]), float(model.alphas_cumprod[then])
    x_0 = (x_t - (1.0 - signal) ** 0.5 * noise) / signal**0.5
    return signal_then**0.5 * x_0 + (1.0 - signal_then) ** 0.5 * noise
