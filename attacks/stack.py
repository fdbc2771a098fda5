"""`stack` and `stack_model`: other attacks' calibrated scores together, weighted as shadows teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from attacks.base import Access, Attack, LabelledTarget, Scores, Target, TargetShape
from attacks.observing import ObservingAttack
from attacks.registry import find_attacks, register

Parts = dict[str, dict[str, Any]]


def _of_releases() -> Parts:
    return {
        "knn": {"calibration": "ridge"},
        "band5": {"attack": "knn", "distance": "band", "k": 5, "calibration": "ridge"},
        "ssim": {"calibration": "ridge"},
        "mosaic": {"calibration": "mid"},
        "mosaic_detail": {"attack": "mosaic", "detail": 2, "calibration": "mid"},
        "retrieval": {"calibration": "ridge"},
    }


def _of_models() -> Parts:
    names = ("loss", "reconstruction", "fcre", "pfami")
    return _of_releases() | {name: {"calibration": "ridge"} for name in names}


@register("stack")
@dataclass(frozen=True)
class Stack(Attack):
    """Ridge-penalised logistic regression on the parts' scores, fitted on the other pairs of shadows.

    Stacked generalisation, Wolpert 1992. parts: by a name of their own, the options of each; `attack` among
    them names the attack where the part's name does not. Every part observes one generator at a time.
    strength: of the ridge penalty, 1 / C of scikit-learn, on standardised scores.
    """

    parts: dict[str, dict[str, Any]] = field(default_factory=_of_releases)
    strength: float = 10.0

    needs = Access.REFERENCES

    _model: ClassVar[Any] = None

    def __post_init__(self) -> None:
        if not self.parts or not self.strength > 0:
            raise ValueError(
                f"A stack needs parts and a strength above 0; it has {len(self.parts)}, {self.strength}."
            )

    def check(self, shape: TargetShape) -> None:
        """As the base: every part by its own rules; ValueError for one that cannot be stacked or asks for more."""
        for part in self.observers():
            try:
                part.check(shape)
            except TypeError as error:  # a part's options pass Hydra by, which would have checked their types
                raise ValueError(f"its part {part.name} has an option of a wrong type: {error}.") from error
            if list(Access).index(part.needs) > list(Access).index(self.needs):
                raise ValueError(f"its part {part.name} needs access to the {part.needs}; stack it in stack_model.")

    def observers(self) -> Sequence[ObservingAttack]:
        """As the base: the parts."""
        return [_part(name, options) for name, options in self.parts.items()]

    @property
    def relative(self) -> bool:
        """As the base: where a part is."""
        return any(part.relative for part in self.observers())

    def skip(self, target: Target) -> str | None:
        """As the base: the first part's reason."""
        reasons = ((part.name, part.skip(target)) for part in self.observers())
        return next((f"its part {name} cannot run: {why}" for name, why in reasons if why is not None), None)

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: a weight a part."""
        from sklearn.linear_model import LogisticRegression  # start-up: seconds to import
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        scores = np.concatenate([self._table(one.target) for one in shadows])
        member = np.concatenate([one.member for one in shadows])
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0 / self.strength, max_iter=1000))
        return self.fitted(_model=model.fit(scores, member))

    def _score(self, target: Target) -> Scores:
        return np.asarray(self._model.decision_function(self._table(target)), dtype=np.float64)

    def _table(self, target: Target) -> Scores:
        """Float64 [n, parts]."""
        return np.stack([part.score(target) for part in self.observers()], axis=1)


@register("stack_model")
@dataclass(frozen=True)
class ModelStack(Stack):
    """`stack` with model attacks among its parts; ridge-logistic, Wolpert 1992."""

    parts: dict[str, dict[str, Any]] = field(default_factory=_of_models)

    needs = Access.MODEL


def _part(name: str, options: dict[str, Any]) -> ObservingAttack:
    """The attack of a part. ValueError, in a sentence, where there is none that observes."""
    attack = options.get("attack", name)
    found = find_attacks([attack]).by_name.get(attack)
    if found is None or not issubclass(found, ObservingAttack):
        raise ValueError(f"The stack's part {name!r} names {attack!r}, which is no attack that observes generators.")
    try:
        part = found(**{key: value for key, value in options.items() if key != "attack"})
    except TypeError as error:
        raise ValueError(f"The stack's part {name!r} cannot be made: {error}.") from error
    if part.learns:
        raise ValueError(f"The stack's part {name!r} learns by itself; only attacks that do not can be stacked.")
    return part
