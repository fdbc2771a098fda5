"""Each fact has one origin: what a run does is what its plan printed, and what it says is what it did."""

from __future__ import annotations

import json
import subprocess

from tiny import TINY_PHANTOM, only_run

from harness import pipeline
from harness.experiment.executor import Executor
from harness.jobs.train import GeneratorJob, SurrogateJob
from harness.planning.planned_attack import PlannedAttack
from harness.run import manifest

ASKING = [*TINY_PHANTOM, "attack=[knn,loss]", "attack.knn.k=2", "surrogate.use=true", "surrogate.steps=5"]


def test_the_steps_that_matching_chose_are_stated_everywhere(harness):
    """`shadow.match_steps` turns 30 steps into 60: nothing may go on saying 30."""
    assert harness(*TINY_PHANTOM, "attack=knn", "shadow.match_steps=[2]").code == 0
    run = only_run()
    assert json.loads((run / "results.json").read_text())["recipe"]["steps"] == 60
    assert "(preset `quick`, 60 steps)" in (run / "leaderboard.md").read_text()


def test_a_dry_run_prints_the_work_list_that_a_run_executes(harness, monkeypatch):
    """Keys of every training, and of every attack's scores on the first shadows: the same ones, none missing."""
    plan = harness(*ASKING, "dry_run=true")
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
    assert harness(*ASKING).code == 0
    words = set(plan.out.split())
    assert {job.key[:16] for job in trained} == {word for word in words if _is_key(word, 16)} - _releases(trained)
    whole = {one.attack.name: one for one in attacked if one.plan.test.target.references}
    n_images = max(one.plan.n_images for one in attacked)
    n_references = max(len(one.plan.shadows[0].target.references) for one in attacked)
    keys = {
        one.plan.attack_shadow(one.attack, number).key[:8]
        for one in attacked
        if one.plan.n_images == n_images and len(one.plan.shadows[0].target.references) == n_references
        for number in range(4)
    }
    assert {"knn", "loss", "blind", "ssim"} <= set(whole), "the control and the published methods, too"
    assert keys == {word for word in words if _is_key(word, 8)}


def _is_key(word: str, length: int) -> bool:
    return len(word) == length and set(word) <= set("0123456789abcdef")


def _releases(trained) -> set[str]:
    return {job.release_key[:16] for job in trained if isinstance(job, GeneratorJob)}


def test_commit_and_test_target_are_made_once_a_run(harness, monkeypatch):
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
    assert [command[:2] for command in asked if command[0] == "git"] == [["git", "rev-parse"], ["git", "status"]]
    assert len(built) == 1, "all three attacks face the same test target"
