"""The contract between the harness and an attack: what a target holds, what an attack must answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self, final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # torch is imported only by the attacks that call a network
    from shadow_models.denoiser import Denoiser

Images = NDArray[np.uint8]
Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Access(StrEnum):
    """What an attacker holds, weakest first; rows of different access never share a ranking silently."""

    RELEASE = "release"
    REFERENCES = "references"
    MODEL = "model"
    GRADIENT = "gradient"


@dataclass(frozen=True)
class Reference:
    """A generator that the attacker trained himself, so he knows who was in it.

    release: uint8 [m, h, w]; held: bool [n], True where the target's candidate was among its members;
    model: its denoiser, None where only its release is at hand.
    """

    release: Images
    held: Flags
    model: Denoiser | None = None


@dataclass(frozen=True)
class Target:
    """What an attack faces. No field says which candidate is a member.

    ids: n distinct names; candidates: uint8 [n, h, w]; release: uint8 [m, h, w], m >= 1;
    model: the generator's (or a surrogate's) denoiser, None where only the release is known.
    Raises ValueError, in a sentence, where these do not agree.
    """

    ids: tuple[str, ...]
    candidates: Images
    release: Images
    references: tuple[Reference, ...] = ()
    model: Denoiser | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        if len(set(self.ids)) != n:
            raise ValueError("Candidate ids repeat; every candidate needs a name of its own.")
        _check_images("candidates", self.candidates)
        if len(self.candidates) != n:
            raise ValueError(f"There are {len(self.candidates)} candidates but {n} ids.")
        for name, images in [("release", self.release), *(("reference", r.release) for r in self.references)]:
            _check_images(name, images)
            if images.shape[1:] != self.candidates.shape[1:]:
                raise ValueError(
                    f"The {name} has images of {images.shape[1:]} pixels, "
                    f"the candidates of {self.candidates.shape[1:]}; bring them to one size first."
                )
        for reference in self.references:
            if reference.held.shape != (n,) or reference.held.dtype != np.bool_:
                raise ValueError(f"A reference's `held` must be bool [{n}], it is {reference.held.shape}.")

    def reordered(self, order: NDArray[np.intp]) -> Target:
        """The same target with its candidates in another order (order: a permutation of 0..n-1)."""
        return replace(
            self,
            ids=tuple(self.ids[i] for i in order),
            candidates=self.candidates[order],
            references=tuple(replace(r, held=r.held[order]) for r in self.references),
        )


class LabelledTarget(NamedTuple):
    """A shadow target with its members: what `Attack.fit` may learn from (member: bool [n])."""

    target: Target
    member: Flags


class Outlook(NamedTuple):
    """What is known of every target before anything is trained.

    n_images: released images; size: height and width, pixels; n_timesteps: of the generators.
    """

    n_images: int
    size: int
    n_timesteps: int


class Attack(ABC):
    """Turns a target into one score a candidate; larger means more likely a member.

    A subclass is a frozen dataclass whose fields are its options, registered with `@register(name)`,
    with `needs` (the access it asks for) and `_score`. Example: `attacks/knn.py`.
    """

    name: ClassVar[str] = ""
    needs: ClassVar[Access]

    def check(self, outlook: Outlook) -> None:
        """Raise ValueError, in a sentence, where the options cannot work; called before hours of training."""
        del outlook  # by default every option works everywhere

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """A copy fitted on labelled shadow targets, never on the target it will judge. Default: as it is."""
        del shadows
        return self

    def skip(self, target: Target) -> str | None:
        """Why this attack cannot run on this target, as a sentence; None where it can."""
        if self.needs in (Access.MODEL, Access.GRADIENT) and target.model is None:
            return "it needs the generator's model, and this target gives only released images."
        if self.needs is Access.REFERENCES:
            if not target.references:
                return "it needs reference releases, and this target has none."
            if np.all([r.held for r in target.references], axis=0).any():
                return "a candidate was a member of every reference, so nothing calibrates it."
        return None

    @final
    def score(self, target: Target) -> Scores:
        """Scores float64 [n], in the order of `target.ids`, finite, larger = more likely a member.

        Candidates reach `_score` sorted by id, so that no order of files can carry information.
        Raises ValueError where the attack cannot run (`skip`), RuntimeError where it breaks the contract.
        """
        reason = self.skip(target)
        if reason is not None:
            raise ValueError(f"Attack {self.name!r} cannot run here: {reason}")
        order = np.array(sorted(range(len(target.ids)), key=target.ids.__getitem__), dtype=np.intp)
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


def _check_images(name: str, images: Images) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or len(images) == 0:
        raise ValueError(
            f"The {name} must be uint8 [n, h, w] with n >= 1; it is {images.dtype} {list(images.shape)}."
        )
