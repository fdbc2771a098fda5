"""What attacks keep under another recipe: `python -m benchmarks.power.transfer --lung-slices DIR`.

Shadows of one recipe teach every attack's calibration; targets of other recipes (steps, width, members, release
size, sampler) are then judged by it, with references of the shadows' recipe. Printed for every attack and recipe:
the AUC, and what the calibration keeps: the false positive rate at the threshold learnt for 0.1, and the Brier score.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from attacks.base import Attack
from attacks.calibration import CALIBRATIONS
from attacks.registry import find_attacks
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.rows import Row, figure
from harness.cli import console
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.data.splits import random_half
from harness.evaluation import metrics
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.probability_calibration import Calibrator, ScoredTarget, fit_calibrator, held_out_calibrators
from harness.experiment.executor import Crew
from harness.jobs.launch import Launcher
from harness.jobs.targets import TargetSpec
from harness.jobs.train import GeneratorJob
from harness.planning.make import N_IMAGES, make_plan
from harness.planning.plan import Plan
from harness.planning.planned_attack import Contender
from harness.seeds import rng_of, seed_of
from harness.store import Store

N_DRAWS = 2  # targets a recipe, each with members of its own
NOMINAL_FPR = 0.1
SIGNALS: dict[str, dict[str, Any]] = {  # the scores whose calibrations are compared, by attack and options
    "knn": {},
    "knn band": {"distance": "band", "k": 5},
    "ssim": {},
    "retrieval": {},
    "loss": {"n_noises": 1},
}
STACKS = ("stack",)


@dataclass(frozen=True)
class Mismatch:
    """A target unlike the shadows. times: their steps; members: 1 for half of the pool, 2 for a quarter.

    recipe: what else of it differs; part: of its images seen.
    """

    name: str
    recipe: dict[str, Any] = field(default_factory=dict)
    times: float = 1.0
    members: int = 1
    part: int = 1

    def plan(self, plan: Plan) -> Plan:
        """The plan as the harness would lay it out for this target: all releases of its size."""
        return plan.narrowed(n_images=plan.n_images // self.part)


MISMATCHES = (
    Mismatch("matched"),
    Mismatch("half the steps", times=0.5),
    Mismatch("twice the steps", times=2.0),
    Mismatch("half the width", {"channels": [16, 32], "overview": 24, "closeup": 12}),
    Mismatch("half the members", members=2),
    Mismatch("a quarter of the images", part=4),
    Mismatch("other sampler", {"sampler": "dpm++"}),
)


@dataclass(frozen=True)
class Labelled:
    """A target of the benchmark and its members, bool [n]."""

    target: TargetSpec
    member: Flags


def train(settings: Settings, pool: Pool, plan: Plan, crew: Crew) -> dict[str, list[Labelled]]:
    """Every mismatch's targets, trained and released, with the references of a target that is no shadow."""
    jobs: dict[str, GeneratorJob] = {}
    found: dict[str, list[Labelled]] = {}
    for mismatch in MISMATCHES:
        for draw in range(N_DRAWS):
            job, member = _generator(settings, pool, mismatch, draw)
            jobs[job.release_key] = job
            looked_at = mismatch.plan(plan)
            template = looked_at.test.target
            view = template.view._replace(release=job.release(looked_at.n_images), generator=job.key)
            found.setdefault(mismatch.name, []).append(Labelled(template._replace(view=view), member))
    crew.train(list(jobs.values()))
    return found


def _generator(settings: Settings, pool: Pool, mismatch: Mismatch, draw: int) -> tuple[GeneratorJob, Flags]:
    """A generator of the mismatch's recipe, on members of its own: a random half by patient, or a half of that."""
    patients = np.array([pool.patient_ids[place] for place in pool.taken])
    name = f"transfer {draw} {mismatch.members}"
    member = np.ones(len(patients), dtype=np.bool_)
    for halving in range(mismatch.members):
        rng = rng_of(settings.seed, "assign", "transfer", str(draw), str(halving))
        member[member] = random_half(list(patients[member]), rng)
    places = pool.taken[member]
    recipe = replace(settings.recipe, steps=round(settings.recipe.steps * mismatch.times), **mismatch.recipe)
    job = GeneratorJob(
        store_root=str(settings.store_root),
        name=f"{mismatch.name} {draw}",
        pool_key=pool.key,
        members=tuple(map(int, places)),
        digests=tuple(pool.digests[place] for place in places),
        recipe=recipe,
        seed=seed_of(settings.seed, "generator", name),
        n_images=N_IMAGES if settings.n_images is None else settings.n_images,
    )
    return job, member


@dataclass(frozen=True)
class Kept:
    """What an attack and its calibration keep on one mismatch, means over its targets; auc also pooled."""

    auc: float
    realised_fpr: float
    brier: float


def judge(attack: Attack, plan: Plan, crew: Crew, targets: Mapping[str, list[Labelled]]) -> dict[str, Kept]:
    """The attack on the shadows (held out, by pair), then on every mismatch by what all shadows taught it."""
    found: dict[str, Kept] = {}
    for mismatch in MISMATCHES:
        looked_at = mismatch.plan(plan)
        contender = Contender(attack, looked_at)
        on_shadows = crew.attack_shadows([contender])[contender.label]
        taught = [
            ScoredTarget(score, spec.member, number // 2)
            for number, (score, spec) in enumerate(zip(on_shadows.scores, looked_at.shadows, strict=True))
        ]
        if "shadows" not in found:
            calibrators = held_out_calibrators(taught)
            pairs = [(c, t.score, t.member) for c, t in zip(calibrators, taught, strict=True)]
            found["shadows"] = _kept(pairs)
        calibrator = fit_calibrator(taught)
        scores = [
            crew.attack_test(contender.on(_about(looked_at, one)), mismatch.name).scores[0]
            for one in targets[mismatch.name]
        ]
        judged = zip(scores, targets[mismatch.name], strict=True)
        found[mismatch.name] = _kept([(calibrator, score, one.member) for score, one in judged])
    return found


def _about(plan: Plan, labelled: Labelled) -> Plan:
    """The plan with this target in the test's place."""
    return replace(plan, test=plan.test._replace(target=labelled.target))


def _kept(judged: Sequence[tuple[Calibrator, Floats, Flags]]) -> Kept:
    """Means over targets of the AUC, the FPR above the threshold learnt for 0.1, and the Brier score."""

    def one(score: Floats) -> Floats:
        return np.ones((1, len(score)))

    aucs = [float(metrics.step_roc(s, m, one(s)).auc()[0]) for _, s, m in judged]
    alarms = [float((s > c.threshold(NOMINAL_FPR))[~m].mean()) for c, s, m in judged]
    briers = [float(metrics.brier(c.probability(s), m, one(s))[0]) for c, s, m in judged]
    return Kept(float(np.mean(aucs)), float(np.mean(alarms)), float(np.mean(briers)))


def attacks_compared() -> dict[str, Attack]:
    """Every signal under every calibration, by a name that says both."""
    by_name = find_attacks().by_name
    found: dict[str, Attack] = {}
    for signal, options in SIGNALS.items():
        for calibration in ("none", *CALIBRATIONS):
            made: Any = by_name[signal.split()[0]]
            found[f"{signal}, {calibration}"] = made(**options, calibration=calibration)
    return found | {name: by_name[name]() for name in STACKS}


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an attack and mismatch: the AUC, and in its detail what the calibration keeps."""
    folder = [f"data.root={options.lung_slices.resolve()}", "data=folder"]
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = options.store or Path(temporary) / "store"
        settings = composed([*folder, f"store.root={store}", "shadow.count=8", *options.override])
        launcher = stack.enter_context(closing(Launcher(settings.workers, settings.device)))
        crew = Crew(Store(settings.store_root), launcher, screen)
        pool = load_pool(settings.data, crew.store)
        plan = make_plan(settings, pool)
        crew.train(plan.generators)
        targets = train(settings, pool, plan, crew)
        kept = {name: judge(attack, plan, crew, targets) for name, attack in attacks_compared().items()}
    _show(kept, screen)
    return [
        Row(f"{mismatch}: {name}", one.auc, "AUC", None, None, detail=asdict(one))
        for name, by_mismatch in kept.items()
        for mismatch, one in by_mismatch.items()
    ]


def _show(kept: Mapping[str, Mapping[str, Kept]], screen: Console) -> None:
    """A line an attack, a column a mismatch: AUC, and below it the realised FPR at nominal 0.1."""
    for title, number in (("AUC", "auc"), ("realised FPR at nominal 0.1", "realised_fpr"), ("Brier", "brier")):
        table = Table("attack, calibration", *next(iter(kept.values())), title=title, box=None, padding=(0, 1, 0, 0))
        for name, by_mismatch in kept.items():
            table.add_row(name, *(figure(getattr(one, number)) for one in by_mismatch.values()))
        screen.print(table)


BENCHMARK = Benchmark(
    "power",
    "transfer",
    "what attacks and calibrations keep where the target's recipe is not the shadows'",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        OVERRIDE,
    ),
    needs=(LUNG_SLICES,),
    quick={"override": TINY},
    quick_about=TINY_ABOUT,
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
