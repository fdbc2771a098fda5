"""`loss_mlp`: which denoising errors tell, learnt on shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from attacks.base import Scores
from attacks.column_classifier import ColumnClassifier
from attacks.errors import minus_log
from attacks.loss import DenoisingLoss
from attacks.registry import register
from attacks.view import Observed


@register("loss_mlp")
@dataclass(frozen=True)
class LossClassifier(ColumnClassifier, DenoisingLoss):
    """Logit of a small network on -log of the errors of `loss`, one column a timestep and noise.

    Matsumoto et al. 2023, arXiv 2302.03262, for the errors; columns and fitting: `ColumnClassifier`, so that with
    `calibration=none` no reference is needed. width: hidden units; strength: of the penalty on squared weights.
    Network calls a candidate: those of `loss`, with which they are shared.
    """

    width: int = 8
    strength: float = 1.0

    after: ClassVar[frozenset[str]] = frozenset({"calibration", "width", "strength"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width < 1 or self.strength <= 0:
            raise ValueError(f"width={self.width} must be at least 1, and strength={self.strength} above 0.")

    def columns(self, observed: Observed) -> Scores:
        """-log of the errors, [n, timesteps, noises] -> [n, timesteps * noises]."""
        return minus_log(observed.reshape(len(observed), -1))

    def classifier(self) -> Any:
        """A multilayer perceptron whose start is fixed."""
        from sklearn.neural_network import MLPClassifier  # start-up: seconds to import

        # L-BFGS: a few hundred rows need no batches, and it ends by itself, the same each time.
        return MLPClassifier(
            (self.width,), activation="tanh", solver="lbfgs", alpha=self.strength, max_iter=500, random_state=0
        )
