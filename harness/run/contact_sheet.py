"""`contact_sheet.png`: released images of the test release, each beside its nearest candidate."""

from __future__ import annotations

from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attacks.distances import Distance
from harness.data.png import grey_png
from harness.jobs.targets import candidate_images, released_images
from harness.pipeline import Outcome
from harness.source_digest import source_digest
from harness.store import Store, content_key

SCHEMA = 2
_ROWS, _PAIRS_A_ROW = 4, 6


def contact_sheet(outcome: Outcome, store: Store) -> Path:
    """The picture of the test release, made once by what draws it and kept in the store."""
    spec = outcome.plan.test.target.view
    drawn_by = [source_digest(), version("matplotlib"), version("pillow")]
    key = content_key(
        stage="contact_sheet", schema=SCHEMA, release=spec.release, candidates=spec.digests, drawn_by=drawn_by
    )

    def draw(folder: Path) -> None:
        _draw(folder / "contact_sheet.png", released_images(spec, store), candidate_images(spec, store))

    return store.get("picture", key, draw).folder / "contact_sheet.png"


def _draw(path: Path, release: NDArray[np.uint8], candidates: NDArray[np.uint8]) -> None:
    """Evenly spaced released images, ordered as drawn, with the nearest candidate and its distance."""
    from matplotlib.figure import Figure  # start-up: drawn once a release
    from PIL import Image

    shown = np.linspace(0, len(release) - 1, min(len(release), _ROWS * _PAIRS_A_ROW)).astype(int)
    distance = Distance().between(np.asarray(release[shown]), candidates, candidates)
    nearest = distance.argmin(axis=1)
    rms = distance.min(axis=1) / np.sqrt(release[0].size)
    figure = Figure(figsize=(2 * _PAIRS_A_ROW, 1.3 * _ROWS + 0.6), layout="constrained")
    figure.suptitle(
        "Released image (left), its nearest candidate (right), their root mean square difference in grey levels",
        fontsize=10,
    )
    panels = figure.subplots(_ROWS, 2 * _PAIRS_A_ROW, squeeze=False)
    for panel in panels.flat:
        panel.axis("off")
    for number, (image, place, distance) in enumerate(zip(shown, nearest, rms, strict=True)):
        row, column = divmod(number, _PAIRS_A_ROW)
        left, right = panels[row, 2 * column], panels[row, 2 * column + 1]
        left.imshow(release[image], cmap="gray", vmin=0, vmax=255)
        right.imshow(candidates[place], cmap="gray", vmin=0, vmax=255)
        right.set_title(f"{distance:.0f}", fontsize=8)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=110)
    path.write_bytes(grey_png(np.asarray(Image.open(drawn).convert("L"))))
