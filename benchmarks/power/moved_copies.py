"""What copies that were moved do to each measure of likeness: `python -m benchmarks.power.moved_copies`.

A made-up release of strangers, into which moved copies of half of the candidates are planted, a kind at a time. Both
halves are slices that nobody else's release holds, so nothing but the copies tells.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from attacks.base import Images
from attacks.knn import NearestNeighbour
from attacks.learned_similarity import LearnedSimilarity
from attacks.observing import ObservingAttack
from attacks.ssim import StructuralSimilarity
from attacks.view import View
from benchmarks.benchmark import LUNG_SLICES, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.made_up_release import made_up_release, slices
from benchmarks.rows import Row
from harness.data.planted_copies import KINDS, made
from harness.evaluation.metrics import Ranking
from harness.seeds import rng_of

CANDIDATES = Option("--half-copied", 100, {"type": int, "metavar": "N", "help": "candidates, half of them copied"})
RELEASED = Option("--released", 256, {"type": int, "metavar": "N", "help": "fewer released images"})
REPEATS = Option("--repeats", 2, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"})
SIZE = Option("--size", 64, {"type": int, "metavar": "PX", "help": "height and width of the images"})
ATTACKS: dict[str, ObservingAttack] = {
    "knn": NearestNeighbour(),
    "ssim": StructuralSimilarity(),
    "knn turn=12 flip": NearestNeighbour(turn=12, flip=True),
    "learned_similarity": LearnedSimilarity(),
}
FPR = 0.05


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a kind of copy and attack: TPR at 5 % FPR, mean over the draws; and what the attack takes."""
    n = options.half_copied
    pool = slices(3 * n, options.size, options.lung_slices)
    n = min(n, len(pool) // 3)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    seconds = dict.fromkeys(ATTACKS, 0.0)
    for draw in range(options.repeats):
        rng = rng_of(0, "moved copies", draw)
        shuffled = pool[rng.permutation(len(pool))]
        candidates, others = shuffled[:n], shuffled[n:]
        release = made_up_release(others, others, options.released, draw)
        copied = rng.permutation(n) < n // 2
        for kind in KINDS:
            view = View(candidates, _planted(release, candidates[copied], kind, rng))
            for name, attack in ATTACKS.items():
                started = time.process_time()
                ranking = Ranking.of(attack.observe(view), copied)
                seconds[name] += time.process_time() - started
                found.setdefault((kind, name), []).append(_figures(ranking, n))
    rows = []
    for (kind, name), figures in found.items():
        tpr, auc = np.mean(figures, axis=0)
        about = {"auc": float(auc), "draws": options.repeats, "candidates": n, "released": options.released}
        rows.append(Row(f"{KINDS[kind].title}: {name}", float(tpr), "TPR at FPR 0.05", detail=about))
    views = options.repeats * len(KINDS)
    return rows + [Row(f"processor time a release: {name}", total / views, "s") for name, total in seconds.items()]


def _planted(release: Images, copied: Images, kind: str, rng: np.random.Generator) -> Images:
    """The release with some images replaced by copies, one each."""
    images = release.copy()
    images[rng.choice(len(images), len(copied), replace=False)] = made(KINDS[kind], copied, rng)
    return images


def _figures(ranking: Ranking, n: int) -> tuple[float, float]:
    """TPR at 5 % FPR, and AUC."""
    curve = ranking.roc(np.ones((1, n)))
    return float(curve.tpr_at(FPR)[0]), float(curve.auc()[0])


BENCHMARK = Benchmark(
    "power",
    "moved_copies",
    "which measures of likeness find planted copies that were moved (also `--lung-slices DIR`)",
    measure,
    options=(CANDIDATES, RELEASED, REPEATS, SIZE, LUNG_SLICES),
    quick={"half_copied": 20, "released": 64, "repeats": 1, "size": 32},
    quick_about="20 candidates in 64 images of 32 px, once",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
