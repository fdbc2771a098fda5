"""`contact_sheet.png`: released images of the test release, each beside its nearest candidate."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attacks.distances import Distance
from harness.jobs.targets import candidate_images, released_images
from harness.pipeline import Outcome
from harness.report.contact_sheet import Group, Panel, sheet_png
from harness.source_digest import source_digest
from harness.store import Store, content_key

SCHEMA = 2
_ROWS, _PAIRS_A_ROW = 4, 6
_TITLE = "Released image (left), its nearest candidate (right), their root mean square difference in grey levels"


def contact_sheet(outcome: Outcome, store: Store) -> Path:
    """The picture of the test release, made once by what draws it and kept in the store."""
    spec = outcome.plan.test.target.view
    drawn_by = [source_digest(), version("pillow")]
    key = content_key(
        stage="contact_sheet", schema=SCHEMA, release=spec.release, candidates=spec.digests, drawn_by=drawn_by
    )

    def draw(folder: Path) -> None:
        _draw(folder / "contact_sheet.png", released_images(spec, store), candidate_images(spec, store))

    return store.get("picture", key, draw).folder / "contact_sheet.png"


def _draw(path: Path, release: NDArray[np.uint8], candidates: NDArray[np.uint8]) -> None:
    """Evenly spaced released images, ordered as drawn, with the nearest candidate and its distance."""
    shown = np.linspace(0, len(release) - 1, min(len(release), _ROWS * _PAIRS_A_ROW)).astype(int)
    distance = Distance().between(np.asarray(release[shown]), candidates, candidates)
    nearest = distance.argmin(axis=1)
    rms = distance.min(axis=1) / np.sqrt(release[0].size)
    panels = []
    for image, place, far in zip(shown, nearest, rms, strict=True):
        panels += [Panel(release[image]), Panel(candidates[place], f"{far:.0f}")]
    path.write_bytes(sheet_png([Group(_TITLE, panels)], 2 * _PAIRS_A_ROW))
