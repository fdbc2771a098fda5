"""A preset trained to its end: how long that takes, and what the release shows of members and of others."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attacks.base import Images
from attacks.distances import Distance
from benchmarks.rows import Row
from benchmarks.speed.families.slices import two_sides
from harness.data.png import grey_png
from shadow_models.denoiser import Discriminator
from shadow_models.generator import Generator
from shadow_models.one_training import Training
from shadow_models.recipe import Recipe

_UNITS = {
    "training": "s",
    "training, processor": "core-s",
    "sampling": "images/s",
    "AUC of knn, members against others": "AUC",
    "AUC of the discriminator": "AUC",
    "member to nearest released": "grey levels",
    "other to nearest released": "grey levels",
    "near copies in the release": "share",
}


class _Ended(NamedTuple):
    figures: dict[str, float]
    release: Images
    candidates: Images


def to_the_end(recipe: Recipe, options: argparse.Namespace) -> list[Row]:
    """A row a figure: its mean over the draws of members and seeds, each draw's own beside it."""
    ended = [_ended(recipe, draw, options) for draw in range(options.repeats)]
    if options.sheet is not None:
        write_sheet(options.sheet, ended[-1].release, ended[-1].candidates)
    kind = "phantoms" if options.lung_slices is None else "slices"
    about = f"{recipe.name} {options.preset} to its end, {kind}"
    shared = {"device": options.device, "steps": recipe.n_steps, "release": options.release}
    rows = []
    for what in ended[0].figures:
        each = [one.figures[what] for one in ended]
        rows.append(Row(f"{about}: {what}", float(np.mean(each)), _UNITS[what], detail={**shared, "draws": each}))
    return rows


def _ended(recipe: Recipe, draw: int, options: argparse.Namespace) -> _Ended:
    members, others = two_sides(recipe.size, draw, options.lung_slices)
    started, busy = time.perf_counter(), time.process_time()
    generator = recipe.train(members, Training(draw, device=options.device, report=_say))
    trained, busy = time.perf_counter() - started, time.process_time() - busy
    release = generator.sample(options.release, seed=draw + 1)
    sampled = time.perf_counter() - started - trained
    figures = {"training": trained, "training, processor": busy, "sampling": len(release) / sampled}
    return _Ended(figures | _shown(generator, release, members, others), release, np.concatenate([members, others]))


def _shown(generator: Generator, release: Images, members: Images, others: Images) -> dict[str, float]:
    """What release and model give away; a near copy lies within half of what parts a usual slice from its nearest."""
    from sklearn.metrics import roc_auc_score  # a second to import

    candidates = np.concatenate([members, others])
    member = np.arange(len(candidates)) < len(members)
    to_nearest = Distance().between(candidates, release, candidates).min(axis=1) / candidates.shape[1]
    found = {"AUC of knn, members against others": float(roc_auc_score(member, -to_nearest))}
    if isinstance(generator, Discriminator):
        found["AUC of the discriminator"] = float(roc_auc_score(member, generator.discriminate(candidates)))
    usual = np.median(_nearest_others(candidates))
    return found | {
        "member to nearest released": float(np.median(to_nearest[member])),
        "other to nearest released": float(np.median(to_nearest[~member])),
        "near copies in the release": float((_nearest_others(release) < usual / 2).mean()),
    }


def _nearest_others(images: Images) -> np.ndarray:
    apart = Distance().between(images, images, images)
    np.fill_diagonal(apart, np.inf)
    return apart.min(axis=1)


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
