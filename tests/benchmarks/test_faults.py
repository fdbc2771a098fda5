"""What benchmarks of faults count, and what they call the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.faulted.counted import made_twice
from benchmarks.faulted.counts import Count, total
from benchmarks.faulted.runs import differing, digests, left_over
from benchmarks.faults import kills
from benchmarks.rows import at_most


def made_up(root: Path, seconds: float, auc: float = 0.5) -> Path:
    """A run's folder and a store with one artefact."""
    (root / "run").mkdir(parents=True)
    told = {"records": [{"attack": "knn", "auc": auc, "seconds": seconds}]}
    (root / "run" / "results.json").write_text(json.dumps(told))
    (root / "run" / "scores.csv").write_text("candidate,score\na,1\n")
    (root / "store" / "generator" / "k").mkdir(parents=True)
    meta = {"files": {"weights.safetensors": "d"}, "seconds": seconds}
    (root / "store" / "generator" / "k" / "meta.json").write_text(json.dumps(meta))
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


def test_inputs_enter_the_count_of_all() -> None:
    inputs = at_most("inputs: 9 tried", 1, "wrong", 0, inputs=9, answered=8, right=5, refused=3)
    fuzzed = at_most("2 parsers fuzzed", 0, "unhandled", 0, inputs=100, parsers=2)
    one = at_most("  of one parser", 0, "unhandled", 0, inputs=100)
    last = total([*Count().rows("none"), inputs, fuzzed, one])
    assert (last.value, last.holds) == (1, False)
    assert last.name.endswith("0.0 s lost; 109 inputs tried, 108 answered properly")
    assert total([fuzzed]).holds


def test_work_is_lost_since_the_last_checkpoint_or_since_a_training_began(tmp_path: Path) -> None:
    store = tmp_path / "store"
    old = store / "generator" / ".making-aa-0123"
    kept = store / "checkpoint" / "aa" / "step-3" / "state.json"
    young = store / "generator" / ".making-bb-4567"
    assert kills._lost_sec(tmp_path, 100.0) == 0.0
    old.mkdir(parents=True)
    os.utime(old, (10.0, 10.0))
    assert kills._lost_sec(tmp_path, 100.0) == 90.0
    kept.parent.mkdir(parents=True)
    kept.touch()
    os.utime(kept, (98.0, 98.0))
    assert kills._lost_sec(tmp_path, 100.0) == 2.0
    young.mkdir()
    os.utime(young, (97.0, 97.0))
    assert kills._lost_sec(tmp_path, 100.0) == 3.0


def test_what_is_made_twice_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("pool/a\nrelease/b\npool/a\n")
    assert made_twice(log) == ["pool/a"]
