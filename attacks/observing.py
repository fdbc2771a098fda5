"""Attacks that look at one generator at a time: what they observe is kept, shared and calibrated for them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, final

import numpy as np

from attacks.base import Access, Attack, Scores, Target, no_out_references
from attacks.difficulty_calibration import CALIBRATIONS, check_calibration
from attacks.view import Observed, View, other_kind

_AFTER_OBSERVING = {
    "signal", "fit", "skip", "check", "needs", "control", "relative", "_score", "table", "columns", "classifier",
}  # fmt: skip


@dataclass(frozen=True)
class ObservingAttack(Attack):
    """An attack whose score comes from what each generator by itself shows of the candidates.

    `observe` is the costly part: made once for a generator and kept in the store, whichever calibration or
    attack asks for it. `signal` reduces it to a score; `calibration` then sets that score against the
    references', by a name in `attacks.difficulty_calibration.CALIBRATIONS`. A class that only preselects options
    (such as `knn_reg`) shares the observations of its parent; one that observes something else overrides `observe`.
    """

    calibration: str = "none"
    """Difficulty calibration, against the references' signals: none, cal, reg, z, lira or another of CALIBRATIONS."""

    observes: ClassVar[Access] = Access.RELEASE
    """What `observe` may look at: RELEASE (candidates and release) or DISCRIMINATOR, MODEL, GRADIENT (candidates
    and model)."""
    after: ClassVar[frozenset[str]] = frozenset({"calibration"})
    """Options that play a part only after observing."""
    of_pairs: ClassVar[bool] = False
    """Whether the signal compares x with single images, so that two real slices can be compared by it, too."""

    def __post_init__(self) -> None:
        check_calibration(self.calibration)

    @property
    def needs(self) -> Access:
        """As the base: references, where the calibration uses them."""
        if self.observes is Access.RELEASE and self.calibration != "none":
            return Access.REFERENCES
        return self.observes

    def observers(self) -> Sequence[ObservingAttack]:
        """As the base: this one."""
        return (self,)

    @property
    def observes_references(self) -> bool:
        """Whether the reference generators are looked at, too."""
        return self.calibration != "none"

    @property
    def relative(self) -> bool:
        """As the base: where the calibration is."""
        return self.calibration != "none" and CALIBRATIONS[self.calibration].relative

    @property
    def compares_reals(self) -> bool:
        """Whether `View.of_candidates` gives scores on the scale of a release's: the rule `real_real_max` asks."""
        return self.of_pairs and self.observes is Access.RELEASE and self.calibration == "none"

    def observation(self) -> tuple[str, dict[str, Any]]:
        """What decides an observation besides the view: the classes that observe, and the options."""
        options = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in self.after}
        return ", ".join(f"{one.__module__}.{one.__qualname__}" for one in self.observing_classes()), options

    @classmethod
    def observing_classes(cls) -> list[type]:
        """The class that defines `observe`, and those below it that define any helper of their own.

        A subclass that only preselects options, or overrides what comes after observing, is none of them, so it
        shares its parent's observations.
        """
        found = []
        for one in cls.__mro__:
            helpers = {name for name, value in vars(one).items() if callable(value) or isinstance(value, property)}
            if "observe" in helpers or {n for n in helpers if not n.startswith("__")} - _AFTER_OBSERVING:
                found.append(one)
            if "observe" in helpers:
                return found
        return found

    @abstractmethod
    def observe(self, view: View) -> Observed:
        """What one generator shows of each candidate: float64 [n, ...], finite; larger = more likely a member
        where it is a score already."""

    @final
    def observed(self, view: View) -> Observed:
        """`observe`, checked. RuntimeError, in a sentence, where it breaks the contract."""
        values = np.ascontiguousarray(self.observe(view))  # sums go by memory order: stored and made must agree
        n = len(view.candidates)
        if values.dtype != np.float64 or values.shape[:1] != (n,) or not np.isfinite(values).all():
            raise RuntimeError(
                f"Attack {self.name!r} observed {values.dtype} {list(values.shape)}; "
                f"the contract is float64 [{n}, ...], finite."
            )
        return values

    def signal(self, observed: Observed) -> Scores:
        """A score from an observation, [n, ...] -> [n]. Default: the observation is the score."""
        return observed

    def skip(self, target: Target) -> str | None:
        """As the base, and what the calibration wants of the references."""
        reason = super().skip(target)
        if reason is not None or self.calibration == "none":
            return reason
        if no_out_references(target) is not None:
            return no_out_references(target)
        if self.observes.of_model:
            if any(r.model is None for r in target.references):
                return "it is calibrated by the models of other generators, and the references give only releases."
            others = (other_kind(self.observes, r.model, "a reference's generator") for r in target.references)
            reason = next((one for one in others if one is not None), None)
        return reason or CALIBRATIONS[self.calibration].unfit(target.held)

    def _score(self, target: Target) -> Scores:
        own = self.signal(target.observe(self))
        if self.calibration == "none":
            return own
        others = np.stack([self.signal(one) for one in target.observe_references(self)])
        return CALIBRATIONS[self.calibration](own, others, target.held)
