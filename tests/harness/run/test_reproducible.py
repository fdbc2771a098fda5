"""Same seed, same machine: same bytes, whatever the surroundings. benchmarks.faults tries them one by one."""

from __future__ import annotations

import json
from dataclasses import replace

from threadpoolctl import threadpool_info, threadpool_limits
from tiny import TINY_PHANTOM

from benchmarks.faulted.runs import digests
from benchmarks.faults.reproducible import CALM, EVERYTHING, Surroundings, reproducible
from harness import pipeline

FEW = ("attack=[knn,ssim,loss]", *TINY_PHANTOM, "shadow.channels=[8,16]")


def test_everything_around_a_run_may_be_another_and_another_seed_is_seen(tmp_path):
    """Without the second the comparison could say nothing."""
    everything, other = replace(EVERYTHING, words=FEW), Surroundings("another seed", words=(*FEW, "seed=1"))
    same, seeded = reproducible(replace(CALM, words=FEW), [everything, other], tmp_path)
    assert (same.failed, same.skipped, list(same.differing)) == (None, None, [])
    first = digests(tmp_path / "calm" / "here" / "run", tmp_path / "calm" / "here" / "store")
    assert {"results.json", "scores.csv", "submission.csv"} <= set(first)
    assert {"generator", "release", "observation", "scores"} <= {name.split("/")[0] for name in first}
    assert seeded.failed is None
    assert "results.json" in seeded.differing
    assert any(name.startswith("release/") for name in seeded.differing)


def test_a_locale_that_is_not_here_is_skipped_and_a_failure_told(tmp_path):
    strange = Surroundings("strange", locale="xx_XX.UTF-8")
    broken = Surroundings("broken", words=("attack=nobody",))
    assert reproducible(broken, [strange], tmp_path)[0].failed.startswith("exit code 2: Error: There is no attack")


def test_the_evaluation_has_one_thread_in_every_library(harness, monkeypatch):
    load, seen = pipeline.load_pool, []

    def noting(*arguments, **named):
        seen.append(max(one["num_threads"] for one in threadpool_info()))
        return load(*arguments, **named)

    monkeypatch.setattr(pipeline, "load_pool", noting)
    with threadpool_limits(2):
        assert harness(*TINY_PHANTOM, "data.patients=2", "data.slices=1").code == 2  # too few: it ends there
    assert seen == [1]


def test_only_seconds_of_results_are_left_out(tmp_path):
    def digest(**changed) -> str:
        record = {"attack": "knn", "seconds": 1.0, "n_targets": 4, **changed}
        (tmp_path / "results.json").write_text(json.dumps({"records": [record]}))
        return digests(tmp_path, tmp_path / "store")["results.json"]

    assert digest() == digest(seconds=2.0)
    assert digest() != digest(n_targets=5)
