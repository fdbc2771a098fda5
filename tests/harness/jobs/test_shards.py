"""Shards of a release: each reads its own images alone, and is made once, kept for a while and put together."""

from __future__ import annotations

import errno
import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attacks.carlini import RelativeDistance
from attacks.knn import NearestNeighbour
from attacks.loss import DenoisingLoss
from attacks.mc import MonteCarlo
from attacks.mosaic import Mosaic
from attacks.real_ratio import RealRatio
from attacks.ssim import StructuralSimilarity
from attacks.view import View
from harness.config.launch_options import SlurmLaunch
from harness.errors import AsAsked, HarnessWarning, InputError
from harness.jobs import shards, targets
from harness.jobs.launchers.slurm.launcher import SlurmLauncher
from harness.jobs.looks import missing_shards, not_mirrored, observing_jobs
from harness.jobs.observations import FILE, observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.shards import KIND, Rows, ShardJob, measure_shard, rows_of
from harness.jobs.targets import ReleaseSpec, ViewSpec
from harness.jobs.whole import Whole
from harness.jobs.work import Work
from harness.store import Store
from harness.store.elsewhere import Elsewhere, known

RNG = np.random.default_rng(0)
SLICES, RELEASED = (RNG.integers(0, 256, (n, 16, 16), dtype=np.uint8) for n in (6, 23))
RELEASED[3:6], RELEASED[17], RELEASED[22] = SLICES[1], SLICES[4], RELEASED[0]
RELEASE = ReleaseSpec("release", "r", "images.npy", len(RELEASED))
VIEW = ViewSpec("p", (5, 0, 2, 4, 1), ("ee", "aa", "cc", "dd", "bb"), RELEASE, None)
ATTACKS = (NearestNeighbour(k=5), StructuralSimilarity(), Mosaic(across=4), RealRatio(), RelativeDistance())
WORK = Work("cpu", lambda *told: None)


@pytest.fixture
def store(tmp_path) -> Store:
    return filled(tmp_path / "store")


def filled(root: Path) -> Store:
    store = Store(root)
    store.get("pool", "p", lambda folder: np.save(folder / "pixels.npy", SLICES) or {})
    store.get("release", "r", lambda folder: np.save(folder / "images.npy", RELEASED) or {})
    return store


def job_of(store: Store, shard_images: int | None = 7, view: ViewSpec = VIEW) -> ObserveJob:
    return ObserveJob(str(store.root), "shadows 1", view, ATTACKS, shard_images)


def observed(store: Store, view: ViewSpec = VIEW) -> dict[str, bytes]:
    return {
        one.name: (store.folder("observation", observation_key(one, view)) / FILE).read_bytes() for one in ATTACKS
    }


def left(store: Store, kind: str = KIND) -> list[str]:
    return sorted(path.name for path in (store.root / kind).glob("*"))


def test_shards_may_be_done_anywhere(tmp_path, store, launcher):
    whole, job = filled(tmp_path / "whole"), job_of(store)
    observe(job_of(whole, None), WORK)
    launcher.map(measure_shard, job.shards, lambda message: None)
    assert len(left(store)) == 3 * 4
    launcher.map(observe, [job], lambda message: None)
    assert observed(store) == observed(whole)
    assert left(store) == []


@pytest.mark.parametrize("takes", ["trainings", "observing"])
def test_slurm_takes_shards_where_it_takes_observing(store, takes):
    pytest.importorskip("submitit")
    slurm = SlurmLauncher(SlurmLaunch(dry=True, takes=takes, here=0), "cpu", store)
    with pytest.raises(AsAsked, match="4 jobs are written") if takes == "observing" else nullcontext():
        slurm.map(measure_shard, job_of(store).shards, lambda message: None)
    assert len(left(store)) == (0 if takes == "observing" else 3 * 4)


@pytest.mark.parametrize("n_images", [len(RELEASED), 15])  # all of it, and a part
@pytest.mark.parametrize("shard_images", [1, 3, 4, 7, 14])
def test_observations_are_the_same_bytes_and_nothing_of_shards_is_left(tmp_path, store, shard_images, n_images):
    view = VIEW._replace(release=RELEASE._replace(n_images=n_images))
    whole = filled(tmp_path / "whole")
    observe(job_of(whole, None, view), WORK)
    job = job_of(store, shard_images, view)
    for shard in job.shards:
        measure_shard(shard, WORK)
    assert len(left(store)) == 3 * len(job.shards)  # knn, ssim, mosaic; real_ratio has the distances of knn
    observe(job, WORK)
    assert observed(store, view) == observed(whole, view)
    assert left(store) == []
    assert left(store, "observation") == left(whole, "observation")


def test_a_shard_reads_its_own_images_alone(store, monkeypatch):
    seen: list[np.ndarray] = []
    monkeypatch.setattr(shards, "View", lambda candidates, release: seen.append(release) or View(candidates, release))
    every = job_of(store).shards
    for shard in every:
        measure_shard(shard, WORK)
    assert all(isinstance(release, np.memmap) for release in seen)
    assert [release.tobytes() for release in seen] == [RELEASED[slice(*one.rows)].tobytes() for one in every]


@pytest.mark.parametrize("looks_at_all", [False, True])
def test_the_release_is_read_whole_where_an_attack_looks_at_all_of_it_and_only_there(
    store, monkeypatch, looks_at_all
):
    part = VIEW._replace(release=RELEASE._replace(n_images=15))
    job = replace(job_of(store, 4, part), attacks=ATTACKS if looks_at_all else ATTACKS[:-1])
    for shard in job.shards:
        measure_shard(shard, WORK)
    images_of, read = targets.images_of, []
    monkeypatch.setattr(targets, "images_of", lambda *told: read.append(told[2:]) or images_of(*told))
    observe(job, WORK)
    assert read == ([()] if looks_at_all else [])
    assert len(left(store, "observation")) == len(job.attacks)


def test_of_a_part_of_a_release_a_shard_has_the_same_images_as_the_whole(store):
    part = RELEASE._replace(n_images=15)
    whole = targets.images_of(part, store)
    rows = rows_of(15, 4)
    assert np.array_equal(np.concatenate([targets.images_of(part, store, slice(*one)) for one in rows]), whole)


@pytest.mark.parametrize(("n_images", "most"), [(10, 3), (10, 10), (10, 1), (1_000_001, 1000), (7, 6)])
def test_shards_cover_a_release_and_are_alike_in_size(n_images, most):
    rows = rows_of(n_images, most)
    sizes = [last - first for first, last in rows]
    assert [one.first for one in rows[1:]] == [one.last for one in rows[:-1]]
    assert (rows[0].first, rows[-1].last) == (0, n_images)
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert len(rows) == -(-n_images // most)


@pytest.mark.parametrize("view", [VIEW, VIEW._replace(release=None)])
def test_what_is_not_larger_has_no_shards(store, view):
    assert job_of(store, None, view).shards == []
    assert job_of(store, len(RELEASED), view).shards == []
    if view.release is None:
        assert job_of(store, 1, view).shards == []  # candidates among themselves


def test_attacks_that_look_at_all_have_no_shards(store):
    assert ObserveJob(str(store.root), "", VIEW, (RelativeDistance(),), 5).shards == []
    assert [type(one) for one in job_of(store).shards[0].attacks] == [type(one) for one in ATTACKS[:-1]]


def test_only_what_is_missing_is_to_be_done(store):
    job = job_of(store)
    every = missing_shards([job, job], store)
    assert [shard.rows for shard in every] == [Rows(0, 5), Rows(5, 11), Rows(11, 17), Rows(17, 23)]
    assert [shard.name for shard in every][:2] == ["shadows 1, images 0 to 4", "shadows 1, images 5 to 10"]
    measure_shard(every[1], WORK)
    assert [shard.rows.first for shard in missing_shards([job], store)] == [0, 11, 17]


def test_a_shard_that_is_lost_is_made_where_it_is_wanted(tmp_path, store):
    whole = filled(tmp_path / "whole")
    observe(job_of(whole, None), WORK)
    job = job_of(store)
    for shard in job.shards:
        measure_shard(shard, WORK)
    for key in left(store)[::3]:
        shutil.rmtree(store.folder(KIND, key))
    observe(job, WORK)
    assert observed(store) == observed(whole)


@pytest.mark.parametrize("error", [FileNotFoundError(), OSError(errno.ESTALE, "stale"), ValueError(), EOFError()])
@pytest.mark.parametrize("way", ["gone", "cut short"])
def test_one_that_goes_while_it_is_read_is_made_again(store, monkeypatch, way, error):
    job, load, gone = job_of(store), np.load, []

    def taken(path, **how):
        if KIND in str(path) and not gone:
            gone.append(path)
            if way == "gone":
                shutil.rmtree(path.parent)
            else:
                path.write_bytes(path.read_bytes()[:-8])
            raise error
        return load(path, **how)

    for shard in job.shards:
        measure_shard(shard, WORK)
    monkeypatch.setattr(np, "load", taken)
    with nullcontext() if way == "gone" else pytest.warns(HarnessWarning, match="is damaged"):
        observe(job, WORK)
    assert gone
    assert len(observed(store)) == len(ATTACKS)


def test_one_that_is_whole_and_cannot_be_read_ends_the_job(store, monkeypatch):
    def broken(path, **how):
        raise OSError(errno.EIO, "the disk is broken")

    job = job_of(store)
    for shard in job.shards:
        measure_shard(shard, WORK)
    whole = Whole(job.shards, store)
    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(OSError, match="the disk is broken"):
        whole.observed(ATTACKS[0], None)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_shards_that_cannot_be_taken_away_fail_no_job(store, monkeypatch, number):
    def refused(folder):
        raise OSError(number, "refused")

    job = job_of(store)
    for shard in job.shards:
        measure_shard(shard, WORK)
    monkeypatch.setattr("harness.jobs.whole.take_away", refused)
    observe(job, WORK)
    assert len(observed(store)) == len(ATTACKS)
    assert len(left(store)) == 3 * 4


def test_what_another_run_has_observed_meanwhile_needs_no_shard(store):
    job = job_of(store)
    waiting = job.shards
    observe(job_of(store, None), WORK)
    for shard in waiting:
        measure_shard(shard, WORK)
    assert left(store) == []


def test_what_is_kept_does_not_hang_on_what_has_been_observed_or_scored(store):
    asked = [(one, VIEW) for one in (MonteCarlo(neighbours=9), NearestNeighbour(k=2))]
    (before,) = observing_jobs(asked, store, "shadows", 7)
    observe(replace(before, attacks=before.attacks[:1], shard_images=None), WORK)
    (after,) = observing_jobs(asked, store, "shadows", 7)
    (scored,) = observing_jobs(asked[1:], store, "shadows", 7, asked)
    assert before.attacks[1:] == after.attacks == scored.attacks
    for job in (after, scored):
        assert [shard.kept.keys() for shard in job.shards] == [shard.kept.keys() for shard in before.shards]


def test_shards_are_no_part_of_an_observing_job_s_key(store):
    assert job_of(store).key == job_of(store, None).key


def test_a_shard_s_key_is_that_of_what_is_kept_of_which_images_beside_which_candidates(store):
    shard = job_of(store).shards[0]

    def keys(view: ViewSpec = VIEW, rows: Rows = shard.rows, attacks=shard.attacks) -> set[str]:
        return set(ShardJob("elsewhere", "another", view, attacks, rows).kept)

    assert keys() == set(shard.kept)
    assert keys(VIEW._replace(pool_key="q", generator="g")) == set(shard.kept)
    for other in (
        keys(VIEW._replace(digests=("ee", "aa", "cc", "bb", "dd"))),
        keys(VIEW._replace(release=RELEASE._replace(key="s"))),
        keys(VIEW._replace(release=RELEASE._replace(n_images=22))),
        keys(rows=Rows(0, 6)),
        keys(attacks=(NearestNeighbour(k=6), StructuralSimilarity(window=5), Mosaic(detail=1))),
    ):
        assert other.isdisjoint(shard.kept)


def test_k_above_the_release_is_the_same_sentence(store):
    for shard_images in (None, 4):
        job = ObserveJob(str(store.root), "", VIEW, (NearestNeighbour(k=24),), shard_images)
        for shard in job.shards:
            measure_shard(shard, WORK)
        with pytest.raises(InputError, match=r"^attack=knn: k=24 nearest of 23 images cannot be taken; choose 1 to"):
            observe(job, WORK)


def test_a_release_is_in_one_job_whatever_models_stand_beside_it(store):
    beside, loss = VIEW._replace(generator="surrogate"), DenoisingLoss()
    wanted = [(ATTACKS[0], VIEW), (ATTACKS[0], beside), (loss, beside), (ATTACKS[1], beside)]
    for shard_images in (7, None):
        jobs = observing_jobs(wanted, store, "shadows", shard_images)
        assert [(job.view, job.attacks, job.shard_images) for job in jobs] == [
            (VIEW, ATTACKS[:2], shard_images),
            (beside, (loss,), shard_images),
        ]
    (job,) = observing_jobs([(loss, beside), *wanted[1:]], store, "shadows", 7)
    assert (job.view, job.attacks) == (beside, (loss, *ATTACKS[:2]))
    assert job.asked == ATTACKS[:2]


def test_what_a_mirror_has_observed_wants_no_shard_and_shards_leave_the_mirror(tmp_path, store):
    mirror, second = str(tmp_path / "mirror"), filled(tmp_path / "second")
    job, other = job_of(store), job_of(second)
    with known(store.root, Elsewhere(mirror=mirror)), known(second.root, Elsewhere(mirror=mirror)):
        waiting = missing_shards(not_mirrored([other], second), second)
        for shard in job.shards:
            measure_shard(shard, WORK)
        measure_shard(other.shards[0], WORK)
        assert len(list((tmp_path / "mirror" / KIND).iterdir())) == 3 * 4
        assert len(left(second)) == 3
        observe(job, WORK)
        assert list((tmp_path / "mirror" / KIND).iterdir()) == left(store) == []
        assert missing_shards(not_mirrored([other], second), second) == []
        for shard in waiting[1:]:  # begun before the first head was done
            measure_shard(shard, WORK)
        assert len(left(second)) == 3
        observe(other, WORK)
        assert observed(second) == observed(store)
        assert left(second) == []


def test_where_observations_do_not_travel_shards_stay_in_the_mirror(tmp_path, store):
    with known(store.root, Elsewhere(mirror=str(tmp_path / "mirror"), kinds=("shard",))):
        job = job_of(store)
        for shard in job.shards:
            measure_shard(shard, WORK)
        observe(job, WORK)
    assert left(store) == []
    assert len(list((tmp_path / "mirror" / KIND).iterdir())) == 3 * 4
