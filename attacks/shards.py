"""Releases looked at in shards: what is kept of each, and how what one release shows comes of it, to the last bit.

A distance of a pair, and a similarity, is the same number whatever stands beside the pair (`attacks.exact`). So the k
smallest of a release are the k smallest of those of its shards, and its extreme that of its shards' extremes: a
minimum rounds nothing, and equal distances are one number, whichever image they belong to. What attacks make of these
is left to their own `observe`, which is given the same numbers in the same order as without shards.

No attack imports this file, so that it decides no observation's key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from attacks.base import Scores
from attacks.distances import Distance
from attacks.knn import NearestNeighbour
from attacks.mc import MonteCarlo
from attacks.mosaic import Mosaic
from attacks.real_ratio import RealRatio
from attacks.ssim import StructuralSimilarity
from attacks.view import Observed, Observer, View

_T = TypeVar("_T")
_Neighbours = Callable[[Any], int]
# How many of the nearest images an attack's observation rests on, and on nothing else of the release but its size.
_NEAREST: dict[type, _Neighbours] = {
    NearestNeighbour: lambda attack: attack.k,
    RealRatio: lambda attack: 1,
    MonteCarlo: lambda attack: attack.neighbours,
}
# Attacks that observe an extreme over the released images, and which.
_EXTREME: dict[type, Callable[[Scores, Scores], Scores]] = {StructuralSimilarity: np.maximum, Mosaic: np.minimum}


class Kept(Protocol):
    """What is kept of a shard, and of all shards of a release together, for one or several attacks."""

    @property
    def identity(self) -> list[Any]:
        """What decides it besides the candidates and the shard: JSON values."""

    def of(self, shard: View) -> Scores:
        """Of one shard: float64 [n, ...]."""

    def together(self, parts: Iterable[Scores]) -> Scores:
        """Of several shards, from what each gave: as `of` would of all their images."""

    def observed(self, attack: Observer, view: View, of_release: Scores) -> Observed:
        """What the attack observes of the view, whose release gave so much: its pixels are not looked at."""


class Nearest(NamedTuple):
    """The k smallest distances of each candidate, ascending, all of them where there are fewer images."""

    measure: Distance
    k: int

    @property
    def identity(self) -> list[Any]:
        """The distance, and how many."""
        return ["nearest", list(self.measure.identity), self.k]

    def of(self, shard: View) -> Scores:
        """Float64 [n, k], or [n, m] of a shard of fewer images."""
        return self.measure.nearest(shard, min(self.k, len(shard.release)))

    def together(self, parts: Iterable[Scores]) -> Scores:
        """The k smallest of all."""
        whole: Scores | None = None
        for part in parts:
            both = part if whole is None else np.concatenate([whole, part], axis=1)
            whole = np.ascontiguousarray(np.sort(both, axis=1)[:, : self.k])
        assert whole is not None
        return whole

    def observed(self, attack: Observer, view: View, of_release: Scores) -> Observed:
        """By the attack itself, which finds these distances where it would find those to all images."""
        known: dict[Hashable, Scores] = {("distance", self.measure.identity): of_release}
        return attack.observed(_Known(view.candidates, view.release, _memo=view._memo, known=known))


class Extreme(NamedTuple):
    """What an attack observes that keeps, of all released images, the largest or the smallest number."""

    attack: Observer

    @property
    def identity(self) -> list[Any]:
        """As its observation's."""
        return ["extreme", *self.attack.observation()]

    def of(self, shard: View) -> Scores:
        """The observation, float64 [n, ...]."""
        return self.attack.observed(shard)

    def together(self, parts: Iterable[Scores]) -> Scores:
        """The largest, or smallest, of all."""
        first, *others = parts
        for part in others:
            first = _EXTREME[_looks(self.attack)](first, part)
        return first

    def observed(self, attack: Observer, view: View, of_release: Scores) -> Observed:
        """That of the release itself."""
        del attack, view
        return of_release


def kept_of_shards(attacks: Sequence[Observer], n_images: int, asked: Sequence[Observer] = ()) -> list[Kept | None]:
    """What is to be kept of each shard for each of these attacks, of a release of so many images.

    asked: all that look at the release, these among them: what is kept must not hang on who has looked already.

    None for one that looks at more of a release than its nearest images or an extreme, or is a plug-in's: it has to
    see the release as a whole. Attacks that share a distance share what is kept: as many as the one asks that asks
    for most.
    """
    found = [_kept(attack, n_images) for attack in attacks]
    most: dict[Hashable, int] = {}
    for one in (*found, *(_kept(attack, n_images) for attack in asked)):
        if isinstance(one, Nearest):
            most[one.measure.identity] = max(one.k, most.get(one.measure.identity, 0))
    return [one._replace(k=most[one.measure.identity]) if isinstance(one, Nearest) else one for one in found]


def _kept(attack: Observer, n_images: int) -> Kept | None:
    looks = _looks(attack)
    if looks in _NEAREST:
        return Nearest(attack.measure, min(_NEAREST[looks](attack), n_images))  # type: ignore[attr-defined]
    return Extreme(attack) if looks in _EXTREME else None


def _looks(attack: Observer) -> type:
    """The class whose code observes, where it is one alone: of a subclass that changes how, there are several."""
    classes = attack.observing_classes()
    return classes[0] if len(classes) == 1 else object


@dataclass(frozen=True)
class _Known(View):
    """A view of whose release some distances are known, each candidate's nearest alone."""

    known: Mapping[Hashable, Scores] = field(default_factory=dict, repr=False, compare=False)

    def remember(self, key: Hashable, compute: Callable[[], _T]) -> _T:
        """As the base; what is known is not computed."""
        return self.known[key] if key in self.known else super().remember(key, compute)  # type: ignore[return-value]

    def remembers(self, key: Hashable) -> bool:
        """As the base."""
        return key in self.known or super().remembers(key)
