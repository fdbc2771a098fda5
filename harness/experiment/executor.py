"""Gets artefacts: takes what the store has, launches jobs for what it has not, shows how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rich.console import Console

from attacks.base import Attack
from attacks.observing import ObservingAttack
from harness.errors import InputError
from harness.evaluation.metrics import Floats
from harness.jobs.launch import Launcher
from harness.jobs.observations import FILE, observable, observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.progress import shown
from harness.jobs.score import AttackJob, score
from harness.jobs.targets import TargetSpec, ViewSpec
from harness.jobs.train import GeneratorJob, SurrogateJob, train_and_release, train_surrogate
from harness.planning.planned_attack import Contender
from harness.store import Artefact, Store


class Scored(NamedTuple):
    """An attack's scores [n] on each of several targets, its compute and calls; or why it was skipped.

    seconds: over all targets, every observation counted once; network_calls: a candidate and target, those of
    the references included, shared or not.
    """

    scores: list[Floats]
    seconds: float
    network_calls: int
    skipped: str | None


@dataclass(frozen=True)
class Crew:
    """The store, the launcher and the console of one run."""

    store: Store
    launcher: Launcher
    console: Console

    def train(self, jobs: list[GeneratorJob]) -> None:
        """Train every generator and draw every release that the store does not hold."""
        missing = [
            job
            for job in jobs
            if self.store.find("release", job.release_key) is None or self.store.find("generator", job.key) is None
        ]
        with shown(self.console, "Training generators", [job.name for job in missing]) as on_progress:
            self.launcher.map(train_and_release, missing, on_progress)

    def train_surrogates(self, jobs: Sequence[SurrogateJob]) -> None:
        """Train every surrogate that the store does not hold."""
        missing = [job for job in jobs if self.store.find("generator", job.key) is None]
        with shown(self.console, "Training surrogates", [job.name for job in missing]) as on_progress:
            self.launcher.map(train_surrogate, missing, on_progress)

    def attack_shadows(self, contenders: Iterable[Contender], what: str = "shadows") -> dict[str, Scored]:
        """Every contender on every shadow, by label."""
        return self._attack(
            {c.label: [c.plan.attack_shadow(c.attack, j) for j in range(len(c.plan.shadows))] for c in contenders},
            what,
        )

    def attack_wrong_targets(self, contenders: Iterable[Contender]) -> dict[str, Scored]:
        """Every contender with its knowledge about each shadow, but before another generator."""
        return self._attack(
            {
                c.label: [c.plan.attack_wrong_target(c.attack, j) for j in range(len(c.plan.shadows))]
                for c in contenders
            },
            "wrong targets",
        )

    def attack_test(self, contender: Contender, what: str = "the test release") -> Scored:
        """One contender on the release that its plan is about."""
        plan = contender.plan
        return self._attack({contender.label: [plan.attack_other(contender.attack, plan.test.target)]}, what)[
            contender.label
        ]

    def among_candidates(self, contender: Contender) -> Floats | None:
        """Its scores [n] with the plan's other candidates in the release's place; None where it has none."""
        attack = contender.attack
        if not isinstance(attack, ObservingAttack) or not attack.compares_reals:
            return None
        view = contender.plan.test.target.view._replace(release=None, generator=None)
        key = observation_key(attack, view)
        if self.store.find("observation", key) is None:
            job = ObserveJob(str(self.store.root), "candidates", view, (attack,))
            try:
                self.launcher.here(observe, [job], lambda message: None)
            except InputError:  # say k neighbours of fewer candidates: the release has them, so the attack goes on
                return None
        found = self.store.find("observation", key)
        return None if found is None else attack.signal(np.load(found.folder / FILE))

    def _attack(self, jobs: Mapping[str, Sequence[AttackJob]], what: str) -> dict[str, Scored]:
        every = [job for of_attack in jobs.values() for job in of_attack]
        unique = {job.key: job for job in every}
        found = {key: self.store.find("scores", key) for key in unique}
        missing = {key: job for key, job in unique.items() if found[key] is None}
        self._observe((pair for job in missing.values() for pair in _looks(job)), what)
        names = [job.attack.name for job in missing.values()]
        with shown(self.console, f"Attacking {what}", names) as on_progress:
            made = self.launcher.map(score, list(missing.values()), on_progress)
        found |= dict(zip(missing, made, strict=True))
        return {name: self._scored(of_attack, found) for name, of_attack in jobs.items()}

    def _observe(self, wanted: Iterable[tuple[ObservingAttack, ViewSpec]], what: str) -> None:
        """Make the observations that the store does not hold, a job a generator and its candidates."""
        missing: dict[ViewSpec, dict[str, ObservingAttack]] = {}
        for attack, view in wanted:
            key = observation_key(attack, view)
            if key not in missing.get(view, {}) and self.store.find("observation", key) is None:
                missing.setdefault(view, {})[key] = attack
        root = str(self.store.root)
        jobs = [
            ObserveJob(root, f"{what} {number}", view, tuple(attacks.values()))
            for number, (view, attacks) in enumerate(missing.items(), start=1)
        ]
        with shown(self.console, f"Observing {what}", [job.name for job in jobs]) as on_progress:
            self.launcher.map(observe, jobs, on_progress)

    def _scored(self, jobs: Sequence[AttackJob], found: Mapping[str, Artefact | None]) -> Scored:
        artefacts = [found[job.key] for job in jobs]
        facts = [one.facts for one in artefacts if one is not None]
        reasons = [one["skipped"] for one in facts if one["skipped"]]
        if reasons:
            return Scored([], 0.0, 0, reasons[0])
        keys = [{observation_key(*pair) for pair in _looks_at(job.attack, job.target)} for job in jobs]
        looked = {key: self.store.find("observation", key) for key in set().union(*keys)}
        observed = {key: one.facts for key, one in looked.items() if one is not None}
        return Scored(
            [np.load(one.folder / "scores.npy") for one in artefacts if one is not None],
            sum(one["seconds"] for one in observed.values()) + sum(one["seconds"] for one in facts),
            max(sum(observed[key]["network_calls"] for key in of_job if key in observed) for of_job in keys)
            + max(one["network_calls"] for one in facts),
            None,
        )


def _looks(job: AttackJob) -> list[tuple[ObservingAttack, ViewSpec]]:
    """What a job will ask its target, and the targets it is fitted on, to have observed."""
    targets = (job.target, *(one.target for one in job.fit))
    return [pair for target in targets for pair in _looks_at(job.attack, target)]


def _looks_at(attack: Attack, target: TargetSpec) -> list[tuple[ObservingAttack, ViewSpec]]:
    return [
        (observer, view)
        for observer in attack.observers()
        for view in (target.view, *(one.view for one in target.references if observer.observes_references))
        if observable(observer, view)
    ]
