"""A release that no generator of slices gives says nothing of anybody: the run says so, and calls nobody."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tiny import TINY_PHANTOM, only_run, records_of, score_rows, write_slices
from tiny_edition import EDITION, N_TEST, SIDE, write_edition

from harness.jobs import train
from harness.share.allowed import Allowed

N = 24
rng = np.random.default_rng(0)
RELEASES = {
    "black": np.zeros((N, SIDE, SIDE), np.uint8),
    "noise": rng.integers(0, 256, (N, SIDE, SIDE)).astype(np.uint8),
    "one": np.repeat(np.arange(SIDE * SIDE, dtype=np.uint8).reshape(1, SIDE, SIDE), N, axis=0),
}
QUICK = ["attack=knn", "shadow.count=4", "shadow.steps=5", "decision=top_half"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for all, whose generators are trained once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def edition(tmp_path, store, images):
    """`edition(release)` writes the small edition with another test release and answers the run's options."""

    def call(release):
        root = write_edition(tmp_path / "clef", images)
        generated = root / "test" / "generated_1"
        for path in generated.iterdir():
            path.unlink()
        write_slices(generated, release, "generated_{:05d}.png")
        return [*EDITION, f"data.root={root}", f"store.root={store}", *QUICK]

    return call


@pytest.mark.parametrize("name", RELEASES)
def test_nobody_is_called_by_a_degenerate_release_of_an_edition(edition, harness, name):
    ran = harness(*edition(RELEASES[name]))
    assert ran.code == 0, ran.err
    told, run = " ".join(ran.out.split()), only_run()
    assert "Note: Something is wrong with the test release:" in told
    assert told.count("Nobody can be called") == 2, "at the top and in the last words"
    assert f"0 of {N_TEST} candidates called used (decision rule top_half)" in told
    results = json.loads((run / "results.json").read_text())
    assert len(results["nobody"]) == 1
    beyond = results["beyond_slices"]
    assert (beyond["fraction_used"], beyond["empirical_epsilon"], beyond["set_level"]["own"]) == (None, None, [])
    assert not any(words in told for words in ("epsilon is at least", "As a set, members", "were used."))
    assert results["nobody"][0] in results["alarms"]
    for file in ("submission.csv", "baseline_knn_top_half.csv", "baseline_winner_2023.csv"):
        answers = [line.split(",")[1] for line in (run / file).read_text().splitlines()]
        assert answers == ["0"] * N_TEST, file
    tested = [row for row in score_rows(run) if row["target"] == "test"]
    assert {row["decision"] for row in tested} == {"0"}
    page = (run / "report.html").read_text()
    assert page.count("Nobody can be called") >= 3, "in red, in the words above and in the box of the verdict"
    assert "A control, which must sit at chance" not in page
    assert "shows that the release gives away" not in page
    assert "Nobody can be called" in (run / "leaderboard.md").read_text()


def test_a_few_black_images_are_told_and_change_nothing(edition, harness, images):
    release = images(N, SIDE, 5)
    release[:2] = 0
    ran = harness(*edition(release))
    assert ran.code == 0, ran.err
    told = " ".join(ran.out.split())
    assert "Something is wrong with the test release: 2 of 24 released images are black" in told
    assert "Nobody can be called" not in told
    assert f"{N_TEST // 2} of {N_TEST} candidates called used" in told


def test_nobody_is_called_where_generators_release_nothing_to_learn_from(harness, monkeypatch):
    def save_black(path, images):
        np.save(path, np.zeros_like(images) if path.name == "images.npy" else images)

    monkeypatch.setattr(train, "save_array", save_black)
    ran = harness(*TINY_PHANTOM, "attack=knn", "shadow.count=4")
    assert ran.code == 0, ran.err
    told, run = " ".join(ran.out.split()), only_run()
    assert "the releases of 4 of 4 shadows (shadow 0, shadow 1, shadow 2, shadow 3)" in told
    nobody = json.loads((run / "results.json").read_text())["nobody"]
    assert len(nobody) == 2, "for the test's release, too"
    assert all(Allowed(["knn"]).text(one) == one for one in nobody), "a copy may say so"
    assert not any(".)" in one or ".." in one for one in nobody)
    assert {row["decision"] for row in score_rows(run) if row["target"] == "test"} == {"0"}
    (applied,) = [
        one
        for one in records_of(run)
        if one["target_set"] == "test" and one["attack"] == "knn" and one["kind"] == "attack"
    ]
    assert applied["recall"]["value"] == 0.0


def test_what_a_generator_gives_after_one_step_is_no_such_release(harness):
    ran = harness(*TINY_PHANTOM, "attack=knn", "shadow.count=4", "shadow.steps=1")
    assert ran.code == 0, ran.err
    assert "Something is wrong" not in ran.out
    assert json.loads((only_run() / "results.json").read_text())["nobody"] == []
