"""What each family of generators costs: `python -m benchmarks.speed.families --preset gpu --device cpu`.

Trains every family that learns for a few steps on phantoms at a preset's size, draws a few images, and says how many
weights it has, how much arithmetic an image takes, what training holds in memory, how fast both are, and whether the
loss went down. On a GPU the first steps warm it up and are not timed. `--to-the-end FAMILY` also trains that one's
preset to its end and looks at what it releases beside members and others.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attacks.base import Images
from attacks.distances import Distance
from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row, at_least, skipped
from harness.data.png import grey_png
from shadow_models.phantoms.patient import draw_patient
from shadow_models.recipe import SIZES, Gives, Recipe, Training
from shadow_models.registry import built_in, find_family
from shadow_models.weights import WEIGHTS

N_MEMBERS = 35
_WARM_STEPS = 5
_PHANTOMS = "families"  # a seed that no pool of phantoms has


class Cost(NamedTuple):
    """losses: the first network's, a step each; seconds_a_step, seconds_an_image: after warming up; gib: at most."""

    losses: list[float]
    seconds_a_step: float
    seconds_an_image: float
    gib: float
    weights: float
    gflop_an_image: float


def measure(options: argparse.Namespace) -> list[Row]:
    """Six rows a family, and what came of the one that was trained to its end."""
    rows: list[Row] = []
    for name in options.families or trained_families():
        recipe = find_family(name).presets()[options.preset]
        rows += _rows(recipe, _cost(recipe, options), options)
    if options.to_the_end is not None:
        rows += _to_the_end(find_family(options.to_the_end).presets()[options.preset], options)
    return rows


def trained_families() -> list[str]:
    """Ours that learn in steps."""
    return [name for name in built_in() if find_family(name).presets()["quick"].n_steps]


def _rows(recipe: Recipe, cost: Cost, options: argparse.Namespace) -> list[Row]:
    batch = options.batch or getattr(recipe, "batch", 0)
    about = f"{recipe.name} {options.preset}"
    detail: dict[str, Any] = {"device": options.device, "batch": batch, "precision": _precision(recipe, options)}
    third = max(1, len(cost.losses) // 3)
    what = f"{about}: loss of the first third of steps over the last"
    fell = float(np.mean(cost.losses[:third])) / max(float(np.mean(cost.losses[-third:])), 1e-12)
    return [
        Row(f"{about}: weights", cost.weights / 1e6, "million", detail=detail),
        Row(f"{about}: arithmetic of an image", cost.gflop_an_image, "GFLOP", detail=detail),
        Row(f"{about}: memory of training", cost.gib, "GiB", detail=detail),
        Row(f"{about}: training", 1 / cost.seconds_a_step, "steps/s", detail=detail),
        Row(f"{about}: sampling", 1 / cost.seconds_an_image, "images/s", detail=detail),
        skipped(what, "two networks play against each other: no loss that should fall")
        if recipe.gives is Gives.DISCRIMINATOR
        else at_least(what, fell, "ratio", 1.0, **detail),
    ]


def _cost(recipe: Recipe, options: argparse.Namespace) -> Cost:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    cuda = options.device.startswith("cuda")
    changes: dict[str, Any] = {"steps": options.few_steps, "precision": _precision(recipe, options)}
    if hasattr(recipe, "autoencoder_steps"):
        changes["autoencoder_steps"] = options.few_steps
    if options.batch is not None:
        changes["batch"] = options.batch
    short = recipe.changed(**{name: value for name, value in changes.items() if hasattr(recipe, name)})
    losses: dict[str, list[float]] = {}
    clock: list[float] = []

    def watch(step: int, of_step: Mapping[str, float]) -> None:
        del step
        for network, loss in of_step.items():
            losses.setdefault(network, []).append(loss)
        clock.append(time.perf_counter())

        saved.next_step()

    if cuda:
        torch.cuda.reset_peak_memory_stats()
    saved = _SavedBytes()
    with nullcontext() if cuda else saved.counted():
        generator = short.train(slices(recipe.size, N_MEMBERS), Training(0, device=options.device, watch=watch))
    gib = torch.cuda.max_memory_allocated() / 2**30 if cuda else saved.most / 2**30
    counter = FlopCounterMode(display=False)
    with counter:  # also warms up
        generator.sample(1, seed=0)
    started = time.perf_counter()
    generator.sample(options.drawn, seed=1, batch=options.drawn)
    seconds = time.perf_counter() - started
    warm = min(_WARM_STEPS, len(clock) - 2)
    return Cost(
        losses=losses[next(reversed(losses))],
        seconds_a_step=(clock[-1] - clock[warm]) / (len(clock) - 1 - warm),
        seconds_an_image=seconds / options.drawn,
        gib=gib,
        weights=len(generator.content()[WEIGHTS]) / 4,
        gflop_an_image=counter.get_total_flops() / 1e9,
    )


class _SavedBytes:
    """What a step's forward pass keeps for its backward pass: the most bytes of any step, weights left out."""

    def __init__(self) -> None:
        self.most = 0
        self._held: dict[int, int] = {}

    def counted(self) -> AbstractContextManager[Any]:
        """Count within."""
        from torch.autograd.graph import saved_tensors_hooks

        def pack(tensor: Any) -> Any:
            if not tensor.is_leaf:
                storage = tensor.untyped_storage()
                self._held[storage.data_ptr()] = storage.nbytes()
            return tensor

        return saved_tensors_hooks(pack, lambda tensor: tensor)

    def next_step(self) -> None:
        """Begin anew."""
        self.most = max(self.most, sum(self._held.values()))
        self._held = {}


def slices(size: int, n: int, first: int = 0) -> Images:
    """One slice of each of n phantom patients, uint8 [n, size, size]."""
    return np.concatenate([draw_patient(_PHANTOMS, first + patient, 1, size) for patient in range(n)])


def _precision(recipe: Recipe, options: argparse.Namespace) -> str:
    """bfloat16 on a CPU is emulated, hundreds of times slower: there the presets are tried in float32."""
    return getattr(recipe, "precision", "fp32") if options.device.startswith("cuda") else "fp32"


def _to_the_end(recipe: Recipe, options: argparse.Namespace) -> list[Row]:
    """Train a preset as it is; what its release shows of members and of others, and its own variety."""
    from sklearn.metrics import roc_auc_score  # a second to import

    started = time.perf_counter()
    members, others = slices(recipe.size, N_MEMBERS), slices(recipe.size, N_MEMBERS, N_MEMBERS)
    generator = recipe.train(members, Training(0, device=options.device, report=_say))
    trained = time.perf_counter() - started
    release = generator.sample(options.release, seed=1)
    sampled = time.perf_counter() - started - trained
    candidates = np.concatenate([members, others])
    to_nearest = Distance().between(candidates, release, candidates).min(axis=1) / recipe.size
    among = Distance().between(release, release, candidates)
    np.fill_diagonal(among, np.inf)
    apart = Distance().between(candidates, candidates, candidates)
    np.fill_diagonal(apart, np.inf)
    usual = np.median(apart.min(axis=1))
    member = np.arange(len(candidates)) < N_MEMBERS
    detail = {"device": options.device, "steps": recipe.n_steps, "members": N_MEMBERS, "release": len(release)}
    if options.sheet is not None:
        write_sheet(options.sheet, release, candidates)
    found = (
        ("training", trained, "s"),
        ("sampling", len(release) / sampled, "images/s"),
        ("AUC of knn, members against others", float(roc_auc_score(member, -to_nearest)), "AUC"),
        ("member to nearest released", float(np.median(to_nearest[member])), "grey levels"),
        ("other to nearest released", float(np.median(to_nearest[~member])), "grey levels"),
        ("near copies in the release", float((among.min(axis=1) < usual / 2).mean()), "share"),
    )
    about = f"{recipe.name} {options.preset} to its end"
    return [Row(f"{about}: {what}", value, unit, detail=detail) for what, value, unit in found]


def write_sheet(path: Path, release: Images, candidates: Images) -> None:
    """Released images, each beside its nearest candidate: 4 rows of 6 pairs."""
    shown = release[np.linspace(0, len(release) - 1, 24).astype(int)]
    nearest = candidates[Distance().between(shown, candidates, candidates).argmin(axis=1)]
    pairs = np.concatenate([shown, nearest], axis=2)
    rows = [np.concatenate(list(pairs[place : place + 6]), axis=1) for place in range(0, 24, 6)]
    path.write_bytes(grey_png(np.concatenate(rows)))


def _say(done: int, total: int) -> None:
    if done % 500 == 0 or done == total:
        sys.stderr.write(f"{done} of {total} steps\n")


BENCHMARK = Benchmark(
    "speed",
    "families",
    "what each family of generators costs to train and to sample from",
    measure,
    options=(
        Option("--families", None, {"nargs": "+", "metavar": "NAME", "help": "families of generators"}),
        Option("--preset", "gpu", {"choices": [*SIZES], "help": "whose networks"}),
        Option("--device", "cpu", {"metavar": "NAME", "help": "cpu or cuda"}),
        Option("--few-steps", 30, {"type": int, "metavar": "N", "help": "optimiser steps of each network"}),
        Option("--batch", None, {"type": int, "metavar": "N", "help": "slices a step; default: the preset's"}),
        Option("--drawn", 4, {"type": int, "metavar": "N", "help": "drawn in the one batch that is timed"}),
        Option("--to-the-end", None, {"metavar": "NAME", "help": "also train this family's preset to its end"}),
        Option("--release", 256, {"type": int, "metavar": "N", "help": "images that it then releases"}),
        Option("--sheet", None, {"type": Path, "metavar": "FILE", "help": "write its contact sheet, a PNG"}),
    ),
    quick={"preset": "quick", "few_steps": 9, "batch": 2, "drawn": 2},
    quick_about="64 px, 9 steps of 2 slices",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
