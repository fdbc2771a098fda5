"""Attacks that weigh many observations of a candidate as labelled shadows teach."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from attacks.base import LabelledTarget, Scores, Target
from attacks.difficulty_calibration import CALIBRATIONS
from attacks.observing import ObservingAttack
from attacks.residuals import standardised
from attacks.view import Observed

SMALLEST_SHARE = 1e-9  # probabilities stay so far from 0 and 1, and logits finite


@dataclass(frozen=True)
class ColumnClassifier(ObservingAttack):
    """The logit of a classifier on columns of log observations, fitted on labelled shadows only.

    A column is first set against the references by `calibration`, if one is named, then brought to zero mean and
    unit standard deviation over the target's own candidates. That takes no label and no reference, and puts every
    generator on one scale, however well it was trained, so that what shadows teach holds for another. It leans on
    the targets' shares of members being alike.
    """

    _model: ClassVar[Any] = None

    @property
    def relative(self) -> bool:
        """As the base: columns are standardised over the candidates."""
        return True

    @abstractmethod
    def columns(self, observed: Observed) -> Scores:
        """In log domain, larger = more likely a member: [n, ...] -> float64 [n, p]."""

    @abstractmethod
    def classifier(self) -> Any:
        """A fresh classifier with scikit-learn's `fit` and `predict_proba`."""

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: the classifier."""
        table = np.concatenate([self.table(one.target) for one in shadows])
        member = np.concatenate([one.member for one in shadows])
        return self.fitted(_model=self.classifier().fit(table, member))

    def _score(self, target: Target) -> Scores:
        share = self._model.predict_proba(self.table(target))[:, 1].astype(np.float64)
        share = np.clip(share, SMALLEST_SHARE, 1 - SMALLEST_SHARE)
        return np.asarray(np.log(share) - np.log1p(-share), dtype=np.float64)

    def table(self, target: Target) -> Scores:
        """The classifier's view of a target, float64 [n, p]."""
        own = self.columns(target.observe(self))
        if self.calibration != "none":
            others = np.stack([self.columns(one) for one in target.observe_references(self)])
            calibrate = CALIBRATIONS[self.calibration]
            own = np.stack([calibrate(own[:, i], others[:, :, i], target.held) for i in range(own.shape[1])], axis=1)
        return standardised(own)
