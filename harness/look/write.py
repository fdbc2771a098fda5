"""What `--out DIR` and `--json FILE` get: the contact sheet, and the figures; no name of a file or patient."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.look.found import Found
from harness.look.options import LookSettings
from harness.report.contact_sheet import Group, Panel, sheet_png
from harness.writing import replace_file, replaced_folder, write_durably

SCHEMA = 1
SHEET, FIGURES = "contact_sheet.png", "look.json"
_COLUMNS, _ROWS = 12, 3


def write(found: Found, advice: Sequence[str], settings: LookSettings) -> None:
    """Write what was asked for, whole or not at all."""
    text = json.dumps(figures(found, advice, settings), indent=1)
    if settings.out is not None:
        with replaced_folder(settings.out) as beside:
            (beside / SHEET).write_bytes(sheet(found))
            write_durably(beside / FIGURES, text)
    if settings.json is not None:
        replace_file(settings.json, text)


def figures(found: Found, advice: Sequence[str], settings: LookSettings) -> dict[str, Any]:
    """All that is told, as JSON values."""
    low, high = found.grey_range
    alike, n = found.alike, len(found.pixels)
    return {
        "schema": SCHEMA,
        "data": settings.data.name,
        "pool": found.pool.key,
        "slices": n,
        "slices_read": len(found.pool.ids),
        "patients": len(found.per_patient),
        "slices_of_nobody": found.of_nobody,
        "patients_inferred": found.inferred,
        "slices_per_patient": {
            "min": int(found.per_patient.min()),
            "median": float(np.median(found.per_patient)),
            "max": int(found.per_patient.max()),
        },
        "size": int(found.pixels.shape[1]),
        "sizes_as_stored": [{"height": h, "width": w, "images": count} for h, w, count in found.sizes],
        "conversions": [{"what": kind, "images": count} for kind, count in found.conversions],
        "window": _window(found, settings),
        "greys": {"min": low, "max": high, "quantiles": found.quantiles, "histogram": found.histogram},
        "show_nothing": {
            name: int(which.sum())
            for name, which in (("black", found.black), ("constant", found.constant), ("noise", found.noise))
        },
        "duplicates": {
            "within_patients": {"equal": int(alike.equal_own.sum()), "near": int(alike.near_own.sum())},
            "between_patients": {
                "equal": int(alike.equal_other.sum()),
                "nearly_equal": int(alike.nearly_other.sum()),
                "near": int(alike.near_other.sum()),
            },
            "near_means": f"perceptual hashes differ in at most {alike.limit} bits",
        },
        "folders": [dict(one) for one in found.folders],
        "shadow_count": settings.shadow_count,
        "advice": list(advice),
    }


def _window(found: Found, settings: LookSettings) -> dict[str, Any] | None:
    """centre, width: of the window that was given; below, above, pixels: how many lie outside of it, None where that
    was not counted. None without a window."""
    window = settings.window
    if window is None:
        return None
    below, above, pixels = found.clipped or (None, None, None)
    return {"centre": window.centre, "width": window.width, "below": below, "above": above, "pixels": pixels}


def sheet(found: Found) -> bytes:
    """Slices evenly spaced over all, the pairs of two patients that are most alike, and what shows nothing, as PNG.

    No name of anybody stands in the picture or in the file.
    """
    n = len(found.pixels)
    spaced = np.unique(np.linspace(0, n - 1, min(n, _ROWS * _COLUMNS)).astype(int))
    title = f"All {n} slices" if len(spaced) == n else f"{len(spaced)} of {n} slices, evenly spaced"
    groups = [Group(title, [Panel(found.pixels[place]) for place in spaced])]
    if found.alike.pairs:
        panels: list[Panel] = []
        for pair in found.alike.pairs:
            panels += [Panel(found.pixels[pair.first]), Panel(found.pixels[pair.second], f"{pair.rms:.1f}")]
        title = "Pairs of two patients that are most alike, and the grey levels between them (root mean square)"
        groups.append(Group(title, panels))
    empty = np.flatnonzero(found.black | found.constant | found.noise)[:_COLUMNS]
    if len(empty):
        groups.append(Group("Black, of one grey, or noise", [Panel(found.pixels[place]) for place in empty]))
    return sheet_png(groups, _COLUMNS)
