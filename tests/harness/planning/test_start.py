"""The base of a plan: what it is made of, whose key it is part of, and what it must not have seen."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from tiny import TINY, write_slices

from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.data.sources.phantom import phantom_slices
from harness.errors import InputError
from harness.jobs.generators import GeneratorJob
from harness.jobs.saved import SavedGenerator
from harness.planning.make import make_plan
from harness.planning.start import with_start
from harness.planning.surrogates import surrogate_jobs
from harness.planning.trials import recipes_tried
from harness.store import Store
from shadow_models.fine_tuning import BASE_BATCH, BASE_RATE, base_steps


def folder_of(root, pixels, patients, name="slice_{:03d}.png"):
    write_slices(root, pixels, name)
    with (root / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "patient_id"])
        rows.writerows([name.format(i + 1), patient] for i, patient in enumerate(patients))
    return root


@pytest.fixture(scope="module")
def cohort():
    """40 slices of 20 patients, and as many of 20 others, 64 px."""
    slices = phantom_slices(40, 2, 64, seed=5)
    return slices.pixels, [patient.replace("phantom", "p") for patient in slices.patient_ids]


@pytest.fixture
def planned(tmp_path, cohort):
    """`planned(extra pixels, their patients, *options)`: settings, base and pool of a folder with extra slices."""
    pixels, patients = cohort
    root = folder_of(tmp_path / "pool", pixels[:40], patients[:40])

    def plan(extra, people, *words):
        folder = folder_of(tmp_path / "extra", extra, people, "other_{:03d}.png")
        settings = composed(
            ["data=folder", f"data.root={root}", f"data.extra={folder}", f"store.root={tmp_path / 'store'}", *words]
        )
        pool = load_pool(settings.data, Store(settings.store_root), extra_apart=True)
        return *with_start(settings, pool), pool

    return plan


def test_every_training_of_a_plan_starts_from_the_base_and_has_it_in_its_key(tmp_path):
    settings = composed([f"store.root={tmp_path}"])
    pool = load_pool(settings.data, Store(tmp_path))
    settings, base = with_start(settings, pool)
    assert [type(job) for job in base.jobs] == [SavedGenerator]
    plan = make_plan(settings, pool)
    of_test = replace(pool, given={"test": None})
    trials = recipes_tried(replace(settings, match_steps=[0.5, 1.0], n_images=2), of_test)
    jobs = [*plan.generators, *surrogate_jobs(settings, plan), *(trial.job for trial in trials)]
    assert {job.start for job in jobs} == {base.key}
    for job in jobs:
        assert len({job.key, replace(job, start=None).key, replace(job, start="another").key}) == 3


def test_the_extra_slices_make_a_base_on_top_of_the_phantoms_and_nobody_is_asked_about_them(planned, cohort):
    pixels, patients = cohort
    settings, base, pool = planned(pixels[40:], patients[40:], "shadow.base_steps=77")
    saved, job = base.jobs
    assert isinstance(saved, SavedGenerator)
    assert isinstance(job, GeneratorJob)
    assert (job.start, base.key, job.n_images) == (saved.key, job.key, 0)
    assert (job.recipe.steps, job.recipe.batch, job.recipe.learning_rate) == (77, BASE_BATCH, BASE_RATE)
    learnt = pool.pixels[list(job.members)]
    assert sorted(map(bytes, learnt)) == sorted(map(bytes, pixels[40:]))
    plan = make_plan(settings, pool)
    asked = {place for spec in plan.shadows for place in spec.candidates.tolist()}
    members = {place for one in plan.generators for place in one.members}
    assert not (asked | members) & set(job.members)
    assert asked == members == set(pool.taken.tolist())


def test_slices_that_are_not_taken_of_a_patient_are_nobodys_and_still_shared(planned, cohort):
    pixels, patients = cohort
    _, base, pool = planned(pixels[40:], patients[40:], "data.per_patient=1")
    assert len(pool) == 20
    assert not set(pool.taken.tolist()) & set(pool.extra.tolist())
    assert len(base.jobs[-1].members) == 40
    left_out = next(place for place in range(40) if place not in pool.taken)
    with pytest.raises(InputError, match="look like"):
        planned(np.concatenate([pixels[40:79], pixels[left_out][None]]), patients[40:], "data.per_patient=1")


def test_a_pool_whose_extra_slices_the_shadows_learn_makes_no_base(planned, cohort):
    pixels, patients = cohort
    settings, _, _ = planned(pixels[40:], patients[40:])
    with pytest.raises(ValueError, match="setting its extra slices apart"):
        with_start(settings, load_pool(settings.data, Store(settings.store_root)))


def test_a_plan_without_its_base_is_not_made(tmp_path):
    settings = composed([f"store.root={tmp_path}"])
    with pytest.raises(ValueError, match="was not asked for the base"):
        make_plan(settings, load_pool(settings.data, Store(tmp_path)))


def test_few_extra_slices_are_learnt_for_fewer_steps(planned, cohort):
    pixels, patients = cohort
    assert planned(pixels[40:], patients[40:])[1].jobs[-1].recipe.steps == 32 * 40 / BASE_BATCH
    assert (base_steps(1), base_steps(731), base_steps(10**6)) == (2, 1462, 1500)


def test_another_extra_is_another_base(planned, cohort):
    pixels, patients = cohort
    keys = {planned(pixels[40:n], patients[40:n])[1].key for n in (80, 78)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("shared", "told"),
    [
        ("patient", r"2 of the 40 slices .*\(2 of a patient who is asked about; a slice"),
        (
            "pixels",
            r"6 of the 40 slices .*\(3 equal .*, 3 look like .*, 3 of the same extra .*: those of p_",
        ),
        ("looks", r"6 of the 40 slices .*\(3 look like .*, 3 of the same extra patients"),
        ("mirrored", r"6 of the 40 slices .*\(3 look like .*, 3 of the same extra patients"),
    ],
)
def test_extra_slices_that_are_candidates_own_are_refused_with_their_count(planned, cohort, shared, told):
    pixels, patients = cohort
    extra, people = pixels[40:].copy(), list(patients[40:])
    if shared == "patient":
        people = [patients[0].upper() if one == people[0] else one for one in people]
    if shared == "pixels":  # of three patients, each with a second slice
        extra[:6:2] = pixels[:6:2]
    if shared == "looks":
        extra[:6:2] = np.clip(pixels[:6:2].astype(int) + 3, 0, 255)
    if shared == "mirrored":
        extra[:6:2] = pixels[:6:2, :, ::-1]
    with pytest.raises(InputError, match=told):
        planned(extra, people)


def test_slices_whose_patients_nobody_names_are_not_one_patient_for_their_file_names(tmp_path, cohort):
    pixels, _ = cohort
    write_slices(tmp_path / "pool", pixels[:40])
    write_slices(tmp_path / "extra", pixels[40:])
    folders = [f"data.root={tmp_path / 'pool'}", f"data.extra={tmp_path / 'extra'}"]
    settings = composed(["data=folder", *folders, f"store.root={tmp_path / 'store'}"])
    pool = load_pool(settings.data, Store(settings.store_root), extra_apart=True)
    assert len(set(pool.ids)) == len(pool.ids) == 80
    assert with_start(settings, pool)[1] is not None


def test_a_network_that_the_phantoms_base_does_not_fit_learns_the_extra_slices_from_nothing(planned, cohort):
    pixels, patients = cohort
    _, base, _ = planned(pixels[40:], patients[40:], "shadow.channels=[8,16]")
    (job,) = base.jobs
    assert job.start is None


def test_at_a_size_of_its_own_there_is_no_base(tmp_path):
    settings = composed([*TINY, f"store.root={tmp_path}"])
    assert with_start(settings, load_pool(settings.data, Store(tmp_path)))[1] is None
