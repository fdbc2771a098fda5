"""`blind`: a control that never looks at a release; what it finds was not given away by a generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from attacks.base import Access, Attack, Images, LabelledTarget, Scores, Target
from attacks.components import on_axes, principal_components
from attacks.exact import mean_and_deviation
from attacks.registry import register


@register("blind")
@dataclass(frozen=True)
class Blind(Attack):
    """Logit of a classifier on the candidates' pixels alone, fitted on shadows. Must stay at AUC 0.5.

    Where it does not, members and non-members differ as pictures, and every attack's figure means less
    (Das et al. 2024, "Blind baselines beat membership inference attacks", arXiv 2406.16201).
    n_components: principal components of the candidates beside mean and contrast.
    """

    n_components: int = 16

    needs = Access.RELEASE  # the contract's weakest; not even that is looked at

    _model: ClassVar[Any] = None

    def __post_init__(self) -> None:
        if self.n_components < 1:
            raise ValueError(f"n_components={self.n_components} must be at least 1.")

    @property
    def control(self) -> bool:
        """As the base: this must find nothing."""
        return True

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: pictures against membership, pooled over shadows."""
        from sklearn.linear_model import LogisticRegression  # start-up: seconds to import
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        pictures = np.concatenate([self._described(one.target.candidates) for one in shadows])
        member = np.concatenate([one.member for one in shadows])
        return self.fitted(_model=make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(pictures, member))

    def _score(self, target: Target) -> Scores:
        logit = self._model.decision_function(self._described(target.candidates))
        # Shadows in complementary pairs teach nothing at all: the last digits must not rank what is left.
        return np.asarray(np.round(logit, 6), dtype=np.float64)

    def _described(self, images: Images) -> Scores:
        components = on_axes(images, *principal_components(images, self.n_components))
        return np.column_stack([components, *mean_and_deviation(images)])
