"""What benchmarks of faults count, and what they call the same."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faulted.counted import ASKS, BEGINS, HEARS, LOG, MADE, TRAINS, made, made_twice, read_log
from benchmarks.faulted.counts import Count, to_its_end, total
from benchmarks.faulted.runs import ROOT, damaged, differing, digests, left_over
from benchmarks.rows import Row, at_most, skipped
from harness.errors import InputError
from harness.store import Store


def made_up(root: Path, seconds: float, auc: float = 0.5) -> Path:
    """A run's folder and a store with one artefact."""
    (root / "run").mkdir(parents=True)
    told = {"records": [{"attack": "knn", "auc": auc, "seconds": seconds}]}
    (root / "run" / "results.json").write_text(json.dumps(told))
    (root / "run" / "scores.csv").write_text("candidate,score\na,1\n")
    Store(root / "store").get("generator", "k", lambda folder: (folder / "x").write_text("x") and None)
    return root


def test_seconds_are_no_difference_and_all_else_is(tmp_path: Path) -> None:
    one, same, other = (
        digests(at / "run", at / "store")
        for at in (
            made_up(tmp_path / "a", 1.0),
            made_up(tmp_path / "b", 2.0),
            made_up(tmp_path / "c", 1.0, auc=0.6),
        )
    )
    assert set(one) == {"results.json", "scores.csv", "generator/k"}
    assert differing(one, same) == set()
    assert differing(one, other) == {"results.json"}
    assert differing(one, {}) == set(one), "what is missing differs"


def test_what_a_finished_run_must_not_leave(tmp_path: Path) -> None:
    root = made_up(tmp_path, 1.0)
    assert left_over(root) == []
    (root / "store" / "generator" / ".making-k-0123").mkdir()
    (root / "store" / "checkpoint" / "k").mkdir(parents=True)
    assert left_over(root) == ["store/checkpoint/k", "store/generator/.making-k-0123"]


def test_a_damaged_artefact_is_like_no_other_whatever_its_meta_says(tmp_path: Path) -> None:
    def release(root: Path) -> Path:
        Store(root).get("release", "k", lambda folder: (folder / "x").write_text("whole") and None)
        return root

    one, other = release(tmp_path / "a"), release(tmp_path / "b")
    assert differing(digests(tmp_path, one), digests(tmp_path, other)) == set()
    for root in (one, other):
        (root / "release" / "k" / "x").write_text("half")
    assert damaged(one) == ["release/k"]
    assert differing(digests(tmp_path, one), digests(tmp_path, other)) == {"release/k"}
    assert damaged(tmp_path / "none") == []


def test_faults_are_counted_and_add_up() -> None:
    good, bad = Count(), Count(twice=1, lost_sec=[0.5, 2.0])
    assert good.check(True, "nothing")
    assert not bad.check(False, "killed after 1 s")
    bad.differing |= {"results.json", "scores.csv"}
    assert all(row.holds for row in good.rows("good"))
    rows = bad.rows("bad", lost_at_most=1.0)
    assert [row.holds for row in rows[:4]] == [False, False, False, False]
    assert rows[-1].name == "  failed: killed after 1 s"
    last = total([*good.rows("good"), *rows])
    assert (last.value, last.holds) == (4, False)
    assert last.name.startswith("all: 2 faults tried, 1 survived, 2 files differ, 1 made twice, at most 2.0 s lost")


def test_an_undisturbed_run_is_no_fault_and_its_failure_counts() -> None:
    count = Count()
    assert count.need(True, "calm")
    assert (count.tried, count.failures) == (0, [])
    count.need(False, "undisturbed: code 1")
    (row, *_) = count.rows("kill -9")
    assert row.name == "kill -9: 0 tried, 0 survived"
    assert (total([row]).value, total([row]).holds) == (1, False)


def test_what_is_raised_is_a_failure_with_its_text_and_not_the_end() -> None:
    count = Count()
    with count.trying("kill 3"):
        raise OSError("no such disk")
    assert (count.tried, count.survived) == (1, 0)
    assert "kill 3: OSError: no such disk" in count.failures[0]

    def broken(options: argparse.Namespace) -> list[Row]:
        raise SystemExit("the run failed")

    def misused(options: argparse.Namespace) -> list[Row]:
        raise InputError("no such fault")

    (row, *_) = to_its_end("disks", broken)(argparse.Namespace())
    assert (row.holds, row.detail["failed"]) == (False, 1)
    with pytest.raises(InputError):
        to_its_end("disks", misused)(argparse.Namespace())


def test_inputs_and_fuzzing_enter_the_count_of_all_apart() -> None:
    inputs = at_most("inputs: 9 tried", 1, "wrong", 0, inputs=9, answered=8, right=5, refused=3)
    fuzzed = at_most("2 parsers fuzzed", 2, "unhandled", 0, inputs=100, parsers=2)
    one = at_most("  of one parser", 2, "unhandled", 0, inputs=100)
    last = total([*Count().rows("none"), inputs, fuzzed, one])
    assert (last.value, last.holds) == (3, False)
    assert last.name.endswith(
        "0.0 s lost; 9 inputs tried, 8 answered properly; 100 inputs of fuzzing, 2 kinds unhandled"
    )
    assert total([at_most("2 parsers fuzzed", 0, "unhandled", 0, inputs=100, parsers=2)]).holds


def test_what_was_not_tried_is_named_in_the_count_of_all() -> None:
    last = total([*Count().rows("none"), skipped("disks", "needs root"), skipped("fuzzing", "needs atheris")])
    assert last.name.endswith("; not tried: disks, fuzzing")
    assert last.detail["not_tried"] == {"disks": "needs root", "fuzzing": "needs atheris"}


def test_what_is_made_twice_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert made(log) == []
    log.write_text("made 7 pool/a 1.0\nbegins 7 release/b 2.0\nmade 7 release/b 2.0\nmade 8 pool/a 3.0\nmade 8 po")
    assert made(log) == ["pool/a", "release/b", "pool/a"]
    assert made_twice(log) == ["pool/a"]


def test_a_run_says_what_it_does(tmp_path: Path) -> None:
    """A module that is run as a worker is: the store and the clock of checkpoints are those that write it down."""
    script = (
        "import runpy, sys; from harness.store import Store; from pathlib import Path;"
        "from shadow_models.one_training import Due;"
        "sys.argv = ['counted', '--help'];\n"
        "try: runpy.run_module('benchmarks.faulted.counted', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "due = Due(60.0)\n"
        "Store(Path('store')).get('release', 'k', lambda folder: [due(), due(), (folder / 'x').touch(), None][-1])\n"
        "Store(Path('store')).get('release', 'k', None)\n"
    )
    told = os.environ | {LOG: str(tmp_path / "log"), "PYTHONPATH": ROOT}
    words = [sys.executable, "-P", "-c", script]
    subprocess.run(words, cwd=tmp_path, env=told, capture_output=True, check=True)
    said = [(line.what, line.name) for line in read_log(tmp_path / "log")]
    of_it = [(what, "release/k") for what in (ASKS, BEGINS, TRAINS, MADE, ASKS)]
    assert said == [(HEARS, "-"), *of_it]
