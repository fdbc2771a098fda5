"""`loss`: the denoising error of the generator itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from attacks.base import Access, Attack, Outlook, Scores, Target
from attacks.noising import batches, check_seed, check_timesteps, fixed_noise, noised, predicted_noise
from attacks.registry import register


@register("loss")
@dataclass(frozen=True)
class DenoisingLoss(Attack):
    """-mean over t and noises of |noise - eps(x_t, t)|^2 (mean over elements), the same noises for all.

    Matsumoto et al. 2023, arXiv 2302.03262; Carlini et al. 2023, arXiv 2301.13188, sec. 5.
    timesteps: of the model's own; n_noises: a timestep; noise_seed: which noises.
    Network calls a candidate: len(timesteps) * n_noises.
    """

    timesteps: list[int] = field(default_factory=lambda: [25, 50, 100, 200, 300, 400])
    n_noises: int = 4
    noise_seed: int = 0
    needs = Access.MODEL

    def __post_init__(self) -> None:
        if self.n_noises < 1:
            raise ValueError(f"n_noises={self.n_noises} must be at least 1.")
        check_seed(self.noise_seed)

    def check(self, outlook: Outlook) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, outlook.n_timesteps)

    def _score(self, target: Target) -> Scores:
        model = target.model
        assert model is not None  # `score` has skipped targets without one
        check_timesteps(self.timesteps, len(model.alphas_cumprod))
        error = np.zeros(len(target.ids))
        for rows, x in batches(model, target.candidates):
            for index in range(self.n_noises):
                noise = fixed_noise(x, self.noise_seed, index)
                for timestep in self.timesteps:
                    residual = predicted_noise(model, noised(model, x, noise, timestep), timestep) - noise
                    error[rows] += (residual.double() ** 2).flatten(1).mean(dim=1).cpu().numpy()
        return -error / (self.n_noises * len(self.timesteps))
