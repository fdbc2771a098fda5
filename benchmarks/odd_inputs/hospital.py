"""A hospital's three folders, in which it is known by construction who was copied: what an audit is asked about."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.odd_inputs.case import Right
from benchmarks.odd_inputs.pictures import Grey, picture, write_all

PEOPLE, COPIES = 12, 16  # patients on either side, of two slices each; noisy copies among 40 released images
STRANGER = 120  # the first of those in neither folder, who lie near nobody's slices by chance
Side = Mapping[str, Grey]
Draw = Callable[[int, int], Grey]  # patient, slice of that patient


def members(draw: Draw = picture) -> dict[str, Grey]:
    """Slices that were trained on, by name."""
    return {f"s_{person:02d}_{k}": draw(person, k) for person in range(PEOPLE) for k in range(2)}


def holdout(draw: Draw = picture) -> dict[str, Grey]:
    """Slices of other patients."""
    return {f"s_{person:02d}_{k}": draw(person, k) for person in range(PEOPLE, 2 * PEOPLE) for k in range(2)}


def release(draw: Draw = picture) -> dict[str, Grey]:
    """The copies first, then images of nobody in either folder."""
    rng = np.random.default_rng(1)
    copied = [*members(draw).values()][:COPIES]
    noisy = [np.clip(np.rint(one + rng.normal(0, 3, one.shape)), 0, 255).astype(np.uint8) for one in copied]
    strangers = [draw(person, k) for person in range(STRANGER, STRANGER + PEOPLE) for k in range(2)]
    return {f"g_{number:03d}": one for number, one in enumerate([*noisy, *strangers])}


def whose(side: Side) -> list[tuple[str, str]]:
    """File and patient of each slice of members or holdout."""
    return [(f"{name}.png", f"P{name[2:4]}") for name in side]


def table(folder: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("file_name", "patient_id")) -> None:
    """`metadata.csv` of a folder."""
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def hospital(root: Path, draw: Draw = picture) -> list[Right]:
    """The three folders as plain as they get, and what an audit has to say of them."""
    for name, side in (("members", members(draw)), ("holdout", holdout(draw))):
        write_all(root / name, side)
        table(root / name, whose(side))
    write_all(root / "release", release(draw))
    return copied()


def copied(released: int = 40, copies: int = COPIES, *notes: str) -> list[Right]:
    """What an audit has to say where so many of the released images are copies: not to hand it out."""
    told = {"released": released, "copies": copies, "interval": True, "all-clear": False, "do not hand out": True}
    return [Right(told, notes)]
