"""The job that scores: one attack on one target, from what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attacks.base import Attack, LabelledTarget
from harness.errors import InputError
from harness.jobs.building import build_target
from harness.jobs.code_digest import code_digest, network_digest
from harness.jobs.memory import for_want_of_memory
from harness.jobs.scored import scored
from harness.jobs.targets import TargetSpec, ViewSpec, candidates_key
from harness.jobs.work import Work
from harness.store import Artefact, Store, content_key
from harness.writing import save_array

SCHEMA = 2
_MORE = "Plan shadow.count=6, or 8 where a calibration takes two references on either side."


class FitSpec(NamedTuple):
    """A shadow target to fit on, with its members (numbers 0..n-1 of its candidates)."""

    target: TargetSpec
    members: tuple[int, ...]


@dataclass(frozen=True)
class AttackJob:
    """One attack on one target; `fit` holds the shadow targets it may learn from, never the one it judges."""

    store_root: str
    attack: Attack
    target: TargetSpec
    fit: tuple[FitSpec, ...]

    @property
    def key(self) -> str:
        """The scores' key: the attack's name, options and code, and everything that decides the target."""
        observers = {type(one).__module__ for one in self.attack.observers()} | {type(self.attack).__module__}
        asked = [self.attack.needs, *(one.observes for one in self.attack.observers())]
        network = [network_digest()] if any(access.of_model for access in asked) else []
        fits = [[_identity(spec.target), list(spec.members)] for spec in self.fit] if self.attack.learns else []
        return content_key(
            stage="scores",
            schema=SCHEMA,
            attack=self.attack.name,
            options=asdict(self.attack),  # type: ignore[call-overload]  # every attack is a dataclass
            observers=[one.observation() for one in self.attack.observers()],
            code=[*sorted(code_digest(module) for module in observers), *network],
            target=_identity(self.target),
            fit=fits,
        )


def score(job: AttackJob, work: Work) -> Artefact:
    """Score the target; the artefact holds `scores.npy`, or only the reason why the attack was skipped."""
    store = Store(Path(job.store_root))
    try:
        return store.get("scores", job.key, lambda folder: _score(job, store, folder, work))
    except (InputError, OSError):
        raise
    except Exception as error:  # somebody's attack with a slip in it: its row says so, and nothing is kept
        if for_want_of_memory(error):
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())
        return Artefact(Path(), {"skipped": f"it is broken: {told}"}, 0.0)


def _score(job: AttackJob, store: Store, folder: Path, work: Work) -> Mapping[str, Any]:
    attack, target = job.attack, build_target(job.target, store, work.device)
    known = [_labelled(spec, store, work) for spec in job.fit] if attack.learns else []
    found = scored(attack, target, known, _MORE)
    if found.scores is None:
        return {"skipped": found.skipped}
    save_array(folder / "scores.npy", found.scores)
    return {"skipped": None, "seconds": found.seconds, "network_calls": found.network_calls}


def _labelled(spec: FitSpec, store: Store, work: Work) -> LabelledTarget:
    target = build_target(spec.target, store, work.device)
    return LabelledTarget(target, np.isin(np.arange(len(target.ids)), np.array(spec.members, int)))


def _identity(spec: TargetSpec) -> list[Any]:
    def seen(view: ViewSpec) -> list[Any]:
        return [candidates_key(view), view.release, view.generator]

    part = [] if spec.part is None else [list(spec.part)]
    return [seen(spec.view), [[seen(one.view), one.held] for one in spec.references], *part]
