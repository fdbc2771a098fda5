"""What an attack faces: candidates, a release, perhaps a model, and references. Never labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.view import Access, CountedModel, Images, Observed, Observer, View

if TYPE_CHECKING:  # torch is imported only by the attacks that call a network
    from shadow_models.denoiser import Denoiser, Discriminator

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]
Order = NDArray[np.intp]
Seen = Callable[[Observer], Observed | None]


@dataclass(frozen=True)
class Reference:
    """A generator that the attacker trained himself, so he knows who was in it.

    release: uint8 [m, h, w]; held: bool [n], True where the target's candidate was among its members;
    model: its denoiser or discriminator, None where only its release is at hand; seen: as a target's.
    """

    release: Images
    held: Flags
    model: Denoiser | Discriminator | None = None
    seen: Seen | None = None


@dataclass(frozen=True)
class Target:
    """What an attack faces. No field says which candidate is a member.

    ids: n distinct names; candidates: uint8 [n, h, w]; release: uint8 [m, h, w], m >= 1;
    model: the generator's (or a surrogate's) denoiser or discriminator, None where only the release is known;
    seen: observations that were made before, [n, ...] in the order of ids, or None for one that was not.
    Raises ValueError, in a sentence, where these do not agree.
    """

    ids: tuple[str, ...]
    candidates: Images
    release: Images
    references: tuple[Reference, ...] = ()
    model: Denoiser | Discriminator | None = None
    seen: Seen | None = None

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

    @property
    def held(self) -> Flags:
        """Bool [J, n]: which reference held which candidate."""
        return np.array([r.held for r in self.references], dtype=np.bool_).reshape(-1, len(self.ids))

    def observe(self, attack: Observer) -> Observed:
        """What the attack observes of the target's own generator: float64 [n, ...]."""
        return self._observed(attack, 0, self.seen)

    def observe_references(self, attack: Observer) -> Observed:
        """The same of every reference generator: float64 [J, n, ...]."""
        return np.stack([self._observed(attack, j + 1, r.seen) for j, r in enumerate(self.references)])

    def reordered(self, order: Order) -> Target:
        """The same target with its candidates in another order (order: a permutation of 0..n-1)."""
        return replace(
            self,
            ids=tuple(self.ids[i] for i in order),
            candidates=self.candidates[order],
            references=tuple(replace(r, held=r.held[order], seen=_reordered(r.seen, order)) for r in self.references),
            seen=_reordered(self.seen, order),
        )

    def _observed(self, attack: Observer, place: int, seen: Seen | None) -> Observed:
        known = seen(attack) if seen is not None else None
        if known is not None:
            return known
        values = attack.observed(self._view(place, attack.observes))
        observed = np.empty_like(values)
        observed[self.by_id] = values
        return observed

    def _view(self, place: int, access: Access) -> View:
        """The target's own generator (place 0) or reference `place - 1`, candidates sorted by id."""
        of_model = access.of_model
        if (place, of_model) not in self._views:
            release, model = (self.release, self.model) if place == 0 else self._reference(place - 1)
            shown = View(self.candidates[self.by_id], release)
            if of_model:  # neither kind of view shows what the other may look at
                counted = model if isinstance(model, CountedModel) or model is None else CountedModel(model)
                shown = View(shown.candidates, release[:0], counted)
            self._views[place, of_model] = shown
        return self._views[place, of_model]

    def _reference(self, number: int) -> tuple[Images, Denoiser | Discriminator | None]:
        return self.references[number].release, self.references[number].model

    @cached_property
    def _views(self) -> dict[tuple[int, bool], View]:
        return {}

    @cached_property
    def by_id(self) -> Order:
        """The order in which attacks see the candidates: places, sorted by id."""
        return sorted_by_name(self.ids)


def sorted_by_name(names: Sequence[str]) -> Order:
    """Places 0..n-1 in the order of their names, intp [n]: no order of files or folders reaches an attack."""
    return np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)


class LabelledTarget(NamedTuple):
    """A shadow target with its members: what `Attack.fit` may learn from (member: bool [n])."""

    target: Target
    member: Flags


class TargetShape(NamedTuple):
    """What is known of every target before anything is trained.

    n_images: released images; size: height and width, pixels; n_timesteps: of the generators, 0 where they are no
    denoisers.
    """

    n_images: int
    size: int
    n_timesteps: int


Outlook = TargetShape  # its name until 0.2.0, which plug-ins may use


def no_out_references(target: Target) -> str | None:
    """Why a target's references calibrate nothing, as a sentence; None where they do."""
    if not target.references:
        return "it needs reference releases, and this target has none."
    if target.held.all(axis=0).any():
        return "a candidate was a member of every reference, so nothing calibrates it."
    return None


def _reordered(seen: Seen | None, order: Order) -> Seen | None:
    if seen is None:
        return None

    def in_order(attack: Observer) -> Observed | None:
        known = seen(attack)
        return None if known is None else known[order]

    return in_order


def _check_images(name: str, images: Images) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or len(images) == 0:
        raise ValueError(
            f"The {name} must be uint8 [n, h, w] with n >= 1; it is {images.dtype} {list(images.shape)}."
        )
