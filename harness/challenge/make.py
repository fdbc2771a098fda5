"""A simulated challenge: hidden members, a generator trained on them, and what participants are handed.

One generator learns the members of dev and test together and releases the images of both parts, as one challenge's
organisers would; who was used is known for dev, and for the test lies in `truth.csv` alone.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console

from attacks.base import Images
from harness.artefact import damage, digests
from harness.bounded import read_json
from harness.challenge.facts_shape import Candidates, ChallengeFacts, Decided, Made, OfReleases
from harness.challenge.options import ChallengeSettings
from harness.challenge.split import Split, split_patients
from harness.cli import tell
from harness.config.checks import taken_places
from harness.data.groups import inferred_patients
from harness.data.png import grey_png
from harness.data.pool import Pool, load_pool
from harness.data.reading import source_of
from harness.errors import HarnessWarning, InputError
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.making import make_launcher
from harness.jobs.targets import images_of
from harness.places import check_folder, shown
from harness.planning.start import plan_base
from harness.seeds import rng_of, seed_of
from harness.store import Store, content_key
from harness.store.mirror import known_and_checked
from harness.writing import replaced_folder, write_durably

SCHEMA: Literal[2] = 2
FACTS, TRUTH, CHALLENGE, EXTRA = "challenge.json", "truth.csv", "challenge", "extra"
_MOST_FACTS_BYTES = 64_000_000
_OLDER = {"start": None, "more_members": 0}  # what older versions did not write


def make_challenge(settings: ChallengeSettings, console: Console) -> Path:
    """Train the generator (from the store, where it is there), write the folder, and return it.

    A folder that holds this very challenge, as it was written, is left as it is. Raises InputError for one that holds
    anything else, before any work, and for a place that cannot be written to.
    """
    check_folder("out=", settings.out, taken_places(settings.store_root, settings.data))
    with known_and_checked(settings.store_root, settings.elsewhere, partial(tell, console, "Note:", "yellow")):
        return _made_challenge(settings, console)


def _made_challenge(settings: ChallengeSettings, console: Console) -> Path:
    decided = _decided(settings)
    is_there(settings.out, decided)
    store = Store(settings.store_root, settings.verify_store)
    pool = _with_patients(load_pool(settings.data, store, extra_apart=settings.start.learns_extra))
    split = split_patients(pool, settings.dev.patients, settings.test.patients, settings.seed, settings.more_members)
    base = plan_base(settings.start, settings.recipe, pool, settings.store_root, settings.seed)
    job = replace(_generator(settings, pool, split), start=None if base is None else base.key)
    made = _made(decided, pool, split, job)
    if is_there(settings.out, made):
        return settings.out
    with closing(make_launcher(settings.launch, settings.device, store)) as launcher:
        executor = Executor(store, launcher, console)
        executor.prepare(base.jobs if base is not None else [])
        executor.train([job])
    released = images_of(job.release(job.n_images), store)
    with replaced_folder(settings.out) as beside:
        _write(beside, settings, pool, split, released)
        facts = ChallengeFacts(**vars(made), files=digests(beside))
        write_durably(beside / FACTS, json.dumps(asdict(facts), indent=1) + "\n")
        is_there(settings.out, made)  # hours went by: what was put there meanwhile is not ours to replace
    return settings.out


def _with_patients(pool: Pool) -> Pool:
    """The pool, where nobody says whose slices are whose with groups of alike slices as patients: see `groups`."""
    if any(pool.patient_ids[place] != pool.ids[place] for place in pool.taken):
        return pool
    extra = set(pool.extra.tolist())
    groups = inferred_patients(
        pool.pixels, [patient if place in extra else None for place, patient in enumerate(pool.patient_ids)]
    )
    n_groups = len({groups[place] for place in pool.taken})
    text = (
        f"Nobody says whose slices are whose: {len(pool)} slices fall into {n_groups} groups that look "
        f"alike, and each counts as a patient, also in {TRUTH}."
    )
    warnings.warn(HarnessWarning(text), stacklevel=3)
    return replace(pool, patient_ids=groups)


def _generator(settings: ChallengeSettings, pool: Pool, split: Split) -> GeneratorJob:
    return GeneratorJob(
        store_root=str(settings.store_root),
        name="the challenge's generator",
        pool_key=pool.key,
        members=tuple(map(int, split.members)),
        digests=tuple(pool.digests[place] for place in split.members),
        recipe=settings.recipe,
        seed=seed_of(settings.seed, "challenge", "generator"),
        n_images=settings.dev.n_images + settings.test.n_images,
    )


def _decided(settings: ChallengeSettings) -> Decided:
    """What options and data decide of `challenge.json`, before anything is read into the store."""
    identity = source_of(settings.data, Store(settings.store_root)).identity
    return Decided(
        schema=SCHEMA,
        edition=settings.edition.name,
        seed=settings.seed,
        data=content_key(per_patient=settings.data.per_patient, **identity),
        recipe=settings.recipe.identity(),
        start=settings.start.name if settings.start.warm else None,
        patients=OfReleases(settings.dev.patients, settings.test.patients),
        more_members=settings.more_members or 0,
        generated=OfReleases(settings.dev.n_images, settings.test.n_images),
    )


def _made(decided: Decided, pool: Pool, split: Split, job: GeneratorJob) -> Made:
    """What `challenge.json` says besides the digests of its files: what decides it, and how large the parts are."""
    return Made(
        **vars(decided),
        generator=job.key,
        slices=content_key(digests=[pool.digests[place] for place in split.everything]),
        members=len(split.members),
        dev=Candidates(len(split.dev_used), len(split.dev_not_used)),
        test=Candidates(int(split.member.sum()), int((~split.member).sum())),
        extra=len(split.extra),
    )


def is_there(out: Path, facts: Decided) -> bool:
    """Whether `out` holds a challenge of these facts, whole; InputError where it holds something else."""
    given = f"out={shown(out)}"
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        told = read_json(out / FACTS, _MOST_FACTS_BYTES, given, links=False)
    except InputError:
        told = None
    wanted = json.loads(json.dumps(asdict(facts)))
    if not isinstance(told, dict) or any((_OLDER | told).get(name) != value for name, value in wanted.items()):
        raise InputError(f"{given} holds something other than this challenge; give a new or an empty folder.")
    files = told.get("files")
    changed = damage(out, files) if isinstance(files, dict) else [FACTS]
    if changed:
        raise InputError(
            f"{given} holds this challenge, but not as it was written ({shown(changed[0])}); give a new or an empty "
            "folder."
        )
    return True


def _write(out: Path, settings: ChallengeSettings, pool: Pool, split: Split, released: Images) -> None:
    """The folders that participants get, and beside them the extra slices and the truth."""
    n_dev = settings.dev.n_images
    by_role = {
        "dev_generated": released[:n_dev],
        "dev_used": pool.pixels[split.dev_used],
        "dev_not_used": pool.pixels[split.dev_not_used],
        "test_generated": released[n_dev:],
        "test_candidates": pool.pixels[split.test],
    }
    for role, images in by_role.items():
        leaf = settings.edition.leaves[role]
        _write_images(out / CHALLENGE / role.split("_")[0] / leaf.folders[0], images, leaf.ids(len(images)))
    ids = settings.edition.leaves["test_candidates"].ids(len(split.test))
    neutral = neutral_names([pool.patient_ids[place] for place in split.everything], settings.seed)
    truth = [
        (name, int(used), neutral[pool.patient_ids[place]])
        for name, used, place in zip(ids, split.member, split.test, strict=True)
    ]
    _write_table(out / TRUTH, ("id", "used", "patient_id"), truth)
    names = [f"extra_{number:04d}" for number in range(1, len(split.extra) + 1)]
    if names:
        _write_images(out / EXTRA, pool.pixels[split.extra], names)
        rows = [
            (f"{name}.png", neutral[pool.patient_ids[place]]) for name, place in zip(names, split.extra, strict=True)
        ]
        _write_table(out / EXTRA / "metadata.csv", ("file_name", "patient_id"), rows)


def neutral_names(patients: Sequence[str], seed: int) -> dict[str, str]:
    """For each patient a number in random order: a hospital's ids stay with it, and no id of its can be a formula."""
    shuffled = rng_of(seed, "challenge", "names").permutation(np.unique(patients))
    return {str(patient): f"patient_{number:04d}" for number, patient in enumerate(shuffled, start=1)}


def _write_images(folder: Path, images: Images, names: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    for name, image in zip(names, images, strict=True):
        (folder / f"{name}.png").write_bytes(grey_png(image))


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
