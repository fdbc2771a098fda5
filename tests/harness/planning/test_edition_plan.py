"""Slices of an edition by patient, and the shadows in the test's own shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import TINY, write_slices
from tiny_edition import EDITION, write_edition

from harness.config.settings import composed
from harness.data.edition_release import EditionRelease
from harness.data.groups import inferred_patients
from harness.data.options import PhantomData
from harness.data.pool import load_pool
from harness.data.sources.phantom import phantom_slices
from harness.planning.make import make_plan
from harness.planning.start import with_start
from harness.store import Store


@pytest.fixture
def given(tmp_path):
    """Settings and a pool of an edition's kind: 24 slices to test, 8 of dev, 8 more."""
    settings = composed([*TINY, "data.patients=20", f"store.root={tmp_path}", "shadow.count=6"])
    pool = load_pool(PhantomData(size=16, patients=20, slices=2), Store(tmp_path))
    facts = {"role": "", "folder": None}
    test = EditionRelease(np.arange(24), None, 12, "t", **facts)
    dev = EditionRelease(np.arange(24, 32), np.arange(8) < 4, 6, "d", **facts)
    return settings, replace(pool, given={"test": test, "dev": dev})


def test_shadows_face_what_the_test_faces_and_hold_every_slice_in_half_of_them(given):
    settings, pool = given
    plan = make_plan(replace(settings, n_images=None), pool)
    for spec in plan.shadows:
        assert spec.target.view.candidates == plan.test.target.view.candidates == tuple(range(24))
        assert spec.target.view.release.n_images == plan.test.target.view.release.n_images == 12
    times_held = np.zeros(40, int)
    for job in plan.generators:
        times_held[list(job.members)] += 1
    assert set(times_held) == {3}, "candidates of dev and test and the extra slices alike"


def test_dev_is_a_plan_of_its_own_in_its_own_shape(given):
    settings, pool = given
    dev = make_plan(replace(settings, n_images=None), pool).dev
    assert {spec.target.view.candidates for spec in dev.shadows} == {tuple(range(24, 32))}
    assert {one.n_images for one in dev.releases} == {6}
    assert dev.test.truth.open().tolist() == [True] * 4 + [False] * 4


def test_alike_slices_are_of_one_patient_and_others_are_not():
    slices = phantom_slices(12, 1, 64, 0).pixels
    noise = np.random.default_rng(0).integers(-4, 5, slices.shape)
    twice = np.concatenate([slices, np.clip(slices + noise, 0, 255).astype(np.uint8)])
    found = inferred_patients(twice, [None] * 24)
    assert found[:12] == found[12:]
    assert len(set(found)) == 12
    known = inferred_patients(twice, ["anna", *[None] * 11, "anna", "bert", *[None] * 10])
    assert (known[0], known[12], known[13], known[1]) == ("anna", "anna", "bert", "bert")


@pytest.mark.parametrize("start", ["extra", "nothing"])
def test_extra_slices_of_an_edition_are_the_bases_or_the_shadows(tmp_path, images, start):
    """And in both cases nobody is asked about them, and their patients are told from those of candidates."""
    root = write_edition(tmp_path / "clef", images)
    write_slices(tmp_path / "more", images(4, 16, 55), "more_{:02d}.png")
    rows = "".join(f"more_{number:02d}.png,anna\n" for number in range(1, 5))
    (tmp_path / "more" / "metadata.csv").write_text(f"file_name,patient_id\n{rows}")
    words = [*EDITION, "data.group=inferred", f"data.root={root}", f"data.extra={tmp_path / 'more'}"]
    settings = composed([*words, f"shadow.start={start}", f"store.root={tmp_path / 'store'}", "shadow.count=4"])
    pool = load_pool(settings.data, Store(settings.store_root), extra_apart=settings.start.learns_extra)
    extra = {place for place, name in enumerate(pool.ids) if name.startswith("extra/")}
    assert len(extra) == 4
    assert {pool.patient_ids[place] for place in extra} == {"extra/anna"}
    settings, base = with_start(settings, pool)
    plan = make_plan(settings, pool)
    learnt = {place for job in plan.generators for place in job.members}
    asked = set(plan.test.candidates.tolist()) | set(plan.dev.test.candidates.tolist())
    assert not asked & extra
    assert extra <= learnt if start == "nothing" else not extra & learnt
    assert (base is None) == (start == "nothing")
    if base is not None:
        assert set(base.jobs[-1].members) == extra
        assert {pool.ids[place] for place in plan.test.candidates} == {f"real_unknown_{n:04d}" for n in range(1, 13)}
    assert plan.shadows[0].target.view.digests == tuple(pool.digests[place] for place in plan.test.candidates)
