"""`pfami`: is a candidate a peak of the model's likelihood, or do its close neighbours fare as well?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from attacks.base import Access, Images, Scores, TargetShape
from attacks.errors import minus_log, power_sums
from attacks.noising import check_seed, check_timesteps, fixed_noise, noised, noised_errors, predicted_noise
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View

FLUCTUATIONS = ("difference", "relative")


@register("pfami")
@dataclass(frozen=True)
class ProbabilityFluctuation(ObservingAttack):
    """Mean loss of centre crops, resized back, less that of x: the metric form of PFAMI, arXiv 2308.12143.

    timesteps: over which a loss is averaged; noise_seed: its noise, the first of `loss`, so that calls are shared;
    n_crops: evenly spaced; widest: side of the first, a fraction of the image's; narrowest: of the last;
    fluctuation: `difference` (of either sign, so it has no logarithm) or `relative` to the loss of x, in log, as
    the published code divides.
    Network calls a candidate: len(timesteps) * (1 + n_crops).
    """

    timesteps: list[int] = field(default_factory=lambda: [10, 25, 50, 75, 100, 150, 200, 250, 300, 400])
    n_crops: int = 10
    widest: float = 0.95
    narrowest: float = 0.70
    noise_seed: int = 0
    fluctuation: str = "difference"

    observes: ClassVar[Access] = Access.MODEL
    after: ClassVar[frozenset[str]] = frozenset({"calibration", "fluctuation"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_crops < 1 or not 0 < self.narrowest <= self.widest <= 1:
            raise ValueError(
                f"n_crops={self.n_crops}, narrowest={self.narrowest}, widest={self.widest} cannot be; "
                "there must be a crop, and 0 < narrowest <= widest <= 1."
            )
        if self.fluctuation not in FLUCTUATIONS:
            raise ValueError(f"There is no fluctuation {self.fluctuation!r}; choose {' or '.join(FLUCTUATIONS)}.")
        check_seed(self.noise_seed)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """Mean loss over timesteps of x and of each crop by one model, float64 [n, 1 + crops]."""
        check_timesteps(self.timesteps, len(view.denoiser.alphas_cumprod))
        own = np.mean([noised_errors(view, timestep, self.noise_seed, 0) for timestep in self.timesteps], axis=0)
        sides = np.linspace(self.widest, self.narrowest, self.n_crops)
        return np.stack([own, *(self._loss(view, centre_crops(view.candidates, side)) for side in sides)], axis=1)

    def signal(self, observed: Observed) -> Scores:
        """The fluctuation, float64 [n]."""
        own, crops = observed[:, 0], observed[:, 1:].mean(axis=1)
        return crops - own if self.fluctuation == "difference" else minus_log(own) - minus_log(crops)

    def _loss(self, view: View, images: Images) -> Observed:
        """As `noised_errors`, mean over timesteps, of other images than the candidates: float64 [n]."""
        model, z = view.denoiser, view.denoiser.encode(images)
        noise = fixed_noise(z, self.noise_seed, 0)
        total = np.zeros(len(images))
        for timestep in self.timesteps:
            residual = predicted_noise(model, noised(model, z, noise, timestep), timestep) - noise
            total += power_sums(residual, 2) / residual[0].numel()
        return total / len(self.timesteps)


def centre_crops(images: Images, side: float) -> Images:
    """The middle of each image, `side` of its height and width, resized back: uint8 [n, h, w] -> the same.

    Bilinear, at the crop's exact borders, without rounding them to pixels.
    """
    from PIL import Image  # start-up

    height, width = images.shape[1:]
    left, top = (1 - side) / 2 * width, (1 - side) / 2 * height
    box = (left, top, width - left, height - top)
    crops = [  # as floats, so that values are rounded once
        np.asarray(Image.fromarray(image.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR, box))
        for image in images
    ]
    return np.stack(crops).round().astype(np.uint8)
