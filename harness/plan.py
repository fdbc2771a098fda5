"""The plan: who is in which generator, what each target is, and every key, before anything runs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Attack, Outlook
from harness.calibrate import ISOTONIC_POINTS
from harness.config import Settings
from harness.errors import HarnessWarning, InputError
from harness.pool import Pool
from harness.score_job import AttackJob, FitSpec
from harness.seeds import rng_of, seed_of
from harness.splits import check_pool_size, paired_halves, random_half, reference_shadows
from harness.targets import ReferenceSpec, ReleaseSpec, TargetSpec, ViewSpec
from harness.train_job import GeneratorJob


class Sealed:
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


class TestSpec(NamedTuple):
    """The release under attack; truth is None where an edition withholds it."""

    target: TargetSpec
    candidates: NDArray[np.intp]
    truth: Sealed | None


@dataclass(frozen=True)
class Plan:
    """Everything that is to happen.

    generators: to be trained, the withheld one last; shadows: each as target, in the order of the first
    generators; dev: an edition's labelled release; outlook: what is known of every target beforehand.
    """

    store_root: str
    generators: list[GeneratorJob]
    shadows: list[LabelledSpec]
    dev: LabelledSpec | None
    test: TestSpec
    outlook: Outlook

    @property
    def n_images(self) -> int:
        """Released images looked at of a shadow and of the test."""
        return self.outlook.n_images

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

    def attack_other(self, attack: Attack, target: TargetSpec) -> AttackJob:
        """The attack on the dev or test release; it may fit on every shadow.

        Each without one pair of references, as when a shadow is judged: what is fitted holds for their number.
        """
        last = len(self.shadows) - 1
        numbers = range(len(self.shadows))
        return self._job(attack, target, [self._to_fit_on(j, 0 if j // 2 == last // 2 else last) for j in numbers])

    def narrowed(self, n_images: int | None = None, n_pairs: int | None = None) -> Plan:
        """The same plan with fewer released images looked at, or fewer pairs of references a target."""

        def cut(view: ViewSpec) -> ViewSpec:
            if n_images is None or view.release is None:
                return view
            return view._replace(release=view.release._replace(n_images=n_images))

        def narrow(target: TargetSpec) -> TargetSpec:
            kept = target.references[: None if n_pairs is None else 2 * n_pairs]
            return TargetSpec(cut(target.view), tuple(one._replace(view=cut(one.view)) for one in kept))

        shadows = [spec._replace(target=narrow(spec.target)) for spec in self.shadows]
        test = self.test._replace(target=narrow(self.test.target))
        return replace(
            self, shadows=shadows, test=test, outlook=self.outlook._replace(n_images=n_images or self.n_images)
        )

    def _others(self, number: int) -> list[LabelledSpec]:
        others = [j for j in range(len(self.shadows)) if j // 2 != number // 2]
        return [self._to_fit_on(j, number) for j in others]

    def _to_fit_on(self, number: int, judged: int) -> LabelledSpec:
        """Shadow `number`, without the judged pair among its references: their members are the judged labels."""
        spec = self.shadows[number]
        usual = reference_shadows(number, len(self.shadows))[: len(spec.target.references)]
        allowed = [j for j in usual if j in reference_shadows(number, len(self.shadows), judged)]
        kept = tuple(spec.target.references[usual.index(j)] for j in allowed)
        return spec._replace(target=spec.target._replace(references=kept))

    def _job(self, attack: Attack, target: TargetSpec, fit: list[LabelledSpec]) -> AttackJob:
        known = (FitSpec(spec.target, tuple(map(int, np.flatnonzero(spec.member)))) for spec in fit)
        return AttackJob(self.store_root, attack, target, tuple(known) if attack.learns else ())


def make_plan(settings: Settings, pool: Pool) -> Plan:
    """Assign members and name every artefact. Raises InputError where the pool is too small for the plan."""
    patients = [pool.patient_ids[place] for place in pool.taken]
    check_pool_size(len(pool), patients, settings.shadow_count)
    outlook = Outlook(settings.n_images, settings.recipe.size, settings.recipe.n_timesteps)
    for name, attack in settings.attacks.items():
        try:
            attack.check(outlook)
        except ValueError as error:
            raise InputError(f"attack={name}: {error}") from error
    member = paired_halves(patients, settings.shadow_count, settings.seed)
    taught_by = (settings.shadow_count - 2) * len(pool)
    if settings.calibrator == "isotonic" and taught_by < ISOTONIC_POINTS:
        text = f"Isotonic calibration needs {ISOTONIC_POINTS} scores and a shadow's would stand on {taught_by}: "
        warnings.warn(HarnessWarning(f"{text}the logistic one takes its place."), stacklevel=2)
    shadows = [_generator(settings, pool, f"shadow {j}", row) for j, row in enumerate(member)]
    # Maxima and nearest distances move with the number of images: target and references show equally many.
    n_images = settings.n_images
    if "test" in pool.given:
        n_images = min(n_images, pool.given["test"].n_images)
    every_slice = np.arange(len(pool))

    def view(numbers: NDArray[np.intp], release: ReleaseSpec, generator: str | None) -> ViewSpec:
        places = pool.taken[numbers]
        digests = tuple(pool.digests[place] for place in places)
        return ViewSpec(pool.key, tuple(map(int, places)), digests, release, generator)

    def target(numbers: NDArray[np.intp], release: ReleaseSpec, shadow: int | None = None) -> TargetSpec:
        references = tuple(
            ReferenceSpec(
                view(numbers, shadows[j].release(release.n_images), shadows[j].key),
                tuple(map(int, np.flatnonzero(member[j][numbers]))),
            )
            for j in reference_shadows(shadow, len(shadows))
        )
        return TargetSpec(view(numbers, release, None if shadow is None else shadows[shadow].key), references)

    labelled = [
        LabelledSpec(target(every_slice, job.release(n_images), j), pool.taken, member[j])
        for j, job in enumerate(shadows)
    ]
    root = str(settings.store_root)
    if pool.given:

        def given(name: str, wanted: int) -> TargetSpec:
            # An edition's candidates are part of the pool, which is taken whole, so places are numbers.
            release = ReleaseSpec("pool", pool.key, f"{name}.npy", _count(name, pool.given[name].n_images, wanted))
            return target(pool.given[name].candidates, release)

        dev = pool.given.get("dev")
        labelled_dev = None
        if dev is not None and dev.member is not None:
            labelled_dev = LabelledSpec(given("dev", n_images), dev.candidates, dev.member)
        test = TestSpec(given("test", settings.n_images), pool.given["test"].candidates, None)
        return Plan(root, shadows, labelled, labelled_dev, test, outlook._replace(n_images=n_images))
    hidden = random_half(patients, rng_of(settings.seed, "assign", "withheld"))
    withheld = _generator(settings, pool, "withheld", hidden)
    test = TestSpec(target(every_slice, withheld.release(n_images)), pool.taken, Sealed(hidden))
    return Plan(root, [*shadows, withheld], labelled, None, test, outlook)


def _count(name: str, n_given: int, wanted: int) -> int:
    """How many of an edition's released images are looked at; a remark where they are not all or too few."""
    if n_given > wanted:
        text = f"{wanted} of the {n_given} images of the {name} release are looked at, as many as a shadow releases; "
        warnings.warn(HarnessWarning(f"{text}raise shadow.n_images to use more."), stacklevel=3)
    elif n_given < wanted:
        text = f"The {name} release has only {n_given} images, where {wanted} were wanted; its references are cut to "
        warnings.warn(HarnessWarning(f"{text}as many."), stacklevel=3)
    return min(n_given, wanted)


def _generator(settings: Settings, pool: Pool, name: str, member: NDArray[np.bool_]) -> GeneratorJob:
    places = pool.taken[member]
    return GeneratorJob(
        store_root=str(settings.store_root),
        name=name,
        pool_key=pool.key,
        members=tuple(map(int, places)),
        digests=tuple(pool.digests[place] for place in places),
        recipe=settings.recipe,
        seed=seed_of(settings.seed, "generator", name),
        n_images=settings.n_images,
    )
