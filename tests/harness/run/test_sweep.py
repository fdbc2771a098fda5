"""A sweep ends with the table of its runs, and a job that fails takes nothing from the others."""

from __future__ import annotations

from pathlib import Path

from harness.errors import InputError
from harness.run import __main__ as command

SMALLEST = [
    "shadow=copies", "shadow.n_images=16", "data.size=16", "data.patients=16", "data.slices=1", "launch.workers=0",
    "device=cpu", "report.pictures=none",
]  # fmt: skip


def test_two_attacks_and_two_seeds_end_with_one_table(harness):
    ran = harness(*SMALLEST, "-m", "attack=knn,ssim", "seed=0,1")  # wherever -m stands
    assert ran.code == 0, ran.err
    assert sorted(p.name.split("-")[1] for p in Path("runs").glob("phantom-*")) == ["knn", "knn", "ssim", "ssim"]
    table = ran.out.rpartition("The sweep: 4 runs compared by AUC")[2]
    lines = [line.split() for line in table.splitlines()]
    ranked = [line for line in lines if line[:1] in (["1"], ["2"], ["1.5"]) and len(line) == 8]
    assert {line[1] for line in ranked} == {"knn", "ssim"}
    assert {line[5] for line in ranked} == {"2"}, "of two seeds"
    assert "Two seeds say little of how generators" in table
    assert max(map(len, table.splitlines()[:-1])) <= 100
    (again,) = [line for line in table.splitlines() if line.startswith("By another metric: ")]
    assert again == "By another metric: python -m harness.compare runs --metric f1"


def swept(monkeypatch, harness, fault):
    """Four jobs of which two have a fault; what ran, what was printed, and what was compared."""
    ran, compared = [], []

    def once(config):
        ran.append(config.seed)
        if config.seed in (1, 2):
            raise fault
        return Path("runs") / str(config.seed)

    monkeypatch.setattr(command, "_run_once", once)
    monkeypatch.setattr(command.Sweep, "_compare", lambda self, console: compared.append(list(self.written)))
    try:
        return ran, compared, harness("-m", "seed=0,1,2,3")
    except RuntimeError:
        return ran, compared, None


def test_a_job_that_fails_takes_nothing_from_the_others(harness, monkeypatch):
    ran, compared, ended = swept(monkeypatch, harness, InputError("Three shadows are no pairs."))
    assert (ran, compared) == ([0, 1, 2, 3], [[Path("runs/0"), Path("runs/3")]])
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "Error: Three shadows are no pairs.",
        "Error: 2 of 4 runs of the sweep failed; the same command goes on from there.",
    ]


def test_nor_does_a_slip_in_one(harness, monkeypatch):
    ran, compared, ended = swept(monkeypatch, harness, RuntimeError("a slip"))
    assert (ran, compared) == ([0, 1, 2, 3], [[Path("runs/0"), Path("runs/3")]])
    assert ended is None, "which is told as ever"


def test_one_folder_for_all_is_refused(harness):
    refused = harness("-m", *SMALLEST, "attack=knn,ssim", "out=both")
    assert refused.code == 2
    assert refused.err.count("sweep") == 1
    assert not Path("both").exists()


def test_a_dry_run_of_a_sweep_compares_nothing(harness):
    ran = harness(*SMALLEST, "-m", "attack=knn,ssim", "dry_run=true")
    assert (ran.code, "The sweep" in ran.out) == (0, False)
