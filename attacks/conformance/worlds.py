"""Toy worlds: generators whose members are known, which release noisy copies of them, and targets made of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from attacks.base import Access, Attack, Flags, Images, LabelledTarget, Reference, Seen, Target
from attacks.conformance.denoisers import MemorisingDenoiser
from attacks.conformance.discriminators import MemorisingDiscriminator
from attacks.view import CountedModel, Observed, Observer, View
from shadow_models.recipe import Gives

SIZE, N = 16, 30  # pixels a side; candidates, fewer than the slices have degrees of freedom: no two are alike
SQUARES = 8  # along each side of a slice
COPIES = 20  # released of each member
_A = TypeVar("_A", bound=Attack)
Memorising = MemorisingDenoiser | MemorisingDiscriminator
BANDWIDTH = 0.03  # of the memorising models, in units of [-1, 1]: about 4 grey levels


def toy_slices(n: int, seed: int) -> Images:
    """n different slices, uint8 [n, 16, 16]: squares of 2 x 2 pixels, each of a grey level of its own."""
    coarse = np.random.default_rng(seed).uniform(20, 235, (n, SQUARES, SQUARES))
    return frozen(np.kron(coarse, np.ones((SIZE // SQUARES, SIZE // SQUARES))).round().astype(np.uint8))


def noisy_copies(sources: Images, seed: int, noise_sd: float = 6.0) -> Images:
    """20 copies of each image with Gaussian noise (sd in grey levels): what a generator that leaks releases."""
    noise = np.random.default_rng(seed).normal(0.0, noise_sd, (COPIES, *sources.shape))
    return frozen(np.clip(sources + noise, 0, 255).round().astype(np.uint8).reshape(-1, *sources.shape[1:]))


def frozen(images: Images) -> Images:
    """The same array, read-only: an attack that writes into its target is an error."""
    images.flags.writeable = False
    return images


def memorised(members: Images, bandwidth: float, gives: Gives) -> Memorising:
    """The model of a generator that memorised, of a kind: a denoiser or a discriminator."""
    model = MemorisingDiscriminator if gives is Gives.DISCRIMINATOR else MemorisingDenoiser
    return model(members, bandwidth)


class Generator:
    """A generator that memorised: what it releases, its model, and what was observed of it before.

    trained_on: uint8 [m, h, w]; candidates: uint8 [n, h, w], those observed; noise_sd: of its release, grey levels;
    gives: the kind of its model.
    """

    def __init__(
        self,
        trained_on: Images,
        candidates: Images,
        seed: int,
        noise_sd: float = 6.0,
        gives: Gives = Gives.DENOISER,
    ) -> None:
        self.trained_on = trained_on
        self.candidates = candidates
        self.gives = gives
        self.release = noisy_copies(trained_on, seed, noise_sd)
        self._observed: dict[str, Observed] = {}

    @cached_property
    def model(self) -> Memorising:
        """The optimal denoiser of a kernel density at the members, or a discriminator that knows them."""
        return memorised(self.trained_on, BANDWIDTH, self.gives)

    def seen(self, attack: Observer) -> Observed:
        """The observation of an attack, made once: as the store of the harness does for a target."""
        key = json.dumps(attack.observation(), sort_keys=True)
        if key not in self._observed:
            self._observed[key] = attack.observed(self._view(attack.observes))
        return self._observed[key]

    def _view(self, access: Access) -> View:
        if access is Access.RELEASE:
            return View(self.candidates, self.release)
        return View(self.candidates, self.release[:0], CountedModel(self.model))


class World:
    """Candidates and generators in complementary pairs, each trained on a random half: a plan in miniature.

    Generators 2p and 2p + 1 are complements, so each candidate is in exactly half of them. The references of a
    generator that is judged are never of its own pair: which references a candidate has would tell its label.
    gives: the kind of their models.
    """

    def __init__(
        self, n_pairs: int, seed: int, candidates: Images | None = None, gives: Gives = Gives.DENOISER
    ) -> None:
        self.gives = gives
        self.candidates = toy_slices(N, seed=1) if candidates is None else frozen(candidates)
        rng = np.random.default_rng([seed, 0])
        halves = [rng.permutation(len(self.candidates)) < len(self.candidates) // 2 for _ in range(n_pairs)]
        self.held: Flags = np.stack([side for half in halves for side in (half, ~half)])
        self.generators = [
            Generator(self.candidates[row], self.candidates, 1000 * seed + j, gives=gives)
            for j, row in enumerate(self.held)
        ]
        self.ids = tuple(f"slice_{i:03d}" for i in range(len(self.candidates)))

    def references(self, pairs: Sequence[int], remembers: bool = True) -> tuple[Reference, ...]:
        """Both generators of each pair; remembers: with the observations that were made of them before."""
        return tuple(
            self.reference(self.generators[j], self.held[j], remembers) for p in pairs for j in (2 * p, 2 * p + 1)
        )

    def reference(self, generator: Generator, held: Flags, remembers: bool = True) -> Reference:
        """A generator as the attacker's own."""
        return Reference(generator.release, held, generator.model, generator.seen if remembers else None)

    def facing(self, generator: Generator, references: Sequence[Reference], remembers: bool = True) -> Target:
        """The target that a generator is, with its model."""
        seen: Seen | None = generator.seen if remembers else None
        return Target(self.ids, self.candidates, generator.release, tuple(references), generator.model, seen)


def planted(world: World, number: int = 0, remembers: bool = True) -> LabelledTarget:
    """Generator 0 or 1 of a world as target, with six references: pairs 1, 2 and 3."""
    references = world.references((1, 2, 3), remembers)
    return LabelledTarget(world.facing(world.generators[number], references, remembers), world.held[number])


def labelled_shadows(world: World) -> list[LabelledTarget]:
    """Generators 2 to 5 as labelled targets, pair 0 nowhere among them: what an attack that learns is given.

    Six references each: the pairs but its own and pair 0, of five.
    """
    shadows = []
    for j in (2, 3, 4, 5):
        references = world.references([p for p in range(1, 5) if p != j // 2])
        shadows.append(LabelledTarget(world.facing(world.generators[j], references), world.held[j]))
    return shadows


def wrong_target(world: World, pair: int, trap: bool = False) -> LabelledTarget:
    """The members of a world's generator, judged by the release and model of one that saw no candidate at all.

    trap: its complement, a generator noisier than the others, is planted among the references: a reference that
    members have and non-members lack, so that a calibrated attack tells them apart from nothing.
    """
    n_pairs, own = len(world.held) // 2, 2 * pair
    unlike = toy_slices(N // 2, seed=1000 + pair)
    strangers = Generator(unlike, world.candidates, seed=500 + pair, gives=world.gives)
    references = list(world.references([(pair + step) % n_pairs for step in (1, 2, 3)]))
    if trap:
        complement = world.candidates[world.held[own + 1]]
        noisy = Generator(complement, world.candidates, seed=pair, noise_sd=90.0, gives=world.gives)
        references.append(world.reference(noisy, world.held[own + 1]))
    return LabelledTarget(world.facing(strangers, references), world.held[own])


def fitted(attack: _A, world: World) -> _A:
    """The attack as it is, or fitted on the world's labelled shadows if it learns."""
    return attack.fit(labelled_shadows(world)) if attack.learns else attack


def auc(attack: Attack, labelled: LabelledTarget) -> float:
    """The area under the curve of the attack's scores on a target."""
    return float(roc_auc_score(labelled.member, attack.score(labelled.target)))


def under_other_names(target: Target) -> tuple[Target, NDArray[np.intp]]:
    """The target with its candidates renamed, so that they are sorted otherwise; and where each was before."""
    order = np.random.default_rng(6).permutation(len(target.ids))
    names = tuple(hashlib.sha256(name.encode()).hexdigest()[:12] for name in target.ids)
    return replace(target.reordered(order), ids=names), order


def twins(world: World) -> tuple[int, int]:
    """Two candidates that are in the same generators of the target `planted`."""
    seen: dict[bytes, int] = {}
    for place, column in enumerate(world.held[:8].T):
        if column.tobytes() in seen:
            return seen[column.tobytes()], place
        seen[column.tobytes()] = place
    raise AssertionError("30 candidates in 16 kinds: two must be of a kind")
