"""What a job takes along of its store changes nothing of which job it is."""

from __future__ import annotations

from types import SimpleNamespace

from harness.jobs.launchers.slurm.records import job_key
from harness.jobs.train import train_and_release
from harness.store.elsewhere import Elsewhere, bare, known, there


def test_a_job_that_takes_the_mirror_along_is_found_in_slurm_by_the_same_key(tmp_path):
    job = SimpleNamespace(key="k")
    with known(tmp_path, Elsewhere(mirror=str(tmp_path / "m"))):
        taken = there(tmp_path, train_and_release)
    assert taken is not train_and_release
    assert bare(taken) is train_and_release
    assert job_key(taken, job) == job_key(train_and_release, job) != job_key(bare, job)
