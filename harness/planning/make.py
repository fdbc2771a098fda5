"""Makes the plan: members in complementary halves, shadows that face what the test faces, and every key."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Flags, TargetShape
from harness.config.edition_options import submission_form
from harness.config.settings import Settings
from harness.data.edition_release import RELEASED_FILE, EditionRelease
from harness.data.pool import Pool
from harness.data.splits import check_pool_size, paired_halves, random_half, reference_shadows
from harness.errors import HarnessWarning, InputError
from harness.evaluation.probability_calibration import ISOTONIC_POINTS
from harness.jobs.generators import GeneratorJob
from harness.jobs.targets import ReferenceSpec, ReleaseSpec, TargetSpec, ViewSpec
from harness.planning.plan import AttackedRelease, LabelledSpec, Plan, WithheldTruth
from harness.seeds import rng_of, seed_of
from harness.submission.ids import check_ids

N_IMAGES = 256  # released images in a challenge of our own making; an edition says how many itself
Numbers = NDArray[np.intp]


def make_plan(settings: Settings, pool: Pool) -> Plan:
    """Assign members and name every artefact. Raises InputError where the pool is too small for the plan."""
    patients = [pool.people[place] for place in pool.taken]
    check_pool_size(len(pool), patients, settings.shadow_count, settings.data)
    wanted = images_wanted(settings, pool)
    shape = TargetShape(wanted, settings.recipe.size, _noise_levels(settings))
    _check_attacks(settings, shape)
    member = paired_halves(patients, settings.shadow_count, settings.seed)
    jobs = [generator_job(settings, pool, f"shadow {j}", row, wanted) for j, row in enumerate(member)]
    shadows, root = _Shadows(pool, jobs, member), str(settings.store_root)
    if pool.given:
        plan = _facing_given(root, shadows, pool.given["test"], "test", shape)
        if "dev" in pool.given:
            plan = replace(plan, dev=_facing_given(root, shadows, pool.given["dev"], "dev", shape))
    else:
        every_slice = np.arange(len(pool))
        hidden = random_half(patients, rng_of(settings.seed, "assign", "withheld"))
        withheld = generator_job(settings, pool, "withheld", hidden, wanted)
        test = AttackedRelease(
            shadows.target(every_slice, withheld.release(wanted)), pool.taken, WithheldTruth(hidden)
        )
        plan = Plan(root, [*jobs, withheld], shadows.as_targets(every_slice, wanted), test, shape)
    _check_calibrator(settings, plan)
    return plan


def check_candidates(settings: Settings, pool: Pool) -> None:
    """InputError for ids of the test that no submission can hold: told before hours of work, not after."""
    places = pool.given["test"].candidates if pool.given else pool.taken
    check_ids([pool.ids[place] for place in places], submission_form(settings.data), "The test's candidates")


def _noise_levels(settings: Settings) -> int:
    """The fewest noise levels of the models that are asked; 0 where none can be asked."""
    asked = [settings.recipe, *([settings.surrogate.recipe] if settings.surrogate is not None else [])]
    return min((one.n_timesteps_asked for one in asked if one.n_timesteps_asked), default=0)


def images_wanted(settings: Settings, pool: Pool) -> int:
    """Released images of a shadow: as many as the test releases, unless the user says."""
    given = pool.given["test"].n_images if pool.given else N_IMAGES
    return given if settings.n_images is None else settings.n_images


def generator_job(
    settings: Settings, pool: Pool, name: str, member: NDArray[np.bool_], n_images: int
) -> GeneratorJob:
    """A generator of the settings' recipe, trained on the members, bool [n] over the slices taken."""
    places = pool.taken[member]
    return GeneratorJob(
        store_root=str(settings.store_root),
        name=name,
        pool_key=pool.key,
        members=tuple(map(int, places)),
        digests=tuple(pool.digests[place] for place in places),
        recipe=settings.recipe,
        seed=seed_of(settings.seed, "generator", name),
        n_images=n_images,
        start=settings.base_key,
    )


class _Shadows(NamedTuple):
    """The shadows, and who is in which: member bool [count, n]."""

    pool: Pool
    jobs: list[GeneratorJob]
    member: Flags

    def as_targets(self, numbers: Numbers, n_images: int) -> list[LabelledSpec]:
        """Each shadow facing some of the slices taken, by number, with `n_images` of its release."""
        references = self._references(numbers, n_images)  # made once: they are most of a plan of many shadows
        return [
            LabelledSpec(
                self._target(numbers, job.release(n_images), references, j),
                self.pool.taken[numbers],
                self.member[j][numbers],
            )
            for j, job in enumerate(self.jobs)
        ]

    def target(self, numbers: Numbers, release: ReleaseSpec) -> TargetSpec:
        """A release of none of them facing those slices, and the shadows as its references."""
        return self._target(numbers, release, self._references(numbers, release.n_images))

    def _target(
        self, numbers: Numbers, release: ReleaseSpec, references: Sequence[ReferenceSpec], shadow: int | None = None
    ) -> TargetSpec:
        chosen = tuple(references[j] for j in reference_shadows(shadow, len(self.jobs)))
        model = None if shadow is None else self.jobs[shadow].model_key
        return TargetSpec(self._view(numbers, release, model), chosen)

    def _references(self, numbers: Numbers, n_images: int) -> list[ReferenceSpec]:
        """Every shadow as a reference, which shows as much as what is attacked.

        Maxima and nearest distances move with the number of images.
        """
        seen = self._view(numbers, self.jobs[0].release(n_images), None)
        return [
            ReferenceSpec(
                seen._replace(release=job.release(n_images), generator=job.key),
                tuple(map(int, np.flatnonzero(row[numbers]))),
            )
            for job, row in zip(self.jobs, self.member, strict=True)
        ]

    def _view(self, numbers: Numbers, release: ReleaseSpec, generator: str | None) -> ViewSpec:
        places = self.pool.taken[numbers]
        digests = tuple(self.pool.digests[place] for place in places)
        return ViewSpec(self.pool.key, tuple(map(int, places)), digests, release, generator)


def _facing_given(root: str, shadows: _Shadows, given: EditionRelease, name: str, shape: TargetShape) -> Plan:
    """The shadows facing the candidates of a release that an edition gives, at that release's size."""
    n_images = _count(name, given.n_images, shape.n_images)
    release = ReleaseSpec("given", given.key, RELEASED_FILE, n_images)
    numbers = np.searchsorted(shadows.pool.taken, given.candidates)  # all of an edition's candidates are taken
    target = shadows.target(numbers, release)
    truth = None if given.member is None else WithheldTruth(given.member)
    return Plan(
        root,
        shadows.jobs,
        shadows.as_targets(numbers, n_images),
        AttackedRelease(target, given.candidates, truth),
        shape._replace(n_images=n_images),
    )


def _count(name: str, n_given: int, wanted: int) -> int:
    """How many of an edition's released images are looked at; a remark where they are not all."""
    if n_given > wanted:
        text = f"{wanted} of the {n_given} images of the {name} release are looked at, as many as a shadow releases; "
        warnings.warn(HarnessWarning(f"{text}raise shadow.n_images to use more."), stacklevel=4)
    return min(n_given, wanted)


def _check_attacks(settings: Settings, shape: TargetShape) -> None:
    for name, attack in settings.attacks.items():
        try:
            attack.check(shape)
        except ValueError as error:
            raise InputError(f"attack={name}: {error}") from error


def _check_calibrator(settings: Settings, plan: Plan) -> None:
    taught_by = (settings.shadow_count - 2) * len(plan.test.candidates)
    if settings.calibrator == "isotonic" and taught_by < ISOTONIC_POINTS:
        text = f"Isotonic calibration needs {ISOTONIC_POINTS} scores and a shadow's would stand on {taught_by}: "
        warnings.warn(HarnessWarning(f"{text}the logistic one takes its place."), stacklevel=3)
