"""Gets artefacts: takes what the store has, launches jobs for what it has not, shows how far they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from attacks.observing import ObservingAttack
from harness.cli import tell
from harness.errors import HarnessWarning, InputError
from harness.evaluation.metrics import Floats
from harness.experiment.attack_scores import AttackScores, ReleaseScores
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.jobs.launchers.base import Launcher
from harness.jobs.looks import Look, drop_shards, looks, looks_at, missing_shards, not_mirrored, observing_jobs
from harness.jobs.observations import FILE, observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.progress import shown
from harness.jobs.room import check_room
from harness.jobs.saved import SavedGenerator, take_saved
from harness.jobs.score import AttackJob, score
from harness.jobs.shards import KIND as SHARD
from harness.jobs.shards import measure_shard
from harness.jobs.targets import TargetSpec
from harness.jobs.train import CHECKPOINT, REMARKS, drop_checkpoint, train_and_release, train_start, train_surrogate
from harness.jobs.work import Progress, Work
from harness.planning.planned_attack import PlannedAttack
from harness.store import Artefact, Store
from harness.store.elsewhere import there


@dataclass(frozen=True)
class Executor:
    """The store, the launcher and the console of one run; shard_images: the option of launch, None for no shards."""

    store: Store
    launcher: Launcher
    console: Console
    shard_images: int | None = None

    def train(self, jobs: Sequence[GeneratorJob]) -> None:
        """Train every generator and draw every release that the store does not hold."""
        # Both, whatever the first says: a job takes a generator as whole that this process found whole.
        found = [(self.store.find("generator", one.key), self.store.find("release", one.release_key)) for one in jobs]
        missing = [job for job, both in zip(jobs, found, strict=True) if None in both]
        self._drop_checkpoints([job.key for job, (trained, _) in zip(jobs, found, strict=True) if trained])
        check_room(missing, self.store, self.launcher)
        self._tell_gone_on_with([job.key for job in missing])
        with shown(self.console, "Training generators", [job.name for job in missing]) as on_progress:
            self._map(train_and_release, missing, on_progress)
        made = [self.store.find("release", job.release_key) for job in jobs]
        remarks = [one for found in made if found is not None for one in found.facts.get(REMARKS, ())]
        for remark in dict.fromkeys(remarks):
            warnings.warn(HarnessWarning(remark), stacklevel=2)

    def prepare(self, jobs: Sequence[SavedGenerator | GeneratorJob]) -> None:
        """Bring the base from which trainings start into the store: copied, or trained, each job after the last."""
        for job in jobs:
            if self.store.find("generator", job.key) is not None:
                continue
            if isinstance(job, SavedGenerator):  # by a worker, which will want torch anyway
                self._map(take_saved, [job], lambda message: None)
            else:
                self._tell_gone_on_with([job.key])
                with shown(self.console, "Training the base", [job.name]) as on_progress:
                    self._map(train_start, [job], on_progress)

    def train_surrogates(self, jobs: Sequence[SurrogateJob]) -> None:
        """Train every surrogate that the store does not hold."""
        missing = [job for job in jobs if self.store.find("generator", job.key) is None]
        self._drop_checkpoints([job.key for job in jobs if job not in missing])
        check_room(missing, self.store, self.launcher)
        self._tell_gone_on_with([job.key for job in missing])
        with shown(self.console, "Training surrogates", [job.name for job in missing]) as on_progress:
            self._map(train_surrogate, missing, on_progress)

    def _drop_checkpoints(self, trained: Iterable[str]) -> None:
        """Of generators that the store holds: a run ended between the one and the other."""
        for key in trained:
            drop_checkpoint(self.store, key)

    def _tell_gone_on_with(self, keys: Sequence[str]) -> None:
        """Say how many trainings do not begin anew; on the screen alone, for what comes out is the same."""
        n = sum(any(self.store.folder(CHECKPOINT, key).glob("step-*")) for key in keys)
        if n:
            goes = "training goes on from its checkpoint" if n == 1 else "trainings go on from their checkpoints"
            tell(self.console, "Note:", "yellow", f"{n} {goes}, of {len(keys)} that are left.")

    def attack_shadows(self, attacks: Iterable[PlannedAttack], what: str = "shadows") -> dict[str, AttackScores]:
        """Every attack on every shadow that takes part, by label."""
        return self._attack(
            {one.label: [one.plan.attack_shadow(one.attack, j) for j in one.plan.taking_part] for one in attacks},
            what,
        )

    def attack_wrong_targets(self, attacks: Iterable[PlannedAttack]) -> dict[str, AttackScores]:
        """Every attack with its knowledge about each shadow, but before another generator."""
        return self._attack(
            {one.label: [one.plan.attack_wrong_target(one.attack, j) for j in _shadows(one)] for one in attacks},
            "wrong targets",
        )

    def attack_planted(self, planned: PlannedAttack, targets: Mapping[int, TargetSpec], what: str) -> AttackScores:
        """One attack on what was made of shadows, a target each, by the shadow's number."""
        jobs = [planned.plan.attack_planted(planned.attack, *one) for one in targets.items()]
        return self._attack({planned.label: jobs}, what)[planned.label]

    def attack_release(self, planned: PlannedAttack, what: str) -> ReleaseScores:
        """One attack on the release that its plan is about, beside all that teaches how to read its scores there."""
        taught = self.attack_shadows([planned])[planned.label]
        job = planned.plan.attack_other(planned.attack, planned.plan.test.target)
        on_release = self._attack({planned.label: [job]}, what)[planned.label]
        return ReleaseScores(taught, on_release, self.candidates_as_release(planned))

    def candidates_as_release(self, planned: PlannedAttack) -> Floats | None:
        """Its scores [n] with the plan's other candidates in the release's place; None where it has none."""
        attack = planned.attack
        if not isinstance(attack, ObservingAttack) or not attack.compares_reals:
            return None
        view = planned.plan.test.target.view._replace(release=None, generator=None)
        key = observation_key(attack, view)
        if self.store.find("observation", key) is None:
            job = ObserveJob(str(self.store.root), "candidates", view, (attack,))
            try:
                self.launcher.here(observe, [job], lambda message: None)
            except InputError:  # say k neighbours of fewer candidates: the release has them, so the attack goes on
                return None
        found = self.store.find("observation", key)
        return None if found is None else attack.signal(np.load(found.folder / FILE))

    def _attack(self, jobs: Mapping[str, Sequence[AttackJob]], what: str) -> dict[str, AttackScores]:
        every = [job for of_attack in jobs.values() for job in of_attack]
        unique = {job.key: job for job in every}
        found = {key: self.store.find("scores", key) for key in unique}
        missing = {key: job for key, job in unique.items() if found[key] is None}
        rests_on = {
            key: {observation_key(*pair): pair for pair in looks_at(job.attack, job.target)}
            for key, job in unique.items()
        }
        # What scores say of seconds and calls stands with what they rest on: where that was lost, it is made again.
        whole = {key for key, one in found.items() if one is not None and not one.facts["skipped"]}
        resting = {one: pair for key in whole for one, pair in rests_on[key].items()}
        observed = {key: self.store.find("observation", key) for key in resting}
        lost = [resting[key] for key, one in observed.items() if one is None]
        wanted = [*lost, *(pair for job in missing.values() for pair in looks(job))]
        self._observe(wanted, unique.values(), what)
        names = [job.attack.name for job in missing.values()]
        with shown(self.console, f"Attacking {what}", names) as on_progress:
            made = self._map(score, list(missing.values()), on_progress)
        found |= dict(zip(missing, made, strict=True))
        observed |= {
            key: self.store.find("observation", key)
            for one in unique
            for key in rests_on[one]
            if observed.get(key) is None
        }
        return {
            name: _scored(
                [found[job.key] for job in of_attack], [rests_on[job.key].keys() for job in of_attack], observed
            )
            for name, of_attack in jobs.items()
        }

    def _map(
        self, function: Callable[[Any, Work], Any], jobs: Sequence[Any], on_progress: Callable[[Progress], None]
    ) -> list[Any]:
        """As the launcher's; the jobs know of the store what this process does, such as its mirror."""
        return self.launcher.map(there(self.store.root, function), jobs, on_progress)

    def _observe(self, wanted: Sequence[Look], every: Iterable[AttackJob], what: str) -> None:
        """Make the observations that the store does not hold, after what they need of shards of large releases.

        every: the jobs that ask, those whose scores are there among them.
        """
        in_shards = self.shard_images is not None and (wanted or self.store.holds_any(SHARD))
        asked = [pair for job in every for pair in looks(job)] if in_shards else []
        jobs = observing_jobs(wanted, self.store, what, self.shard_images, asked)
        shards = missing_shards(not_mirrored(jobs, self.store), self.store)
        with shown(self.console, f"Observing shards of {what}", [one.name for one in shards]) as on_progress:
            self._map(measure_shard, shards, on_progress)
        with shown(self.console, f"Observing {what}", [job.name for job in jobs]) as on_progress:
            self._map(observe, jobs, on_progress)
        if in_shards and self.store.holds_any(SHARD):
            drop_shards(asked, self.store, self.shard_images)


def _scored(
    artefacts: Sequence[Artefact | None],
    keys: Sequence[Collection[str]],
    observed: Mapping[str, Artefact | None],
) -> AttackScores:
    """The scores of one attack on several targets; keys: of the observations that each rests on."""
    facts = [one.facts for one in artefacts if one is not None]
    reasons = [one["skipped"] for one in facts if one["skipped"]]
    if reasons:
        return AttackScores([], 0.0, 0, reasons[0])
    looked = {key: one.facts for key in set().union(*keys) if (one := observed[key]) is not None}
    return AttackScores(
        [np.load(one.folder / "scores.npy") for one in artefacts if one is not None],
        sum(one["seconds"] for one in looked.values()) + sum(one["seconds"] for one in facts),
        max(sum(looked[key]["network_calls"] for key in of_job if key in looked) for of_job in keys)
        + max(one["network_calls"] for one in facts),
        None,
    )


def _shadows(planned: PlannedAttack) -> range:
    return range(len(planned.plan.shadows))
