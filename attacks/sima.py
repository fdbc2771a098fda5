"""`sima`: the size of the noise that the model sees in a candidate to which none was added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from attacks.base import Access, LabelledTarget, Scores, TargetShape
from attacks.choosing import best_on_shadows
from attacks.errors import minus_log, power_sums
from attacks.lowpass import check_lowpass, low
from attacks.noising import check_timesteps, predicted_of_clean
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View

POWER = 4


@register("sima")
@dataclass(frozen=True)
class ScoreNorm(ObservingAttack):
    """-log of the sum over elements of |eps(x, t)|^4: SimA, Rao et al. 2025, arXiv 2509.25003; power as its code.

    timesteps: among these the one with the best mean AUC over labelled shadow targets is taken;
    lowpass: of eps(x, t), what lies up to this fraction of the Nyquist frequency alone (arXiv 2505.20955).
    Network calls a candidate: len(timesteps), of which one decides.
    """

    timesteps: list[int] = field(default_factory=lambda: [0, 25, 50, 100, 200])
    lowpass: float | None = None

    observes: ClassVar[Access] = Access.MODEL
    chosen: ClassVar[int] = 0  # place in timesteps; what `fit` learns

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lowpass(self.lowpass)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """The score at every timestep by one model, float64 [n, timesteps]."""
        check_timesteps(self.timesteps, len(view.denoiser.alphas_cumprod))
        sums = [
            power_sums(low(predicted_of_clean(view, timestep), self.lowpass), POWER) for timestep in self.timesteps
        ]
        return minus_log(np.stack(sums, axis=1))

    def signal(self, observed: Observed) -> Scores:
        """The score at the timestep chosen."""
        return observed[:, self.chosen]

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: the timestep with the best mean AUC; the first of those that are equally good."""
        trials = [self.fitted(chosen=place) for place in range(len(self.timesteps))]
        return best_on_shadows(trials, shadows, "its timestep")
