"""`fcre`: how well the model restores what lies between a slice's outline and its grain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import Access, TargetShape
from attacks.noising import check_seed, check_timesteps
from attacks.observing import ObservingAttack
from attacks.reconstruction import ddim_restored
from attacks.registry import register
from attacks.view import Observed, View

SMALLEST_RMS = 1e-3  # grey levels


@register("fcre")
@dataclass(frozen=True)
class FrequencyCalibratedError(ObservingAttack):
    """-log of the root mean square, grey levels, of x less its mean restoration, in a band of radial frequency.

    After the frequency-calibrated reconstruction error of Zhao et al. 2025, arXiv 2506.14919, who compare the bands
    by SSIM. The restorations are those of `reconstruction`, noise for noise, so that no further call is made.
    timestep: how far x is noised; n_results: restorations averaged; n_steps: DDIM steps of each; noise_seed: which
    noises; low: lower end of the band, a fraction of the Nyquist frequency (half a cycle a pixel); high: upper end.
    Network calls a candidate: n_results * n_steps.
    """

    timestep: int = 200
    n_results: int = 10
    n_steps: int = 2
    low: float = 0.15
    high: float = 0.85
    noise_seed: int = 0

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_results < 1 or self.n_steps < 1:
            raise ValueError("n_results and n_steps must be at least 1.")
        if not 0 <= self.low < self.high:
            raise ValueError(f"The band from low={self.low} to high={self.high} is empty; choose 0 <= low < high.")
        check_seed(self.noise_seed)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's, and the band must hold a frequency of the image."""
        check_timesteps([self.timestep], shape.n_timesteps)
        self._band(shape.size, shape.size)

    def observe(self, view: View) -> Observed:
        """The score by one model, float64 [n]."""
        check_timesteps([self.timestep], len(view.denoiser.alphas_cumprod))
        height, width = view.candidates.shape[1:]
        mean = np.zeros(view.candidates.shape)
        for index in range(self.n_results):
            restored = ddim_restored(view, self.timestep, self.n_steps, self.noise_seed, index)
            mean += view.denoiser.decode(restored) / self.n_results
        spectrum = np.fft.fft2(mean - view.candidates) * self._band(height, width)
        # Parseval: the mean square of the filtered difference, without the way back to pixels.
        rms = np.sqrt((np.abs(spectrum) ** 2).sum(axis=(1, 2))) / (height * width)
        return -np.log(np.maximum(rms, SMALLEST_RMS))

    def _band(self, height: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Bool [h, w] over `fft2`'s frequencies. ValueError where it holds none."""
        radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]) / 0.5
        band = (radius >= self.low) & (radius < self.high)
        if not band.any():
            raise ValueError(
                f"No frequency of an image of {height} x {width} pixels lies between low={self.low} and "
                f"high={self.high} of the Nyquist frequency; choose a wider band."
            )
        return band
