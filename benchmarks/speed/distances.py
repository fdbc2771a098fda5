"""The other distances: `python -m benchmarks.speed.distances`.

The k nearest of a release for every candidate by each distance but `pixel` and `ssim`, beside the same written
plainly in torch: features of whole images in float32, then `torch.cdist`, or a loop over the candidates.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from attacks.components import COMPONENTS
from attacks.contrast import CONTRAST
from attacks.distances import BAND, Distance
from attacks.screens import TILES
from attacks.view import View
from benchmarks.benchmark import LUNG_SLICES, Benchmark
from benchmarks.command import run_one
from benchmarks.made_up_release import Images, made_up_release, slices
from benchmarks.rows import Row
from benchmarks.sides import Side, side_by_side
from benchmarks.speed.nearest import CANDIDATES, RELEASED, SIZE, K

if TYPE_CHECKING:
    import torch

REACH = 5.0
_SHARE = 0.02  # of the release, that the loop is measured on
_LIMITS = {
    "band": "two Fourier transforms an image in float64, whose bits are a contract; float32's take half as long",
    "pca": "32 products a pixel in float64, where float32 takes half as long; and the components of the candidates",
}
_ROUNDED = 5.0  # grey levels of norm, of float32 at 256 px
Features = Callable[[Any, Any], Any]


def plain(images: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Pixels, float32 [n, p]."""
    del anchors
    return images.flatten(1)


def one_contrast(images: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Zero mean and one standard deviation."""
    flat = plain(images, anchors)
    flat = flat - flat.mean(1, keepdim=True)
    return flat * CONTRAST / flat.std(1, correction=0, keepdim=True).clamp(min=1.0)


def band(images: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Middle frequencies at one standard deviation."""
    import torch

    height, width = images.shape[1:]
    radius = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    kept = (radius >= BAND[0]) & (radius < BAND[1])
    return one_contrast(torch.fft.irfft2(torch.fft.rfft2(images) * kept, s=(height, width)), anchors)


def components(images: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Coordinates on the leading components of the candidates."""
    import torch

    flat = anchors.flatten(1)
    _, _, axes = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    return (images.flatten(1) - flat.mean(0)) @ axes[:COMPONENTS].T


def in_tiles(images: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """The tiles, [tiles, n, pixels of each], over the root of their size."""
    del anchors
    side = images.shape[1] // TILES
    parts = images.unfold(1, side, side).unfold(2, side, side).flatten(3)
    return parts.flatten(1, 2).transpose(0, 1) / side


def moved(images: torch.Tensor, shift: int, flip: bool) -> list[torch.Tensor]:
    """In every way asked for."""
    from torch.nn.functional import pad

    (height, width), padded = images.shape[1:], pad(images[:, None], (shift,) * 4, mode="replicate")[:, 0]
    ways = [
        padded[:, top : top + height, left : left + width]
        for top in range(2 * shift + 1)
        for left in range(2 * shift + 1)
    ]
    return ways + [way.flip(2) for way in ways] if flip else ways


def by_cdist(candidates: Images, release: Images, k: int, features: Features, by: Distance) -> Any:
    """Distances float64 [n, k] by `torch.cdist` of features; the largest over parts where they have any."""
    import torch

    x, y = (torch.from_numpy(images).float() for images in (candidates, release))
    theirs = features(y, x)
    matrices = [torch.cdist(features(way, x), theirs) for way in moved(x, by.shift, by.flip)]
    distances = torch.stack([one.amax(0) if one.ndim == 3 else one for one in matrices]).amin(0)
    return distances.topk(k, largest=False).values.double().numpy()


def by_loop(candidates: Images, release: Images, k: int, features: Features, by: Distance) -> Any:
    """The same, candidate by candidate, differences squared and summed."""
    import torch

    x, y = (torch.from_numpy(images).float() for images in (candidates, release))
    theirs = features(y, x)
    found: list[Any] = []
    for ours in zip(*(features(way, x).unbind(-2) for way in moved(x, by.shift, by.flip)), strict=True):
        apart = [(theirs - one.unsqueeze(-2)).square().sum(-1).sqrt() for one in ours]
        distances = torch.stack([one.amax(0) if one.ndim == 2 else one for one in apart]).amin(0)
        found.append(distances.topk(k, largest=False).values.double().numpy())
    return np.stack(found)


JOBS: dict[str, tuple[Distance, Features]] = {
    "ncc": (Distance("ncc"), one_contrast),
    "band": (Distance("band"), band),
    "pca": (Distance("pca"), components),
    "tile": (Distance("tile"), in_tiles),
    "pixel, shift 1": (Distance(shift=1), plain),
    "pixel, flip": (Distance(flip=True), plain),
}


def _job(name: str, candidates: Images, release: Images, k: int) -> Row:
    distance, features = JOBS[name]
    part = release[: max(2 * k, round(_SHARE * len(release)))]
    of_part = distance.nearest(View(candidates, part), k)

    def apart(ours: Any, theirs: tuple[bool, Any]) -> float:
        of_all, found = theirs
        return float(np.abs(np.maximum(found, 0.5) - np.maximum(ours if of_all else of_part, 0.5)).max())

    def peer(find: Callable[..., Any], images: Images) -> tuple[bool, Any]:
        return images is release, find(candidates, images, k, features, distance)

    peers = [Side("torch.cdist, float32", partial(peer, by_cdist, release))]
    if name != "pca":  # a loop over 32 coordinates is soon done: there the coordinates are the work
        peers.append(Side("torch, a loop, float32", partial(peer, by_loop, part), len(part) / len(release)))
    return side_by_side(
        f"{k} nearest of {len(candidates)} in {len(release):,} by {name}, {release.shape[1]} px",
        Side("ours", lambda: distance.nearest(View(candidates, release), k)),
        peers,
        REACH,
        apart=apart,
        within=_ROUNDED,
        repeats=2,
        limit=_LIMITS.get(name, "one pass over the pixels") + "; apart in grey levels of norm, float32's rounding",
    )


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a distance."""
    n = options.candidates[0]
    pool = slices(2 * n, options.size, options.lung_slices)
    candidates, others = pool[: len(pool) // 2][:n], pool[len(pool) // 2 :]
    release = made_up_release(candidates, others, options.released, 0)
    return [_job(name, candidates, release, options.k) for name in JOBS]


BENCHMARK = Benchmark(
    "speed",
    "distances",
    "the nearest released images by ncc, band, pca, tile, shifts and flips, beside plain torch",
    measure,
    options=(replace(CANDIDATES, default=[100]), replace(RELEASED, default=2_000), SIZE, K, LUNG_SLICES),
    quick={"candidates": [20], "released": 200, "size": 64},
    quick_about="20 candidates, 200 released images of 64 px",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
