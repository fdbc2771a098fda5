"""What attacks look at before they score, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from attacks.base import Access, Attack
from attacks.view import Observer
from harness.jobs.observations import observable, observation_key
from harness.jobs.observe import ObserveJob
from harness.jobs.score import AttackJob
from harness.jobs.shards import KIND, OBSERVATION, ShardJob, shard_jobs
from harness.jobs.targets import TargetSpec, ViewSpec
from harness.jobs.whole import Whole
from harness.store import Store

Look = tuple[Observer, ViewSpec]


def looks(job: AttackJob) -> list[Look]:
    """What a job will ask its target, and the targets it is fitted on, to have observed."""
    targets = (job.target, *(one.target for one in job.fit))
    return [pair for target in targets for pair in looks_at(job.attack, target)]


def looks_at(attack: Attack, target: TargetSpec) -> list[Look]:
    """What an attack will ask of one target."""
    return [
        (observer, view)
        for observer in attack.observers()
        for view in (target.view, *(one.view for one in target.references if observer.observes_references))
        if observable(observer, view)
    ]


def observing_jobs(
    wanted: Iterable[Look], store: Store, what: str, shard_images: int | None = None, asked: Iterable[Look] = ()
) -> list[ObserveJob]:
    """A job a generator and its candidates, for the observations that the store does not hold.

    All of a release is in one job alone, whichever models it is looked at beside. what: that is looked at;
    shard_images: of a release, beyond which it is looked at in shards; asked: what is wanted, and what would be if
    nothing had been scored before.
    """
    wanted = list(wanted)
    together = _of_releases(chain(wanted, asked), shard_images)
    first: dict[ViewSpec, ViewSpec] = {}
    missing: dict[ViewSpec, list[Observer]] = {}
    seen: set[str] = set()
    for attack, view in wanted:
        key = observation_key(attack, view)
        if key not in seen and store.find("observation", key) is None:
            by_release = attack.observes is Access.RELEASE
            of = first.setdefault(_bare(view), view) if by_release else view
            missing.setdefault(of, []).append(attack)
        seen.add(key)
    return [
        ObserveJob(
            str(store.root), f"{what} {number}", view, tuple(attacks), shard_images, together.get(_bare(view), ())
        )
        for number, (view, attacks) in enumerate(missing.items(), start=1)
    ]


def missing_shards(jobs: Sequence[ObserveJob], store: Store) -> list[ShardJob]:
    """What is to be done before these jobs: a job a shard of which the store does not hold everything."""
    every = {shard.key: shard for job in jobs for shard in job.shards}
    found = {key: [store.find(KIND, one) for one in shard.kept] for key, shard in every.items()}
    return [shard for key, shard in every.items() if None in found[key]]


def not_mirrored(jobs: Sequence[ObserveJob], store: Store) -> list[ObserveJob]:
    """Those that have shards, without what a mirror holds: that is fetched, and wants no shard."""
    return [
        replace(
            job,
            attacks=tuple(
                one for one in job.attacks if not store.is_mirrored(OBSERVATION, observation_key(one, job.view))
            ),
        )
        for job in jobs
        if job.shards
    ]


def drop_shards(asked: Iterable[Look], store: Store, shard_images: int | None) -> None:
    """Take away what a run that was killed left of shards, once all that is asked has been observed."""
    for view, attacks in _of_releases(asked, shard_images).items():
        Whole(shard_jobs(str(store.root), "", view, attacks, shard_images), store).drop()


def _of_releases(asked: Iterable[Look], shard_images: int | None) -> dict[ViewSpec, tuple[Observer, ...]]:
    """Who looks at each release that has shards, once an observation."""
    found: dict[ViewSpec, dict[str, Observer]] = {}
    for attack, view in asked:
        large = shard_images is not None and view.release is not None and view.release.n_images > shard_images
        if large and attack.observes is Access.RELEASE:
            found.setdefault(_bare(view), {}).setdefault(observation_key(attack, view), attack)
    return {view: tuple(attacks.values()) for view, attacks in found.items()}


def _bare(view: ViewSpec) -> ViewSpec:
    """The view without its model: of a family that gives images alone a target has none, and a reference its key."""
    return view._replace(generator=None)
