"""Gets artefacts: takes what the store has, launches jobs for what it has not, shows how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rich.console import Console

from attacks.base import Attack
from harness.jobs import AttackJob, GeneratorJob, score, train_and_release
from harness.launch import Launcher
from harness.metrics import Floats
from harness.plan import Plan
from harness.progress import shown
from harness.store import Artefact, Store
from harness.targets import TargetSpec


class Scored(NamedTuple):
    """An attack's scores [n] on each of several targets, its compute and calls; or why it was skipped."""

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

    def attack_shadows(self, plan: Plan, attacks: Mapping[str, Attack]) -> dict[str, Scored]:
        """Every attack on every shadow."""
        numbers = range(len(plan.shadows))
        jobs = [plan.attack_shadow(attack, j) for attack in attacks.values() for j in numbers]
        artefacts = iter(self._score(jobs, "Attacking shadows"))
        return {name: _scored([next(artefacts) for _ in numbers]) for name in attacks}

    def attack_one(self, plan: Plan, attack: Attack, target: TargetSpec, what: str) -> Scored:
        """One attack on the dev or test release."""
        return _scored(self._score([plan.attack_other(attack, target)], what))

    def _score(self, jobs: list[AttackJob], title: str) -> list[Artefact]:
        found = [self.store.find("scores", job.key) for job in jobs]
        missing = [job for job, artefact in zip(jobs, found, strict=True) if artefact is None]
        with shown(self.console, title, [job.attack.name for job in missing]) as on_progress:
            made = iter(self.launcher.map(score, missing, on_progress))
        return [artefact if artefact is not None else next(made) for artefact in found]


def _scored(artefacts: list[Artefact]) -> Scored:
    reasons = [artefact.facts["skipped"] for artefact in artefacts if artefact.facts["skipped"]]
    if reasons:
        return Scored([], 0.0, 0, reasons[0])
    return Scored(
        [np.load(artefact.folder / "scores.npy") for artefact in artefacts],
        sum(artefact.facts["seconds"] for artefact in artefacts),
        max(artefact.facts["network_calls"] for artefact in artefacts),
        None,
    )
