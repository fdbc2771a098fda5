"""`gsa`: how hard each layer would have to move for a candidate, learnt on shadows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attacks.base import Access, Scores, Target, TargetShape
from attacks.column_classifier import ColumnClassifier
from attacks.errors import minus_log
from attacks.noising import check_seed, check_timesteps, clean, fixed_noise, noised
from attacks.registry import register
from attacks.view import CountedModel, Observed, View

if TYPE_CHECKING:
    import torch


@register("gsa")
@dataclass(frozen=True)
class GradientNorms(ColumnClassifier):
    """Logit of a ridge-penalised logistic regression on -log gradient norms of the loss, one column a layer.

    After GSA, Pang et al. 2023, arXiv 2310.09266, who use a boosted classifier. A layer is a tensor of weights;
    its column is the mean over timesteps of the log norms, under noise 0 of `loss`. Columns and fitting:
    `ColumnClassifier`. timesteps: of the model's own; noise_seed: which noise; strength: of the ridge,
    1 / C of scikit-learn.
    Network calls a candidate: len(timesteps), each with a backward pass.
    """

    timesteps: list[int] = field(default_factory=lambda: [10, 25, 50, 75, 100, 150, 200, 250, 300, 400])
    noise_seed: int = 0
    strength: float = 10.0

    observes: ClassVar[Access] = Access.GRADIENT
    after: ClassVar[frozenset[str]] = frozenset({"calibration", "strength"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.strength > 0:
            raise ValueError(f"strength={self.strength} must be above 0.")
        check_seed(self.noise_seed)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps(self.timesteps, shape.n_timesteps)

    def skip(self, target: Target) -> str | None:
        """As the base, and whether the models show their weights."""
        reason = super().skip(target)
        models = [target.model, *(r.model for r in target.references if self.observes_references)]
        if reason is None and any(model is not None and not _shows_weights(model) for model in models):
            return "it needs gradients by the generator's weights, and this model answers without showing them."
        return reason

    def observe(self, view: View) -> Observed:
        """Gradient norms, float64 [n, layers]."""
        import torch  # torch only where a network is called

        model, x = view.denoiser, clean(view)
        check_timesteps(self.timesteps, len(model.alphas_cumprod))
        noise = fixed_noise(x, self.noise_seed, 0)
        by_timestep = [noised(model, x, noise, t) for t in self.timesteps]
        by_image = torch.stack(by_timestep, dim=1)
        return np.stack([gradient_norms(model, one, noise, list(self.timesteps)) for one in by_image])

    def columns(self, observed: Observed) -> Scores:
        """-log of the norms, [n, layers]."""
        return minus_log(observed)

    def classifier(self) -> Any:
        """A logistic regression: far more columns than a boosted tree could tell apart on a few shadows."""
        from sklearn.linear_model import LogisticRegression  # start-up: seconds to import

        return LogisticRegression(C=1.0 / self.strength, max_iter=2000)


def gradient_norms(model: CountedModel, x_t: torch.Tensor, noise: torch.Tensor, timesteps: list[int]) -> Observed:
    """Euclidean norms of the gradients, by each tensor of weights, of one image's mean |noise - eps(x_t, t)|^2.

    x_t: [timesteps, c, h, w], the image noised to each; noise: [1, c, h, w]; the loss is the mean over elements
    and timesteps. float64 [layers].
    """
    import torch  # torch only where a network is called

    # An image at a time: on a CPU core `torch.func.vmap` over images takes longer, and far more memory.
    with torch.enable_grad():
        predicted = model.eps_with_grad(x_t, torch.tensor(timesteps, dtype=torch.int64, device=x_t.device))
        loss = ((predicted - noise) ** 2).mean()
    gradients = torch.autograd.grad(loss, list(model.network.parameters()), allow_unused=True)
    norms = [0.0 if each is None else float(torch.linalg.vector_norm(each)) for each in gradients]
    return np.array(norms, dtype=np.float64)


def _shows_weights(model: object) -> bool:
    return model.shows_weights if isinstance(model, CountedModel) else hasattr(model, "eps_with_grad")
