"""A folder laid out as an edition at its full size, from phantoms: real slices, and releases made of half of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from attacks.base import Images
from harness.data.sources.phantom import phantom_slices
from harness.editions.edition import Edition
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.work import Progress, Work

_AT_ONCE = 500  # released images a job draws
_BLEND, _SHIFT_PIXELS, _NOISE_GREYS = 0.3, 3, 3.0  # how far a released image lies from the slice it is made of


class Drawing(NamedTuple):
    """Released images to draw: their files, the number of the first, and the npy of the slices they are made of."""

    paths: tuple[Path, ...]
    first: int
    reals: Path


def make_folder(root: Path, edition: Edition, n_released: int) -> None:
    """Write the edition's five folders below `root`: phantoms, and releases made of half of them, all different."""
    counts = {role: known(edition.leaves[role].count) for role in ("test_candidates", "dev_used", "dev_not_used")}
    reals = phantom_slices(-(-sum(counts.values()) // 2), 2, known(edition.image_size), seed=0).pixels
    parts = dict(zip(counts, np.split(reals, np.cumsum([*counts.values()])), strict=False))
    for role, part in parts.items():
        for path, image in zip(_paths(root, edition, role), part, strict=True):
            Image.fromarray(image).save(path)
    drawings: list[Drawing] = []
    for role, members in (
        ("dev_generated", parts["dev_used"]),
        ("test_generated", parts["test_candidates"][: counts["test_candidates"] // 2]),
    ):
        np.save(root / f"{role}.npy", members)
        paths = _paths(root, edition, role, n_released if role == "test_generated" else None)
        drawings += [
            Drawing(tuple(paths[first : first + _AT_ONCE]), first, root / f"{role}.npy")
            for first in range(0, len(paths), _AT_ONCE)
        ]
    with closing(LocalLauncher(2, "cpu")) as launcher:
        launcher.map(_draw, drawings, _silent)


def known(fact: int | None) -> int:
    """A fact that 2023 has, and other editions may not."""
    assert fact is not None
    return fact


def _paths(root: Path, edition: Edition, role: str, count: int | None = None) -> list[Path]:
    folder = root / role.partition("_")[0] / edition.leaves[role].folders[0]
    folder.mkdir(parents=True)
    return [folder / f"{name}.png" for name in edition.leaves[role].ids(count)]


def _draw(job: Drawing, work: Work) -> None:
    """Two slices blended, shifted and noised, an image: seeded by its number and its release."""
    members: Images = np.load(job.reals)
    for number, path in enumerate(job.paths, job.first):
        rng = np.random.default_rng([number, len(members)])
        one, other = members[rng.integers(len(members), size=2)].astype(np.float32)
        share = rng.uniform(0, _BLEND)
        moved = np.roll((1 - share) * one + share * other, rng.integers(-_SHIFT_PIXELS, _SHIFT_PIXELS + 1, 2), (0, 1))
        noisy = moved + _NOISE_GREYS * rng.standard_normal(moved.shape, np.float32)
        Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)).save(path, compress_level=1)


def _silent(progress: Progress) -> None:
    del progress
