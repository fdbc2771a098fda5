"""A training and a release in a process of its own: `python -m shadow_models.conformance.elsewhere FOLDER`.

The folder holds `job.json` (module, family, recipe, images, threads) and `members.npy`; `done.json` is written there.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shadow_models.conformance.worlds import DRAWN_WITH, digest, trained_on
from shadow_models.recipe import recipe_from_dict
from shadow_models.registry import find_family
from shadow_models.sample import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shadow_models.recipe import Recipe

SLOW = ("accelerate", "datasets", "diffusers", "torchvision", "transformers")


class Elsewhere(NamedTuple):
    """What came out there."""

    slow: list[str]
    """Of the libraries that take seconds to import, those that the import of the family alone brought."""
    fingerprint: str
    release: str
    """Its sha256, hex."""


def asked_elsewhere(recipe: Recipe, members: NDArray[np.uint8], n_images: int, folder: Path) -> Elsewhere:
    """Train and sample in a process of its own that finds the same modules as this one."""
    np.save(folder / "members.npy", members)
    import torch

    job = {
        "module": type(recipe).__module__,
        "family": recipe.name,
        "recipe": recipe.to_dict(),
        "images": n_images,
        "threads": torch.get_num_threads(),
    }
    (folder / "job.json").write_text(json.dumps(job))
    # a hash of a text that differs from ours, whichever that is
    salt = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(  # noqa: S603  # this module in this Python
        [sys.executable, "-m", __name__, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": salt},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Elsewhere(**json.loads((folder / "done.json").read_text()))


def _main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    before = set(sys.modules)
    importlib.import_module(job["module"])
    slow = sorted(set(SLOW) & (set(sys.modules) - before))
    import torch  # only now, or it would count as the family's

    torch.set_num_threads(job["threads"])  # sums of floats hang on how they are shared out
    recipe = recipe_from_dict(job["recipe"], find_family(job["family"]))
    generator = trained_on(np.load(folder / "members.npy"), recipe)
    release = digest(sample(generator, job["images"], seed=DRAWN_WITH))
    (folder / "done.json").write_text(json.dumps(Elsewhere(slow, generator.fingerprint(), release)._asdict()))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
