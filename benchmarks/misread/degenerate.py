"""Releases that are no release: constant, equal, black, noise, one image, the members themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.hospital import copied, hospital, members, release, table, whose
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import SIDE, Grey, picture, write_all

N = 40
Released = Callable[[int], Grey]


def _released(root: Path, make: Released, n: int = N) -> list[Right]:
    """Another release for the same hospital; all that is asked is that there be no all-clear."""
    hospital(root)
    for path in (root / "release").iterdir():
        path.unlink()
    write_all(root / "release", {f"g_{number:03d}": make(number) for number in range(n)})
    return [Right({"all-clear": False})]


def _noise(number: int) -> Grey:
    return np.random.default_rng(number).integers(0, 256, (SIDE, SIDE)).astype(np.uint8)


def _nearly_constant(number: int) -> Grey:
    return (128 + np.random.default_rng(number).integers(0, 2, (SIDE, SIDE))).astype(np.uint8)


def _flat_but_a_few(number: int) -> Grey:
    return picture(260 + number) if number < 4 else np.zeros((SIDE, SIDE), np.uint8)


def _themselves(root: Path, change: Callable[[Grey], Grey] | None = None) -> list[Right]:
    """The members themselves: all of them copies, with a finite interval."""
    hospital(root)
    for path in (root / "release").iterdir():
        path.unlink()
    own = {f"g_{name}": one if change is None else change(one) for name, one in members().items()}
    write_all(root / "release", own)
    return copied(len(own), len(own))


def _pool(root: Path, side: str, make: Released) -> list[Right]:
    """Members or holdout that show nothing: nothing can be said."""
    hospital(root)
    names = [path.stem for path in sorted((root / side).glob("*.png"))]
    write_all(root / side, {name: make(number) for number, name in enumerate(names)})
    table(root / side, whose(dict.fromkeys(names, picture(0))))
    return [Right({"all-clear": False})]


def _clean(root: Path) -> list[Right]:
    """Images of nobody: the one that may get an all-clear, so that never giving one is no way out."""
    hospital(root)
    for number, path in enumerate(sorted((root / "release").iterdir())):
        write_all(root / "release", {path.stem: picture(300 + number)})
    return [Right({"all-clear": True})]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Each must get no all-clear, but for the clean one."""
    kinds: dict[str, Released] = {
        "constant, each another grey": lambda number: np.full((SIDE, SIDE), 3 * number, np.uint8),
        "all black": lambda number: np.zeros((SIDE, SIDE), np.uint8),
        "all white": lambda number: np.full((SIDE, SIDE), 255, np.uint8),
        "forty times the same": lambda number: picture(260),
        "two pictures, twenty times each": lambda number: picture(260 + number % 2),
        "pure noise": _noise,
        "nearly constant": _nearly_constant,
        "black but for four": _flat_but_a_few,
        "a gradient": lambda number: np.tile(np.arange(SIDE) * 16, (SIDE, 1)).astype(np.uint8),
        "checks": lambda number: (np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 255).astype(np.uint8),
    }
    found = [Case(name, partial(_released, make=make), "all_clear", True) for name, make in kinds.items()]
    found += [
        Case("one image", partial(_released, make=picture, n=1), "all_clear", True),
        Case("no image", partial(_released, make=picture, n=0), "all_clear", True),
        Case("the members themselves", _themselves, "audit"),
        Case(
            "the members, a level brighter",
            partial(_themselves, change=lambda one: (one + 1).astype(np.uint8)),
            "audit",
        ),
    ]
    found += [
        Case(f"{side} {what}", partial(_pool, side=side, make=kinds[kind]), "all_clear", True)
        for side in ("members", "holdout")
        for what, kind in (("constant", "all black"), ("equal", "forty times the same"), ("noise", "pure noise"))
    ]
    return [*found, Case("a clean release", _clean, "all_clear"), Case("a release with copies", _mixed, "audit")]


def _mixed(root: Path) -> list[Right]:
    hospital(root)
    assert len(release()) == N
    return copied()


BENCHMARK = class_of_inputs("degenerate", "releases that are none get no all-clear; a clean one may", cases, quick=6)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
