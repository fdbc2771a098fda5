"""Float images: one scale for a whole folder, or a refusal that tells the range."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, full_range, write_all
from benchmarks.odd_inputs.tiff import Order, tiff

Floats = NDArray[np.float64]
_N = 6
_ABOVE, _BELOW = 1.0043, 0.991  # factors under which no grey level lies on a half, where roundings differ


def _pictures() -> dict[str, Grey]:
    return {f"s_{number:02d}": full_range(number) for number in range(_N)}


def _stored(root: Path, values: dict[str, NDArray[Any]], kind: str = "float32", order: Order = "<") -> None:
    (root / "data").mkdir()
    for name, one in values.items():
        (root / "data" / f"{name}.tif").write_bytes(tiff(one.astype(kind), order=order))


def _scaled(root: Path, top: Callable[[int], float], kind: str = "float32", order: Order = "<") -> list[Right]:
    """Each file over 0 to a top of its own, all of them meant as 0 to 1: what is above 1 is white."""
    values = {name: pixels / 255 * top(number) for number, (name, pixels) in enumerate(_pictures().items())}
    _stored(root, values, kind, order)
    seen = {
        name: np.rint(np.clip(one.astype(kind).astype(float), 0, 1) * 255).astype(np.uint8)
        for name, one in values.items()
    }
    return [Right(answer(seen), ("float",))]


def _up_to_255(root: Path) -> list[Right]:
    _stored(root, {name: pixels.astype(float) for name, pixels in _pictures().items()})
    return [Right(answer(_pictures()), ("float",))]


def _up_to_100(root: Path) -> list[Right]:
    """Dark by the scale 0 to 255, in which it lies."""
    values = {name: pixels / 255 * 100 for name, pixels in _pictures().items()}
    _stored(root, values)
    return [
        Right(answer({name: np.rint(one.astype("f4")).astype(np.uint8) for name, one in values.items()}), ("float",))
    ]


def _one_dark(root: Path) -> list[Right]:
    """0 to 255 with a slice that holds nothing above 1: it is nearly black, and not to be stretched."""
    values = {name: pixels.astype(float) for name, pixels in _pictures().items()}
    values["s_03"] = full_range(3) / 255.0
    _stored(root, values)
    seen = {name: np.rint(one).astype(np.uint8) for name, one in values.items()}
    return [Right(answer(seen), ("float",))]


def _halves(root: Path) -> list[Right]:
    """Half the files 0 to 1, half 0 to 255: no one scale, and which was meant nobody can tell."""
    values = {name: pixels / (255 if number % 2 else 1) for number, (name, pixels) in enumerate(_pictures().items())}
    _stored(root, values)
    return []


def _refused(root: Path, change: Callable[[Floats], Floats], only_one: bool = False) -> list[Right]:
    values = {
        name: change(pixels / 255) if not only_one or number == 2 else pixels / 255
        for number, (name, pixels) in enumerate(_pictures().items())
    }
    _stored(root, values)
    return []


def _with(value: float) -> Callable[[Floats], Floats]:
    def change(one: Floats) -> Floats:
        changed = one.copy()
        changed[3, 5] = value
        return changed

    return change


def _a_little_below(root: Path) -> list[Right]:
    """A resampling that overshot below zero by a few thousandths."""
    values = {name: pixels / 255 * 1.003 - 0.003 for name, pixels in _pictures().items()}
    _stored(root, values)
    seen = {
        name: np.rint(np.clip(one.astype("f4").astype(float), 0, 1) * 255).astype(np.uint8)
        for name, one in values.items()
    }
    return [Right(answer(seen), ("float",))]


def _pfm(root: Path) -> list[Right]:
    """Portable float maps, rows from below."""
    (root / "data").mkdir()
    for name, pixels in _pictures().items():
        values = np.flipud(pixels / 255).astype("<f4")
        (root / "data" / f"{name}.pfm").write_bytes(b"Pf\n16 16\n-1.0\n" + values.tobytes())
    return [Right(answer(_pictures()), ("float",))]


def _among_bytes(root: Path) -> list[Right]:
    """Floats of 0 to 1 beside plain PNGs."""
    pictures = _pictures()
    _stored(root, {name: pixels / 255 for name, pixels in [*pictures.items()][:3]})
    write_all(root / "data", dict([*pictures.items()][3:]))
    return [Right(answer(pictures), ("3 of 6",))]


def _by_pillow(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for number, (name, pixels) in enumerate(_pictures().items()):
        values = (pixels / 255 * (_ABOVE if number % 2 else _BELOW)).astype(np.float32)
        Image.fromarray(values).save(root / "data" / f"{name}.tif")
    seen = {}
    for number, (name, pixels) in enumerate(_pictures().items()):
        values = (pixels / 255 * (_ABOVE if number % 2 else _BELOW)).astype(np.float32).astype(float)
        seen[name] = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return [Right(answer(seen), ("float",))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Scales that can be told, scales that cannot, and values that are none."""
    every_second = lambda number: _ABOVE if number % 2 else _BELOW  # noqa: E731  # named for what it says
    return [
        Case("0 to 1", partial(_scaled, top=lambda number: 1.0), "images"),
        Case("0 to 1, 64 bits", partial(_scaled, top=lambda number: 1.0, kind="float64"), "images", True),
        Case("0 to 1, 16 bits", partial(_scaled, top=lambda number: 1.0, kind="float16"), "images", True),
        Case("0 to 1, big-endian", partial(_scaled, top=lambda number: 1.0, order=">"), "folder"),
        Case("0 to 0.8 each", partial(_scaled, top=lambda number: 0.8), "folder"),
        Case("up to 1.004 in every second file", partial(_scaled, top=every_second), "images", True),
        Case("up to 1.004 in every second file, a run", partial(_scaled, top=every_second), "pool", True),
        Case("up to 1.004 as Pillow writes it", _by_pillow, "folder", True),
        Case(
            "up to 1.007 in the last file alone",
            partial(_scaled, top=lambda n: 1.007 if n == _N - 1 else 1),
            "images",
            True,
        ),
        Case("a little below 0", _a_little_below, "images", True),
        Case("0 to 255", _up_to_255, "images"),
        Case("0 to 255 with a dark slice", _one_dark, "images", True),
        Case("0 to 1 and 0 to 255 in one folder", _halves, "images"),
        Case("0 to 1 beside bytes", _among_bytes, "folder"),
        Case("portable float maps", _pfm, "images", True),
        Case("-1 to 1", partial(_refused, change=lambda one: 2 * one - 1), "images"),
        Case("-1 to 1 in one file", partial(_refused, change=lambda one: 2 * one - 1, only_one=True), "folder"),
        Case("0 to 2", partial(_refused, change=lambda one: 2 * one), "images"),
        Case("0 to 4095", partial(_refused, change=lambda one: 4095 * one), "images"),
        Case("0 to 100", _up_to_100, "images", True),
        Case("a NaN", partial(_refused, change=_with(np.nan), only_one=True), "folder"),
        Case("NaN round the field of view", partial(_refused, change=_with(np.nan)), "images"),
        Case("an infinity", partial(_refused, change=_with(np.inf), only_one=True), "images"),
        Case("a negative infinity", partial(_refused, change=_with(-np.inf), only_one=True), "images"),
    ]


BENCHMARK = class_of_inputs("floats", "float images: one scale for a folder, or a refusal", cases, quick=2)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
