r"""A generator of your own, as a program: the members' principal components, and random draws along them.

    python -m harness.run attack=knn shadow=external 'shadow.depends=[examples/external_generator.py]' \
        'shadow.command="python examples/external_generator.py {members} {release} {n} {seed} {size}"'

The harness fills in the braces; the quotes within the quotes are Hydra's. Where a file of `depends` is edited, its
generators are made anew. Your program may be written in anything: it finds 8-bit grey PNG files in one folder, leaves
`n` images of `size` x `size` pixels in the other, and leaves the same ones for the same members and seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image


def main() -> None:
    """Train on the folder of members, and leave `n` images in the folder of the release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("members", type=Path)
    parser.add_argument("release", type=Path)
    for name in ("n", "seed", "size"):
        parser.add_argument(name, type=int)
    parser.add_argument("--components", type=int, default=16, help="at most (default %(default)s)")
    given = parser.parse_args()
    slices = np.array([np.asarray(Image.open(path)) for path in sorted(given.members.glob("*.png"))], float)
    flat = slices.reshape(len(slices), -1)
    mean = flat.mean(axis=0)
    _, spread, directions = np.linalg.svd(flat - mean, full_matrices=False)
    sd = spread[: min(given.components, len(flat) - 1)] / len(flat) ** 0.5
    for i in range(given.n):
        draw = np.random.default_rng([given.seed, i]).standard_normal(len(sd))
        image = (mean + (draw * sd) @ directions[: len(sd)]).reshape(given.size, given.size)
        Image.fromarray(image.round().clip(0, 255).astype(np.uint8)).save(given.release / f"image_{i:05d}.png")
    print(f"{len(slices)} members, {len(sd)} components, {given.n} images")


if __name__ == "__main__":
    main()
