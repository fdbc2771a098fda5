"""The contract between the harness and an attack: what an attack must answer of a target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self, final

import numpy as np

from attacks.target import (
    Flags,
    LabelledTarget,
    Outlook,
    Reference,
    Scores,
    Seen,
    Target,
    TargetShape,
    no_out_references,
)
from attacks.view import Access, Images, Observed, Observer, View, other_kind

__all__ = [  # what an attack needs, from one place
    "Access", "Attack", "Flags", "Images", "LabelledTarget", "Observed", "Observer", "Outlook", "Reference", "Scores",
    "Seen", "Target", "TargetShape", "View", "no_out_references", "no_strangers",
]  # fmt: skip

no_strangers = no_out_references  # its name until 0.2.0, which plug-ins may use


class Attack(ABC):
    """Turns a target into one score a candidate; larger means more likely a member.

    A subclass is a frozen dataclass whose fields are its options, registered with `@register(name)`, with
    `needs` (the access it asks for) and `_score`. One that looks at a generator at a time is better an
    `attacks.observing.ObservingAttack`: calibration, sharing and memory then come by themselves.
    """

    name: ClassVar[str] = ""
    is_fitted: ClassVar[bool] = False  # True on a copy that `fitted` made

    @property
    @abstractmethod
    def needs(self) -> Access:
        """The access the attack asks for: a class attribute, `needs = Access.RELEASE`."""

    @property
    def learns(self) -> bool:
        """Whether the attack is fitted on labelled shadows before it scores."""
        return type(self).fit is not Attack.fit

    @property
    def control(self) -> bool:
        """Whether this is no attack but a control, which must stay at chance."""
        return False

    @property
    def relative(self) -> bool:
        """Whether a score is set against those of the target's other candidates.

        It then hangs on how many of them were used, and rates that shadows teach at one half hold for one half alone.
        """
        return False

    def observers(self) -> Sequence[Observer]:
        """The observations the attack will ask its target for, so that they can be made beforehand, shared."""
        return ()

    def check(self, shape: TargetShape) -> None:
        """Raise ValueError, in a sentence, where the options cannot work; called before hours of training."""
        del shape  # by default every option works everywhere

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """A copy fitted on labelled shadow targets, never on the target it will judge. Default: as it is.

        An override returns `self.fitted(...)`.
        """
        del shadows
        return self

    @final
    def fitted(self, **learnt: Any) -> Self:
        """A copy that carries what `fit` learnt, as attributes that are no options."""
        copy = replace(self)  # type: ignore[type-var]  # every attack is a dataclass
        for name, value in {"is_fitted": True, **learnt}.items():
            object.__setattr__(copy, name, value)
        return copy

    def skip(self, target: Target) -> str | None:
        """Why this attack cannot run on this target, as a sentence; None where it can."""
        if self.needs.of_model:
            if target.model is None:
                return "it needs the generator's model, and this target gives only released images."
            return other_kind(self.needs, target.model)
        if self.needs is Access.REFERENCES:
            return no_out_references(target)
        return None

    @final
    def score(self, target: Target) -> Scores:
        """Scores float64 [n], in the order of `target.ids`, finite, larger = more likely a member.

        Candidates reach `_score` sorted by id, so that no order of files can carry information.
        Raises ValueError where the attack cannot run (`skip`), RuntimeError where it breaks the contract.
        """
        reason = self.skip(target)
        if reason is None and self.learns and not self.is_fitted:
            reason = "it learns from shadows and has not been fitted."
        if reason is not None:
            raise ValueError(f"Attack {self.name!r} cannot run here: {reason}")
        order = target.by_id
        values = self._score(target.reordered(order))
        if values.shape != (len(order),) or values.dtype != np.float64:
            raise RuntimeError(
                f"Attack {self.name!r} returned {values.dtype} {values.shape}; "
                f"the contract is float64 [{len(order)}], one score a candidate."
            )
        if not np.isfinite(values).all():
            bad = [target.ids[order[i]] for i in np.flatnonzero(~np.isfinite(values))[:3]]
            raise RuntimeError(f"Attack {self.name!r} returned a score that is not finite for {bad}.")
        scores = np.empty_like(values)
        scores[order] = values
        return scores

    @abstractmethod
    def _score(self, target: Target) -> Scores:
        """The method itself: float64 [n], larger = more likely a member."""

    def __init_subclass__(cls) -> None:
        """Keep `score` final at run time too: a plug-in that overrides it would escape the checks."""
        super().__init_subclass__()
        if "score" in cls.__dict__:
            raise TypeError(f"{cls.__name__} overrides `score`, which is final; write `_score`.")
