"""Exact nearest neighbours by pixels: `python -m benchmarks.speed.nearest`.

The k nearest of a large release for every candidate, beside those who do it by brute force; every side starts from
8-bit pixels. How much a bound saves hangs on the pictures, so a second job is noise, where it saves nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.screens import Pixels
from attacks.search import nearest
from benchmarks.benchmark import LUNG_SLICES, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.made_up_release import Images, made_up_release, slices
from benchmarks.rows import Row, at_most
from benchmarks.sides import Side, side_by_side

CANDIDATES = Option("--candidates", [200], {"type": int, "nargs": "+", "metavar": "N", "help": "of the attacks"})
RELEASED = Option("--released", 10_000, {"type": int, "metavar": "N", "help": "fewer released images"})
SIZE = Option("--size", 256, {"type": int, "metavar": "PX", "help": "height and width of the images"})
K = Option("--k", 5, {"type": int, "metavar": "K", "help": "nearest images of each candidate"})
REACH = 5.0
_SHARE = 0.2  # of the release, that the peers are measured on
_CHECKED = 5  # candidates whose neighbours are sought in whole numbers, all images
_ROUNDED = 100.0  # grey levels of norm: what float32 loses of squared norms of 2^32 may be all that copies differ by


class Found(NamedTuple):
    """Distances float64 [n, k], ascending, and places [n, k]."""

    distances: NDArray[np.float64]
    places: NDArray[np.intp]


def by_bounds(candidates: Images, release: Images, k: int) -> Found:
    """Ours."""
    return Found(*nearest(Pixels.of_whole(release, 0.0), lambda: [candidates], release, k))


def faiss_flat(candidates: Images, release: Images, k: int) -> Found:
    """faiss, IndexFlatL2."""
    import faiss

    faiss.omp_set_num_threads(1)
    x, y = (one.reshape(len(one), -1).astype(np.float32) for one in (candidates, release))
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(y)
    squared, places = index.search(x, k)
    return Found(np.sqrt(np.maximum(squared, 0.0)).astype(np.float64), places)


def scikit_learn(candidates: Images, release: Images, k: int) -> Found:
    """scikit-learn's NearestNeighbors, brute."""
    from sklearn.neighbors import NearestNeighbors

    x, y = (one.reshape(len(one), -1).astype(np.float32) for one in (candidates, release))
    return Found(*NearestNeighbors(n_neighbors=k, algorithm="brute").fit(y).kneighbors(x))


def torch_product(candidates: Images, release: Images, k: int) -> Found:
    """A float32 product of all pairs in torch."""
    import torch

    x, y = (torch.from_numpy(one.reshape(len(one), -1)).float() for one in (candidates, release))
    squared = (x * x).sum(1)[:, None] + (y * y).sum(1)[None] - 2 * x @ y.T
    smallest, places = squared.topk(k, largest=False)
    return Found(smallest.clamp(min=0).sqrt().double().numpy(), places.numpy())


PEERS: dict[str, Callable[[Images, Images, int], Found]] = {
    "faiss IndexFlatL2": faiss_flat,
    "scikit-learn brute": scikit_learn,
    "torch, float32 product": torch_product,
}


def _job(name: str, candidates: Images, release: Images, k: int, reach: float) -> Row:
    part = release[: max(2 * k, round(_SHARE * len(release)))]
    of_part = by_bounds(candidates, part, k)
    return side_by_side(
        f"{name}: exact {k}-NN of {len(candidates)} in {len(release):,}, {release.shape[1]} px",
        Side("ours", lambda: by_bounds(candidates, release, k)),
        [
            Side(peer, partial(find, candidates, part, k), share=len(part) / len(release))
            for peer, find in PEERS.items()
        ],
        reach,
        apart=lambda _, theirs: float(np.abs(of_part.distances - theirs.distances).max()),
        within=_ROUNDED,
        limit="one pass over the pixels; apart in grey levels of norm, the peers' rounding",
    )


def _exact(candidates: Images, release: Images, k: int) -> Row:
    """Some candidates' neighbours and squared distances against whole numbers of every pair."""
    some = candidates[:: max(1, len(candidates) // _CHECKED)][:_CHECKED]
    found, wrong = by_bounds(some, release, k), 0
    for image, distances, places in zip(some, *found, strict=True):
        whole = np.array([((image.astype(np.int32) - other) ** 2).sum(dtype=np.int64) for other in release])
        order = np.argsort(whole, kind="stable")[:k]
        wrong += int((places != order).sum() + (distances != np.sqrt(whole[order].astype(np.float64))).sum())
    name = f"neighbours or distances of {len(some)} candidates that whole numbers do not confirm"
    return at_most(name, float(wrong), "of all", 0.0, released=len(release), k=k)


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: slices, the check in whole numbers, noise."""
    n, size = options.candidates[0], options.size
    pool = slices(2 * n, size, options.lung_slices)
    candidates, others = pool[: min(n, len(pool) // 2)], pool[min(n, len(pool) // 2) :]
    release = made_up_release(candidates, others, options.released, 0)
    kind = "phantoms" if options.lung_slices is None else "lung slices"
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (len(candidates) // 4 + len(release) // 10, size, size), dtype=np.uint8)
    return [
        _job(kind, candidates, release, options.k, REACH),
        _exact(candidates, release, options.k),
        _job(
            "noise, that no bound tells apart",
            noise[: len(candidates) // 4],
            noise[len(candidates) // 4 :],
            options.k,
            0.0,
        ),
    ]


BENCHMARK = Benchmark(
    "speed",
    "nearest",
    "the nearest released images of every candidate, beside faiss, scikit-learn and torch",
    measure,
    options=(
        CANDIDATES,
        RELEASED,
        SIZE,
        K,
        LUNG_SLICES,
    ),
    quick={"candidates": [20], "released": 400, "size": 64},
    quick_about="20 candidates, 400 released images of 64 px",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
