"""`manifest.json`: what made a run's folder, so that it can be made again, and the digest of every file in it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from attacks.registry import found_so_far
from harness.config.public_options import public_command
from harness.data.pool import Pool
from harness.data.same_slices import same_slices
from harness.evaluation.records import SCHEMA
from harness.finished.manifest_shape import (
    BaseFacts,
    Facts,
    FolderFacts,
    GeneratorFacts,
    Hardware,
    PatientFacts,
    SlicesFacts,
)
from harness.pipeline import Outcome
from harness.run.source_commit import commit
from harness.source_digest import source_digest

_PACKAGES = (
    "accelerate", "diffusers", "hydra-core", "jinja2", "matplotlib", "numba", "numpy", "pillow", "scikit-learn",
    "scipy", "torch",
)  # fmt: skip


def facts_of(outcome: Outcome, remarks: list[str]) -> dict[str, Any]:
    """The manifest but for the files: command, commit, a hash of the source, versions, hardware, seeds and keys.

    JSON values.
    """
    withheld = outcome.plan.generators[-1] if outcome.plan.test.truth is not None else None
    generators = [
        GeneratorFacts(job.name, job.key, job.release_key, job.seed, None if job is withheld else len(job.members))
        for job in outcome.plan.generators
    ]
    facts = Facts(
        schema=SCHEMA,
        family=outcome.settings.recipe.name,
        recipe_schema=outcome.settings.recipe.schema,
        command=["python", "-m", "harness.run", *public_command(sys.argv[1:], outcome.settings.echo)],
        commit=commit(),
        source=source_digest(),
        versions=versions(),
        hardware=hardware(),
        seed=outcome.settings.seed,
        pool=outcome.pool.key,
        slices=_slices(outcome.pool),
        folders=[FolderFacts(**one) for one in outcome.pool.accounts],
        base=_base(outcome),
        generators=generators,
        warnings=remarks,
        broken_plugins={name: _kind_of(why) for name, why in found_so_far().broken.items()},
    )
    return asdict(facts)


def versions() -> dict[str, str]:
    """Of Python and of the packages on which results hang."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def hardware() -> Hardware:
    """This machine, as far as it is told."""
    return Hardware(platform.machine(), platform.system(), len(os.sched_getaffinity(0)))


def _slices(pool: Pool) -> SlicesFacts:
    """No list of patients where their ids are names of files or from metadata: they need no second place."""
    same = same_slices(pool)
    told = same.patients if pool.salted else None
    patients = None if told is None else [PatientFacts(one.patient, list(one.slices)) for one in told]
    return SlicesFacts(same.digest, patients)


def _base(outcome: Outcome) -> BaseFacts | None:
    start = outcome.settings.start
    if not start.warm:
        return None
    learnt = len(outcome.pool.extra) if start.learns_extra else None
    return BaseFacts(start.name, outcome.settings.base_key, learnt)


def _kind_of(why: str) -> str:
    """What went wrong, without the message: that may name files of this machine."""
    return why.strip().splitlines()[-1].partition(":")[0]
