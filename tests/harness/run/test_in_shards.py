"""Whole runs that look at releases in shards: the same results, and no shard is made twice."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from tiny import TINY_PHANTOM

from benchmarks.faulted.counted import LOG, made
from benchmarks.faulted.runs import differing, digests, end, start
from harness.errors import InputError
from harness.experiment import executor
from harness.jobs.looks import missing_shards
from harness.jobs.whole import Whole
from harness.stock.inventory import inventory_of
from harness.stock.needs import unneeded
from harness.stock.runs import runs_of
from harness.store import Store

ATTACKS = "attack=[knn,ssim_reg,mosaic,mc,real_ratio,retrieval]"
WORDS = [*TINY_PHANTOM, ATTACKS, "attack.mc.neighbours=7", "report.pictures=none", "out=run"]
SHARDS = "launch.shard_images=5"  # of releases of 16: four each


def test_shards_done_by_two_workers_change_no_byte_and_the_same_command_makes_none_again(tmp_path, harness):
    log = tmp_path / "made.txt"
    words = [one for one in WORDS if not one.startswith("launch.")] + ["launch.workers=2", SHARDS]
    for _ in range(2):
        ended = end(start(tmp_path / "sharded", words, {LOG: str(log)}, module="benchmarks.faulted.counted"))
        assert ended.code == 0, ended.told
        assert inventory_of(tmp_path / "sharded" / "store").left == []
    times = Counter(name for name in made(log) if name.startswith("shard/"))
    assert len(times) > 4 * 4 * 3  # shards of at least four shadows' releases, for three attacks
    assert set(times.values()) == {1}
    assert harness(*WORDS).code == 0
    stores = [digests(tmp_path / top / "run", tmp_path / top / "store") for top in ("", "sharded")]
    assert {"scores.csv", "results.json"} <= {Path(name).name for name in stores[0]}
    assert differing(*stores) == set()


@pytest.fixture
def looked(monkeypatch) -> list[str]:
    """The keys of what was made of shards, whenever it was made, in this process."""
    found: list[str] = []
    made = Store._made

    def noting(self, kind, key, make, lock):
        found.extend([key] if kind == "shard" else [])
        return made(self, kind, key, make, lock)

    monkeypatch.setattr(Store, "_made", noting)
    return found


def test_a_run_that_ends_between_goes_on_with_the_shards_that_it_has(harness, monkeypatch, looked):
    def broken(job, work):
        raise InputError("it ends here")

    words, root = [*TINY_PHANTOM, "attack=[knn,ssim]", "out=run", SHARDS], Path("store")
    told = " ".join(harness(*words, "dry_run=true").out.split())
    (n_jobs,) = re.findall(r"more than 5 images are looked at in shards: (\d+) jobs for the shadows', before", told)
    with monkeypatch.context() as patch:
        patch.setattr(executor, "observe", broken)
        assert harness(*words).code != 0
    first = looked.copy()
    assert sorted(first) == sorted(path.name for path in (root / "shard").iterdir())
    assert len(first) == 2 * int(n_jobs)
    assert "shards: 0 jobs for" in " ".join(harness(*words, "dry_run=true").out.split())

    for path in root.rglob("*"):
        os.utime(path, (0, 0))
    for record in (root / "runs").iterdir():
        os.utime(record)
    goes = {one.use.kind for one in unneeded(inventory_of(root), runs_of(root, [])).items}
    assert "shard" not in goes, "the run that asked for them may go on"
    goes = {one.use.kind for one in unneeded(inventory_of(root), runs_of(root, []), older_than_days=0.0).items}
    assert "shard" in goes

    assert harness(*words).code == 0
    assert len(set(looked)) == len(looked) > len(first)
    assert list((root / "shard").iterdir()) == []
    record = next((root / "runs").glob("*.json")).read_text()
    assert "observation/" in record
    assert "shard/" not in record
    looked.clear()
    assert harness(*words).code == 0
    assert looked == []


@pytest.mark.parametrize("ends_at", [3, 4])  # after two observations of the first release, after all of them
def test_a_run_that_ends_between_two_observations_makes_no_shard_again_and_leaves_none(
    harness, monkeypatch, looked, ends_at
):
    words = [
        *TINY_PHANTOM,
        "attack=[ssim,mc,knn]",
        "attack.mc.neighbours=7",
        "out=run",
        "report.pictures=none",
        SHARDS,
    ]
    made, observed = Store._made, []

    def ends(self, kind, key, make, lock):
        observed.extend([key] if kind == "observation" else [])
        if len(observed) == ends_at:
            raise InputError("it ends here")
        return made(self, kind, key, make, lock)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_made", ends)
        patch.setattr(Whole, "drop", lambda self: None)  # it was killed a moment before
        assert harness(*words).code != 0
    assert len(list(Path("store/observation").iterdir())) == ends_at - 1
    assert looked
    assert harness(*words).code == 0
    assert max(Counter(looked).values()) == 1
    assert list(Path("store/shard").iterdir()) == []


def test_of_a_family_without_a_model_no_shard_is_wanted_by_two_jobs(harness, monkeypatch, looked):
    wanted: list[list[str]] = []

    def noting(jobs, store):
        wanted.append([key for job in jobs for shard in job.shards for key in shard.kept])
        return missing_shards(jobs, store)

    monkeypatch.setattr(executor, "missing_shards", noting)
    words = [*TINY_PHANTOM, "shadow=copies", "attack=[real_ratio,knn_cal]", "out=run", SHARDS]
    words = [one for one in words if not re.match(r"shadow\.(block|channels|steps)", one)]
    told = " ".join(harness(*words, "dry_run=true").out.split())
    (n_jobs,) = re.findall(r"looked at in shards: (\d+) jobs for the shadows', before", told)
    assert harness(*words).code == 0
    assert len(wanted[0]) == int(n_jobs)
    for of_call in wanted:
        assert len(set(of_call)) == len(of_call)
    assert looked == [key for of_call in wanted for key in of_call]
    assert list(Path("store/shard").iterdir()) == []


@pytest.mark.parametrize("value", ["0", "-3"])
def test_a_shard_has_at_least_one_image(harness, value):
    ran = harness("dry_run=true", f"launch.shard_images={value}")
    assert ran.code == 2
    assert f"launch.shard_images={value} must be at least 1, or null for no shards." in " ".join(ran.err.split())
