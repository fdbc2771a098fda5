"""`verify RUN`: whether a run's folder is whole, and what the present code would give otherwise."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from finished_runs import copied, with_fact, with_option
from tiny import TINY_PHANTOM

from harness.jobs.launchers.local import LocalLauncher
from harness.run import __main__ as command


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["harness.run", *TINY_PHANTOM, "shadow.match_steps=[2]", "out=run"])
        assert command.main() == 0
    return folder


@pytest.fixture
def run(finished, tmp_path, monkeypatch) -> Path:
    """The run's folder alone, copied elsewhere, where nothing may be trained."""
    monkeypatch.setattr(LocalLauncher, "map", None)
    return copied(finished / "run", tmp_path / "run")


def found(ran) -> dict:
    return json.loads(ran.out)


def test_a_whole_run_of_the_same_code_is_the_same(harness, finished, run, tmp_path):
    ran = harness("verify", str(run), "--json")
    told = found(ran)
    assert ran.code == 0, ran.out
    assert (told["whole"], told["same"], told["unplanned"]) == (True, True, None)
    assert {"source", "pool", "shadow 0", "withheld, release", "torch"} <= {one["what"] for one in told["sides"]}
    assert all(one["same"] for one in told["sides"])
    assert set(map(tuple, told["stored"].values())) == {(0, 1), (0, 5)}
    assert [one.name for one in tmp_path.iterdir()] == ["run"], "nothing is written"
    stored = found(harness("verify", str(run), f"store.root={finished / 'store'}", "--json"))["stored"]
    assert stored == {"pool": [1, 1], "generator": [5, 5], "release": [5, 5]}
    table = harness("verify", str(run))
    assert table.code == 0
    assert "Whole:" in table.out
    assert "Same:" in table.out


def edited(run: Path) -> None:
    (run / "scores.csv").write_text("x")


def more(run: Path) -> None:
    (run / "notes.txt").write_text("x")


def fewer(run: Path) -> None:
    (run / "leaderboard.md").unlink()


def linked(run: Path) -> None:
    (run / "report.html").rename(run.parent / "report.html")
    (run / "report.html").symlink_to(run.parent / "report.html")


def piped(run: Path) -> None:
    os.mkfifo(run / "pipe")


def holed(run: Path) -> None:
    (run / "inner").mkdir()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (edited, "scores.csv was edited"),
        (more, "notes.txt is not named in manifest.json"),
        (fewer, "leaderboard.md is missing"),
        (linked, "report.html is a link or no file"),
        (piped, "pipe is a link or no file"),
        (holed, "inner/ is an empty folder"),
    ],
)
def test_a_folder_that_is_not_whole_is_named(harness, run, damage, told):
    damage(run)
    ran = harness("verify", str(run), "--json")
    assert ran.code == 1
    assert found(ran)["faults"] == [told]
    assert found(ran)["same"], "the options are as they were"
    assert f"Not whole: {told}." in harness("verify", str(run)).out


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("source", "0" * 64, "source"),
        ("versions", {"torch": "1.0"}, "torch"),
        ("hardware", {"machine": "z80", "system": "CP/M", "cores": 1}, "machine"),
        ("pool", "0" * 32, "pool"),
        ("base", {"start": "extra", "generator": "0" * 32, "extra_slices": 3}, "base"),
    ],
)
def test_what_the_present_code_gives_otherwise_is_named(harness, run, name, value, what):
    ran = harness("verify", str(with_fact(run, name, value)), "--json")
    assert ran.code == 1
    assert what in {one["what"] for one in found(ran)["sides"] if not one["same"]}
    assert not found(ran)["same"]


def test_another_commit_or_count_of_cores_of_the_same_source_decides_nothing(harness, run):
    hardware = json.loads((run / "manifest.json").read_text())["hardware"]
    with_fact(with_fact(run, "commit", "0" * 40), "hardware", {**hardware, "cores": 999})
    assert harness("verify", str(run)).code == 0


def test_options_that_plan_other_generators_have_other_keys(harness, run):
    ran = harness("verify", str(with_option(run, "shadow.batch", 4)), "--json")
    assert ran.code == 1
    others = {one["what"] for one in found(ran)["sides"] if not one["same"]}
    assert {"shadow 0", "withheld, release"} <= others
    assert not {"pool", "shadow 0, seed"} & others


def test_options_that_cannot_be_read_are_told_beside_the_rest(harness, run):
    ran = harness("verify", str(with_option(run, "data._target_", "os.system")), "--json")
    assert ran.code == 1
    assert "data._target_" in found(ran)["unplanned"]
    assert "Not planned:" in harness("verify", str(run)).out
