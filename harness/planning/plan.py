"""The plan: who is in which generator, what each target is, and every key, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Attack, TargetShape
from harness.data.splits import reference_shadows
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.jobs.score import AttackJob, FitSpec
from harness.jobs.targets import ReleaseSpec, TargetSpec, ViewSpec


class WithheldTruth:
    """Members of the test release: in the plan, but out of sight until every decision is made."""

    def __init__(self, member: NDArray[np.bool_]) -> None:
        self._member = member

    def open(self) -> NDArray[np.bool_]:
        """The truth, bool [n]. Called once, after the decision."""
        return self._member


class LabelledSpec(NamedTuple):
    """A target whose members are known: its candidates' places in the pool and members, both [n]."""

    target: TargetSpec
    candidates: NDArray[np.intp]
    member: NDArray[np.bool_]


class AttackedRelease(NamedTuple):
    """The release under attack; truth is None where an edition withholds it."""

    target: TargetSpec
    candidates: NDArray[np.intp]
    truth: WithheldTruth | None


@dataclass(frozen=True)
class Plan:
    """Everything that is to happen.

    generators: to be trained, the withheld one last; shadows: each as target, in the order of the first
    generators, with the test's candidates; shape: what is known of every target beforehand; dev: the same shadows
    facing an edition's labelled release, with its candidates and as few images, as a plan of its own; kept: the
    shadows that are attacked and learnt from, None for all.
    """

    store_root: str
    generators: list[GeneratorJob]
    shadows: list[LabelledSpec]
    test: AttackedRelease
    shape: TargetShape
    dev: Plan | None = None
    kept: tuple[int, ...] | None = None

    @property
    def n_images(self) -> int:
        """Released images looked at of a shadow and of the test."""
        return self.shape.n_images

    def attack_shadow(self, attack: Attack, number: int) -> AttackJob:
        """The attack on shadow `number`; it may fit on the other pairs, without `number` as their reference."""
        return self._job(attack, self.shadows[number].target, self._others(number))

    def attack_wrong_target(self, attack: Attack, number: int) -> AttackJob:
        """As `attack_shadow`, but before the release and model of the next pair, which is no reference then.

        Who was in shadow `number` has nothing to do with who was in that one: the control `wrong_target`.
        """
        first = 2 * ((number // 2 + 1) % (len(self.shadows) // 2))
        pair = [self.shadows[first].target.view, self.shadows[first + 1].target.view]
        references = tuple(one for one in self.shadows[number].target.references if one.view not in pair)
        # Complements meet different ones: before the same one their AUCs would add up to 1 whatever leaks.
        return self._job(attack, TargetSpec(pair[number % 2], references), self._others(number))

    def attack_planted(self, attack: Attack, number: int, target: TargetSpec) -> AttackJob:
        """As `attack_shadow`, but before a target made of shadow `number` in its place, fitted as for that one."""
        return self._job(attack, target, self._others(number))

    def attack_other(self, attack: Attack, target: TargetSpec) -> AttackJob:
        """The attack on the dev or test release; it may fit on every shadow.

        Each without one pair of references, as when a shadow is judged: what is fitted holds for their number.
        """
        last = len(self.shadows) - 1
        numbers = range(len(self.shadows))
        return self._job(attack, target, (self._to_fit_on(j, 0 if j // 2 == last // 2 else last) for j in numbers))

    def narrowed(self, n_images: int | None = None, n_pairs: int | None = None) -> Plan:
        """The same plan with fewer released images looked at, or fewer pairs of references a target."""

        def cut(view: ViewSpec) -> ViewSpec:
            if n_images is None or view.release is None:
                return view
            return view._replace(release=view.release._replace(n_images=n_images))

        narrow = self._with_views(cut, n_pairs)
        return replace(narrow, shape=self.shape._replace(n_images=n_images or self.n_images))

    def via(self, surrogate_of: Callable[[ReleaseSpec], SurrogateJob]) -> Plan:
        """The same plan where every generator's model is replaced by a surrogate trained on what it released."""

        def swap(view: ViewSpec) -> ViewSpec:
            return view if view.release is None else view._replace(generator=surrogate_of(view.release).key)

        return self._with_views(swap)

    @property
    def taking_part(self) -> Sequence[int]:
        """The numbers of the shadows that are attacked and learnt from."""
        return range(len(self.shadows)) if self.kept is None else self.kept

    @property
    def releases(self) -> list[ReleaseSpec]:
        """The releases that are looked at, of the shadows and of the test."""
        views = [*(spec.target.view for spec in self.shadows), self.test.target.view]
        return [view.release for view in views if view.release is not None]

    def _with_views(self, change: Callable[[ViewSpec], ViewSpec], n_pairs: int | None = None) -> Plan:
        def changed(target: TargetSpec) -> TargetSpec:
            kept = target.references[: None if n_pairs is None else 2 * n_pairs]
            return target._replace(
                view=change(target.view), references=tuple(one._replace(view=change(one.view)) for one in kept)
            )

        shadows = [spec._replace(target=changed(spec.target)) for spec in self.shadows]
        return replace(self, shadows=shadows, test=self.test._replace(target=changed(self.test.target)))

    def _others(self, number: int) -> Iterator[LabelledSpec]:
        """Asked for only where an attack learns: with many shadows they are many."""
        others = (j for j in self.taking_part if j // 2 != number // 2)
        return (self._to_fit_on(j, number) for j in others)

    def _to_fit_on(self, number: int, judged: int) -> LabelledSpec:
        """Shadow `number`, without the judged pair among its references: their members are the judged labels."""
        spec = self.shadows[number]
        usual = reference_shadows(number, len(self.shadows))
        allowed = {*reference_shadows(number, len(self.shadows), judged)}
        # narrowed plans have fewer references than there are shadows
        kept = tuple(one for j, one in zip(usual, spec.target.references, strict=False) if j in allowed)
        return spec._replace(target=spec.target._replace(references=kept))

    def _job(self, attack: Attack, target: TargetSpec, fit: Iterable[LabelledSpec]) -> AttackJob:
        known = (FitSpec(spec.target, tuple(map(int, np.flatnonzero(spec.member)))) for spec in fit)
        return AttackJob(self.store_root, attack, target, tuple(known) if attack.learns else ())
