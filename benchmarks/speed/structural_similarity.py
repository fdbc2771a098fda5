"""Structural similarity of all pairs and the largest: `python -m benchmarks.speed.structural_similarity`.

The largest SSIM of every candidate in a large release, a few of the largest, the candidates among themselves, and
the matrix of all pairs, beside scikit-image pair by pair. How much a bound saves hangs on the pictures, so one more
job is noise, where it saves nothing.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from attacks.base import Images, Scores
from attacks.similarity import ssim_largest, ssim_matrix
from benchmarks.benchmark import LUNG_SLICES, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.made_up_release import made_up_release, slices
from benchmarks.rows import Row, at_most
from benchmarks.sides import Side, side_by_side

CANDIDATES = Option("--candidates", [200], {"type": int, "nargs": "+", "metavar": "N", "help": "of the attacks"})
RELEASED = Option("--released", 10_000, {"type": int, "metavar": "N", "help": "fewer released images"})
SIZE = Option("--size", 256, {"type": int, "metavar": "PX", "help": "height and width of the images"})
K = Option("--k", 5, {"type": int, "metavar": "K", "help": "nearest images of each candidate"})
LARGEST, MATRIX, SAME = 100.0, 25.0, 1e-6
_PEER_PAIRS = 200  # that scikit-image is timed on
_MATRIX = 64, 128  # images of either side of the matrix that ours is timed on
_CONFIRMED = 4  # candidates whose largest are looked up among all pairs
_PEER = "scikit-image, pair by pair"


def _places(n: int, m: int) -> list[tuple[int, int]]:
    return [(place % n, place * 7 % m) for place in range(min(_PEER_PAIRS, n * m))]


def by_scikit_image(first: Images, second: Images, places: list[tuple[int, int]]) -> Scores:
    """The peer: some pairs, one after the other."""
    from skimage.metrics import structural_similarity

    return np.array([structural_similarity(first[i], second[j], data_range=255) for i, j in places])


def _largest_row(
    name: str, first: Images, second: Images, k: int, *, reach: float = LARGEST, own: bool = False
) -> Row:
    """The k largest: no pair of the peer's may be more similar, and where all pairs say they are it finds as much."""
    places = [(i, j) for i, j in _places(len(first), len(second)) if not own or i != j]

    def apart(ours: Scores, theirs: Scores) -> float:
        beyond = max(value - ours[i, 0] for (i, _), value in zip(places, theirs, strict=True))
        every = ssim_matrix(first[:_CONFIRMED], second)
        if own:
            np.fill_diagonal(every, -1.0)
        largest = np.argsort(-every, axis=1)[:, :k]
        found = by_scikit_image(first, second, [(i, j) for i, row in enumerate(largest) for j in row])
        return max(0.0, beyond, float(np.abs(found.reshape(largest.shape) - ours[: len(largest)]).max()))

    largest = "the largest" if k == 1 else f"the {k} largest"
    return side_by_side(
        f"{name}: {largest} SSIM of {len(first)} in {len(second):,}, {first.shape[1]} px",
        Side("ours", lambda: ssim_largest(first, second, k, leave_self_out=own)),
        [Side(_PEER, lambda: by_scikit_image(first, second, places), share=len(places) / (len(first) * len(second)))],
        reach,
        apart=apart,
        within=SAME,
        repeats=1,
        limit="apart: how far any of the peer's pairs lies above the largest that ours found, or, of "
        f"{min(_CONFIRMED, len(first))} candidates, from ours its value where all pairs say that ours is",
    )


def _matrix_row(first: Images, second: Images) -> Row:
    x, y = (images[:n] for images, n in zip((first, second), _MATRIX, strict=True))
    places = _places(len(x), len(y))
    all_pairs = len(first) * len(second)
    return side_by_side(
        f"SSIM of all pairs of {len(first)} and {len(second):,}, {first.shape[1]} px",
        Side("ours", lambda: ssim_matrix(x, y), share=len(x) * len(y) / all_pairs),
        [Side(_PEER, lambda: by_scikit_image(x, y, places), share=len(places) / all_pairs)],
        MATRIX,
        apart=lambda ours, theirs: float(np.abs(ours[tuple(np.transpose(places))] - theirs).max()),
        within=SAME,
    )


def _missed_row(first: Images, second: Images, k: int) -> Row:
    """The bounds against all pairs of a part: no value may differ."""
    x, y = first[: _MATRIX[0]], second[: 4 * _MATRIX[1]]
    everything = -np.sort(-ssim_matrix(x, y), axis=1)[:, :k]
    wrong = float((ssim_largest(x, y, k) != everything).sum())
    return at_most(f"of {everything.size} largest SSIM, that all pairs do not confirm", wrong, "of all", 0.0, k=k)


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: the largest, the k largest, candidates among themselves, all pairs, the check, noise."""
    n, size, k = options.candidates[0], options.size, options.k
    pool = slices(2 * n, size, options.lung_slices)
    candidates, others = pool[: min(n, len(pool) // 2)], pool[min(n, len(pool) // 2) :]
    release = made_up_release(candidates, others, options.released, 0)
    kind = "phantoms" if options.lung_slices is None else "lung slices"
    grain = np.random.default_rng(0).integers(0, 256, (20 + len(release) // 100, size, size), dtype=np.uint8)
    return [
        _largest_row(kind, candidates, release, 1),
        _largest_row(kind, candidates, release, k),
        _largest_row(f"{kind}, among themselves", candidates, candidates, 1, own=True),
        _matrix_row(candidates, release),
        _missed_row(candidates, release, k),
        _largest_row("noise, that no bound tells apart", grain[:20], grain[20:], 1, reach=0.0),
    ]


BENCHMARK = Benchmark(
    "speed",
    "structural_similarity",
    "the largest structural similarities and all pairs, beside scikit-image",
    measure,
    options=(CANDIDATES, RELEASED, SIZE, K, LUNG_SLICES),
    quick={"candidates": [10], "released": 200, "size": 64},
    quick_about="10 candidates, 200 released images of 64 px",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
