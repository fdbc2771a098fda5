"""Simulated challenges from end to end: `python -m benchmarks.power.challenges --lung-slices DIR`.

Each is made by `harness.challenge make` with a seed of its own and a target unlike the shadows, taken up by
`harness.run` as a participant would, and scored against its truth: the submission of the chosen attack beside those
of the 2023 winner's rule and of `knn` with the top half. Afterwards, for no choice, every attack that the table names
is put before each test (a target of another recipe), beside what it reaches on the shadows (of one recipe). With
`--surrogates` the attacker also trains surrogates, which nearly doubles his trainings.

All challenges split the same patients, each in its own way: the intervals are over splits and generators.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.measured import run_harness
from benchmarks.rows import Row, at_least, at_most, command
from harness.config.settings import composed
from harness.data.pool import load_pool, load_released
from harness.errors import HarnessWarning
from harness.evaluation.intervals import Estimate
from harness.experiment.baselines import BASELINES
from harness.experiment.evaluator import Evaluator
from harness.experiment.executor import Executor
from harness.experiment.matching import match_recipe
from harness.jobs.launch import Launcher
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.surrogates import train_surrogates
from harness.store import Store
from harness.submission.files import read_submission
from harness.submission.score import score_submission
from harness.submission.truth import Truth, read_used

# Fewer steps, another width, whitening, rate and sampler than `quick`. The steps were chosen by `knn` alone, on seed
# 0 with fewer images: with 1,200 of them its top half had F1 0.98, so that no attack could be told from another.
TARGET = (
    "target.steps=450",
    "target.overview=40",
    "target.learning_rate=2.5e-3",
    "target.whitening=0.5",
    "target.sample_steps=20",
)
MAKE = ("data=folder", "data.per_patient=3", "dev.patients=8", "dev.n_images=500", "test.patients=20")
UNMATCHED = "shadow.match_steps=[1]"  # the shadows keep the quick recipe, whatever the release looks like
ATTACKS = (
    "knn,knn_cal,knn_reg,knn_ridge,knn_lira,ssim,ssim_cal,ssim_reg,ssim_ridge,ssim_lira,"  # no network is asked
    "retrieval_reg,carlini_reg,stack"
)
ASKING = (
    f"attack=[{ATTACKS},loss,loss_cal,loss_reg,loss_lira,stack_model]",
    "surrogate.dev=false",  # what the check on dev would cost decides nothing
    # Of the model's parts the loss alone: the others ask a network seven times as often.
    "~attack.stack_model.parts.reconstruction",
    "~attack.stack_model.parts.fcre",
    "~attack.stack_model.parts.pfami",
)
CHOSEN, FILES = "chosen attack", {"chosen attack": "submission.csv", **{one.name: one.file for one in BASELINES}}
MINUTES, F1, SURROGATE_AUC, STACK_AUC = 40.0, 0.78, 0.91, 0.94
SINGLE, STACK = "loss_reg@surrogate", "stack_model@surrogate"  # declared: the best of several would flatter itself


@dataclass(frozen=True)
class Outcome:
    """One challenge. chosen: the attack; minutes: of making it and of taking it up, None where something was stored.

    f1, accuracy: of each submission, by its name; on_shadows, on_test: AUC by attack, None for the model's own
    attacks on the test, which gives none.
    """

    seed: int
    chosen: str
    steps: int
    minutes: float | None
    f1: Mapping[str, float]
    accuracy: Mapping[str, float]
    on_shadows: Mapping[str, float]
    on_test: Mapping[str, float]
    alarms: Sequence[str]


def take_up(seed: int, slices: Path, folder: Path, store: Path, attacks: Sequence[str]) -> Outcome:
    """Make one challenge, run the harness on it, score the three submissions, then look at every attack."""
    made = folder / f"challenge-{seed}"
    common = [f"store.root={store}", f"seed={seed}"]
    stored = _generators(store)
    making = run_harness(folder, ["make", *MAKE, f"data.root={slices}", *common, f"out={made}", *TARGET], "challenge")
    official = [
        "data=imageclef2023",
        f"data.root={made / 'challenge'}",
        f"data.extra={made / 'extra'}",
        "data.size=64",
        UNMATCHED,
        *common,
        *attacks,
    ]
    run = folder / f"run-{seed}"
    running = run_harness(folder, [*official, f"out={run}"])
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    cold = stored.isdisjoint(one["generator"] for one in manifest["generators"])
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    truth = read_used(made / "truth.csv")
    scored = {
        name: score_submission(name, read_submission(run / file, truth.ids).used, truth).record
        for name, file in FILES.items()
    }
    on_shadows, on_test = every_attack(official, truth)
    chosen = results["chosen"]
    return Outcome(
        seed=seed,
        chosen=chosen["attack"] + ("@surrogate" if chosen["via"] == "surrogate" else ""),
        steps=results["recipe"]["steps"],
        minutes=(making.seconds + running.seconds) / 60 if cold else None,
        f1={name: _value(record.f1) for name, record in scored.items()},
        accuracy={name: _value(record.accuracy) for name, record in scored.items()},
        on_shadows=on_shadows,
        on_test=on_test,
        alarms=results["alarms"],
    )


def every_attack(official: Sequence[str], truth: Truth) -> tuple[dict[str, float], dict[str, float]]:
    """AUC of every attack on the shadows, pooled and held out, and on the test, from what the run left in the store.

    The submission is written by then; nothing that is found here flows back.
    """
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", HarnessWarning)  # the run itself has said it
        settings = composed(official)
        launcher = stack.enter_context(closing(Launcher(settings.workers, settings.device)))
        executor = Executor(Store(settings.store_root), launcher, Console(quiet=True))
        pool = load_pool(settings.data, executor.store)
        load_released(pool, executor.store)
        settings, _ = match_recipe(settings, pool, executor)
        plan = make_plan(settings, pool)
        named = train_surrogates(settings, [PlannedAttack(one, plan) for one in settings.attacks.values()], executor)
        scored = executor.attack_shadows(named)
        judge = Evaluator(pool, plan.shadows, settings.decision, settings.seed, settings.calibrator)
        held = dict(zip(truth.ids, truth.used, strict=True))
        member = np.array([held[pool.ids[place]] for place in plan.test.candidates])
        on_shadows = {one.label: _value(judge.on_shadows(one, scored[one.label]).record.auc) for one in named}
        on_test = {
            one.label: _value(judge.with_truth(judge.on_test(one, executor, "test"), member).record.auc)
            for one in named
            if one.via != "model"
        }
    return on_shadows, on_test


def paired(differences: Sequence[float]) -> Estimate:
    """Mean difference over challenges with Student's 95 % interval: few challenges, so no bootstrap.

    Raises ValueError for fewer than 2 differences.
    """
    from scipy.stats import ttest_1samp

    if len(differences) < 2:
        raise ValueError(
            f"An interval over challenges takes 2 or more, and these are {len(differences)}; give more seeds."
        )
    interval = ttest_1samp(differences, 0.0).confidence_interval(0.95)
    return Estimate(float(np.mean(differences)), float(interval.low), float(interval.high))


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: time, F1 and accuracy, their paired differences, and what attacks via surrogates reach."""
    console = Console()
    attacks = [*(ASKING if options.surrogates else [f"attack=[{ATTACKS}]"]), *options.override]
    with TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        store = (options.store or folder / "store").resolve()
        outcomes = []
        for seed in options.seeds:
            found = take_up(seed, options.lung_slices.resolve(), folder.resolve(), store, attacks)
            console.print(f"seed {seed}: {found.chosen}, {found.steps} steps, F1 {found.f1[CHOSEN]:.3f}")
            outcomes.append(found)
    console.print(_challenges(outcomes))
    console.print(_attacks(outcomes))
    return [*_of_submissions(outcomes), *(_of_surrogates(outcomes) if options.surrogates else [])]


def _of_submissions(outcomes: Sequence[Outcome]) -> list[Row]:
    detail = {"challenges": [asdict(one) for one in outcomes]}
    cold = [one.minutes for one in outcomes if one.minutes is not None]
    mean_f1 = float(np.mean([one.f1[CHOSEN] for one in outcomes]))
    rows = [
        *([at_most("slowest challenge made and taken up from nothing", max(cold), "min", MINUTES)] if cold else []),
        at_least("mean F1 of the chosen attack", mean_f1, "F1", F1, **detail),
        Row("mean accuracy of the chosen attack", _mean_accuracy(outcomes), "fraction", None, None),
    ]
    for rival in (name for name in FILES if name != CHOSEN and len(outcomes) > 1):
        for metric in ("f1", "accuracy"):
            apart = paired([getattr(one, metric)[CHOSEN] - getattr(one, metric)[rival] for one in outcomes])
            assert apart.low is not None
            name = f"{metric} less that of {rival}: lower end of the interval"
            rows.append(at_least(name, apart.low, metric, 0.0, mean=apart.value, high=apart.high))
    return rows


def _of_surrogates(outcomes: Sequence[Outcome]) -> list[Row]:
    """Mean AUC over challenges of a single attack via surrogates, and of the stack."""
    rows = []
    for name, wanted in ((SINGLE, SURROGATE_AUC), (STACK, STACK_AUC)):
        matched_auc, other = (
            float(np.mean([of[name] for of in of_all]))
            for of_all in ([one.on_shadows for one in outcomes], [one.on_test for one in outcomes])
        )
        rows.append(at_least(f"matched recipes: {name}", matched_auc, "AUC", wanted))
        rows.append(Row(f"other recipe (the tests): {name}", other, "AUC", None, None))
    return rows


def _generators(store: Path) -> set[str]:
    """The keys of the generators that a store holds."""
    return {path.name for path in (store / "generator").iterdir()} if (store / "generator").is_dir() else set()


def _mean_accuracy(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([one.accuracy[CHOSEN] for one in outcomes]))


def _challenges(outcomes: Sequence[Outcome]) -> Table:
    table = Table("seed", "chosen", "steps", *(f"F1, accuracy: {name}" for name in FILES), "minutes", box=None)
    for one in outcomes:
        figures = (f"{one.f1[name]:.3f} {one.accuracy[name]:.3f}" for name in FILES)
        minutes = "" if one.minutes is None else f"{one.minutes:.1f}"
        table.add_row(str(one.seed), one.chosen, str(one.steps), *figures, minutes)
    return table


def _attacks(outcomes: Sequence[Outcome]) -> Table:
    """Mean AUC of every attack over challenges, on the shadows' own recipe and on the tests' other one."""
    table = Table("attack", "AUC, shadows", "AUC, tests", box=None)
    for name in outcomes[0].on_shadows:
        matched_auc = np.mean([one.on_shadows[name] for one in outcomes])
        other = np.mean([one.on_test[name] for one in outcomes]) if name in outcomes[0].on_test else None
        table.add_row(name, f"{matched_auc:.3f}", "" if other is None else f"{other:.3f}")
    return table


def _value(one: Estimate | None) -> float:
    return float("nan") if one is None or one.value is None else one.value


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lung-slices", type=Path, metavar="DIR", required=True, help="real slices with patients")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="a challenge each")
    arguments.add_argument("--surrogates", action="store_true", help="train surrogates, too")
    arguments.add_argument("--store", type=Path, metavar="DIR", help="keep the artefacts there")
    arguments.add_argument("--keep", type=Path, metavar="DIR", help="keep challenges and runs there")
    arguments.add_argument("override", nargs="*", help="options of harness.run")
    sys.exit(command("Simulated challenges from end to end.", measure, arguments))
