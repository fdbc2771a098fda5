"""Each fact has one origin: what a run does is what its plan printed, and what it says is what it did."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tiny import STEPS, TINY_PHANTOM, only_run

from harness import pipeline
from harness.evaluation.records import Record
from harness.experiment.evaluator import Evaluator
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.planning.plan import WithheldTruth
from harness.planning.planned_attack import PlannedAttack
from harness.report import conclusion
from harness.run import manifest

SURROGATES = [*TINY_PHANTOM, "surrogate.use=true", "surrogate.steps=5"]


def test_the_steps_that_matching_chose_are_stated_everywhere(harness):
    """`shadow.match_steps` doubles the steps: nothing may go on saying the first number."""
    assert harness(*TINY_PHANTOM, "attack=knn", "shadow.match_steps=[2]").code == 0
    run = only_run()
    assert json.loads((run / "results.json").read_text())["recipe"]["steps"] == 2 * STEPS
    assert f"(preset `quick`, {2 * STEPS} steps)" in (run / "leaderboard.md").read_text()


@pytest.mark.parametrize("attacks", [["attack=[knn,loss]", "attack.knn.k=2"], ["attack=[pia]"]], ids=["loss", "pia"])
def test_a_dry_run_prints_the_work_list_that_a_run_executes(harness, monkeypatch, attacks):
    """Keys of every training, and of every attack's scores on the first shadows: the same ones, none missing."""
    asking = [*SURROGATES, *attacks]
    plan = harness(*asking, "dry_run=true")
    trained: list[GeneratorJob | SurrogateJob] = []
    attacked: list[PlannedAttack] = []
    train, train_surrogates, attack = Executor.train, Executor.train_surrogates, Executor.attack_shadows

    def note(method, notes):
        def noting(self, what, *rest):
            what = list(what)
            notes.extend(what)
            return method(self, what, *rest)

        return noting

    monkeypatch.setattr(Executor, "train", note(train, trained))
    monkeypatch.setattr(Executor, "train_surrogates", note(train_surrogates, trained))
    monkeypatch.setattr(Executor, "attack_shadows", note(attack, attacked))
    assert harness(*asking).code == 0
    words = set(plan.out.split())
    assert {job.key[:16] for job in trained} == {word for word in words if _is_key(word, 16)} - _releases(trained)
    n_images = max(one.plan.n_images for one in attacked)
    n_references = max(len(one.plan.shadows[0].target.references) for one in attacked)
    keys = {
        one.plan.attack_shadow(one.attack, number).key[:8]
        for one in attacked
        if one.plan.n_images == n_images and len(one.plan.shadows[0].target.references) == n_references
        for number in range(4)
    }
    assert {"blind", "ssim", "knn", "loss"} <= {one.attack.name for one in attacked}, "all that is not named, too"
    assert keys == {word for word in words if _is_key(word, 8)}


def _is_key(word: str, length: int) -> bool:
    return len(word) == length and set(word) <= set("0123456789abcdef")


def _releases(trained) -> set[str]:
    return {job.release_key[:16] for job in trained if isinstance(job, GeneratorJob)}


def test_commit_and_test_target_are_made_once_a_run(scored, harness, monkeypatch):
    asked, built = [], []
    run, build = subprocess.run, pipeline.build_target

    def noting_run(command, *rest, **options):
        asked.append(command)
        return run(command, *rest, **options)

    def noting_build(*arguments):
        built.append(arguments)
        return build(*arguments)

    manifest.commit.cache_clear()
    monkeypatch.setattr(subprocess, "run", noting_run)
    monkeypatch.setattr(pipeline, "build_target", noting_build)
    assert harness(*TINY_PHANTOM, "attack=[knn,ssim,carlini]").code == 0
    asked = [{"rev-parse", "status"} & set(command) for command in asked if Path(command[0]).name == "git"]
    assert asked == [{"rev-parse"}, {"rev-parse"}, {"status"}]
    assert len(built) == 1, "all three attacks face the same test target"


def test_the_truth_is_opened_once_after_every_attack_and_decision(scored, harness, monkeypatch):
    events = []

    def note(where, name):
        method = getattr(where, name)

        def noting(self, *arguments):
            events.append(name)
            return method(self, *arguments)

        monkeypatch.setattr(where, name, noting)

    note(WithheldTruth, "open")
    note(Executor, "attack_release")
    note(Evaluator, "on_release")
    assert harness(*TINY_PHANTOM, "attack=[knn,ssim]").code == 0
    assert events.count("open") == 1
    assert events[-1] == "open"
    assert events.count("on_release") == events.count("attack_release") == 3, "the chosen attack and two baselines"


def test_what_was_put_into_out_meanwhile_is_not_replaced(scored, harness, monkeypatch, tmp_path):
    """The folder is looked at before hours of work, and once more before it is replaced."""
    out = tmp_path / "out"
    attack = Executor.attack_release

    def putting(self, *arguments):
        out.mkdir(exist_ok=True)
        (out / "notes.txt").write_text("mine")
        return attack(self, *arguments)

    monkeypatch.setattr(Executor, "attack_release", putting)
    ran = harness(*TINY_PHANTOM, "attack=knn", f"out={out}")
    assert ran.code == 2
    assert "holds something that is not a run" in ran.err
    assert [path.read_text() for path in out.iterdir()] == ["mine"]


def test_the_controls_that_could_not_be_made_are_named_by_their_fields():
    """Two attacks, one of which lacks references for it; what their rows are called plays no part."""
    made = [Record(f"row {of}", "none", "shadow", "none", kind="control", control="wrong_target", of=of,
                   skipped="it needs more." if of == "knn_cal" else None) for of in ("knn", "knn_cal")]  # fmt: skip
    (sentence,) = conclusion._unchecked([*made, Record("shown", "none", "shadow", "none", skipped="it needs more.")])
    assert sentence.startswith("The control wrong_target could not be made for knn_cal, which needs references")
    assert conclusion._unchecked(made[:1]) == []


def control(name: str, **more) -> Record:
    return Record(f"{name}: knn", "none", "shadow", "none", kind="control", control=name, of="knn", **more)


def test_controls_that_two_pairs_cannot_judge_are_named():
    few, many = ([control(name, n_targets=n) for name in ("wrong_target", "member_only")] for n in (4, 6))
    assert conclusion._unchecked([*few, control("shuffled labels", n_targets=4)]) == [
        "Not judged on so few shadows, so that no alarm can come of them: wrong_target, member_only. Controls like "
        "these are judged from 6 shadows on (shadow.count=6)."
    ]
    assert conclusion._unchecked(many) == []


def test_learners_without_members_to_halve_are_named():
    assert conclusion._unchecked([control("member_only", skipped="few.")]) == [
        "The control member_only could not be made for knn; its row says why."
    ]
