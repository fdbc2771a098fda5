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
from harness.evaluation.records import SCHEMA
from harness.finished.manifest_shape import BaseFacts, Facts, FolderFacts, GeneratorFacts, Hardware
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
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        hardware=Hardware(platform.machine(), platform.system(), len(os.sched_getaffinity(0))),
        seed=outcome.settings.seed,
        pool=outcome.pool.key,
        folders=[FolderFacts(**one) for one in outcome.pool.accounts],
        base=_base(outcome),
        generators=generators,
        warnings=remarks,
        broken_plugins={name: _kind_of(why) for name, why in found_so_far().broken.items()},
    )
    return asdict(facts)


def _base(outcome: Outcome) -> BaseFacts | None:
    start = outcome.settings.start
    if not start.warm:
        return None
    learnt = len(outcome.pool.extra) if start.learns_extra else None
    return BaseFacts(start.name, outcome.settings.base_key, learnt)


def _kind_of(why: str) -> str:
    """What went wrong, without the message: that may name files of this machine."""
    return why.strip().splitlines()[-1].partition(":")[0]
