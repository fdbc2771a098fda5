"""`dime`: how far from its data the model finds a candidate, and how sharply its answer turns around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from attacks.base import Access, LabelledTarget, Scores, TargetShape
from attacks.choosing import best_on_shadows
from attacks.lowpass import check_lowpass, low
from attacks.noising import check_seed, check_timesteps, clean, fixed_noise, predicted_noise
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import CountedModel, Observed, View

if TYPE_CHECKING:
    import torch


@register("dime")
@dataclass(frozen=True)
class DistanceAndDivergence(ObservingAttack):
    """-(s^2 B^2 - s^3 V) over the number of elements, of z = sqrt(a_t) x, s = sqrt(1 - a_t): arXiv 2608.22824.

    B = mean over k of |eps(z + c s r_k, t)|, r_k fixed random signs, and V = mean over k of
    r_k . (eps(z + c s r_k, t) - eps(z, t)) / (c s), an estimate of the divergence. B is small and V large where the
    model remembers x. The timestep, c and the balance of the two have the best mean AUC over labelled shadow
    targets; the published code finds them, and the sign, on the target's labels, so here the signs are fixed.
    timesteps: those tried; steps: the c tried; n_signs: random signs of each; noise_seed: which signs; n_balances: 1
    takes the formula as it is, more also try cos(phi) s^2 B^2 + sin(phi) s^3 V at so many angles, the first without B
    and the last without V; lowpass: of every answer, what lies up to this fraction of the Nyquist
    frequency alone, so that V is the divergence of that part (arXiv 2505.20955).
    Network calls a candidate: len(timesteps) * (1 + len(steps) * n_signs), of which one timestep and c decide.
    """

    timesteps: list[int] = field(default_factory=lambda: [50, 100, 200, 300])
    steps: list[float] = field(default_factory=lambda: [0.1])
    n_signs: int = 4
    noise_seed: int = 0
    n_balances: int = 1
    lowpass: float | None = None

    observes: ClassVar[Access] = Access.MODEL
    after: ClassVar[frozenset[str]] = frozenset({"calibration", "n_balances"})
    chosen: ClassVar[tuple[int, int, float]] = (0, 0, 0.75 * np.pi)
    """Places in timesteps and steps, and phi: what `fit` learns."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.steps or min(self.steps) <= 0:
            raise ValueError(f"steps={list(self.steps)} must be above 0, one at least.")
        if self.n_signs < 1 or self.n_balances < 1:
            raise ValueError(f"n_signs={self.n_signs} and n_balances={self.n_balances} must be at least 1.")
        check_seed(self.noise_seed)
        check_lowpass(self.lowpass)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """s^2 B^2 and s^3 V, each over the number of elements, float64 [n, timesteps, steps, 2]."""
        check_timesteps(self.timesteps, len(view.denoiser.alphas_cumprod))
        of_timesteps = [np.stack(self._of_timestep(view, timestep), axis=1) for timestep in self.timesteps]
        return np.stack(of_timesteps, axis=1)

    def signal(self, observed: Observed) -> Scores:
        """The score at the timestep, step and balance chosen; at 3/4 pi it is the formula, up to a factor."""
        at, by, phi = self.chosen
        size, divergence = observed[:, at, by, 0], observed[:, at, by, 1]
        return np.asarray(2**0.5 * (np.cos(phi) * size + np.sin(phi) * divergence), dtype=np.float64)

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: timestep, step and balance. No angle gives B or V the other sign."""
        angles = [0.75 * np.pi, *(np.linspace(0.5, 1.0, self.n_balances) * np.pi if self.n_balances > 1 else [])]
        trials = [
            self.fitted(chosen=(at, by, float(phi)))
            for at in range(len(self.timesteps))
            for by in range(len(self.steps))
            for phi in angles
        ]
        return best_on_shadows(trials, shadows, "its timestep, step and balance")

    def _of_timestep(self, view: View, timestep: int) -> list[Observed]:
        """Both terms, float64 [n, 2], for each of the steps."""
        model, x = view.denoiser, clean(view)
        signal = float(model.alphas_cumprod[timestep])
        z, s = signal**0.5 * x, (1.0 - signal) ** 0.5
        still = self._answer(model, z, timestep)
        signs = [fixed_noise(x, self.noise_seed, index).sign() for index in range(self.n_signs)]
        found = []
        for step in self.steps:
            moved = [self._answer(model, z + step * s * sign, timestep) for sign in signs]
            size = np.mean([_norm(one) for one in moved], axis=0)
            turns = [_inner(one - still, sign) for one, sign in zip(moved, signs, strict=True)]
            divergence = np.mean(turns, axis=0) / (step * s)
            found.append(np.stack([s**2 * size**2, s**3 * divergence], axis=1) / x[0].numel())
        return found

    def _answer(self, model: CountedModel, z: torch.Tensor, timestep: int) -> torch.Tensor:
        return low(predicted_noise(model, z, timestep), self.lowpass)


def _norm(answer: torch.Tensor) -> Observed:
    """The Euclidean norm of each of [n, c, h, w], float64 [n]."""
    return np.sqrt(_inner(answer, answer))


def _inner(first: torch.Tensor, second: torch.Tensor) -> Observed:
    """The inner product of each pair of [n, c, h, w] and [1 or n, c, h, w], float64 [n]."""
    products = (first.double() * second.double()).flatten(1).sum(dim=1)
    return np.asarray(products.cpu().numpy(), dtype=np.float64)
