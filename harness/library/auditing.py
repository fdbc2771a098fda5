"""`audit`: may a folder of synthetic images go out? The audit of `python -m harness.audit`, for programs."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.audit.defaults import ATTACKS, CHECK, DISTANCE, FALSE_COPIES, check_numbers
from harness.errors import HarnessWarning, InputError
from harness.evaluation.estimate_text import counted
from harness.library.images import Given, images_of, in_python, people, side_of
from harness.library.shown import axes_of, frame_html, told_html

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from harness.audit.examine import Audit
    from harness.audit.folders import Material
    from harness.data.sources.slices import Slices

Whose = Sequence[object] | NDArray[Any] | None


@dataclass(frozen=True, repr=False)
class AuditResult:
    """What an audit found of a release of m images.

    found: the audit as the command has it, with every figure.
    """

    found: Audit

    def __repr__(self) -> str:
        n, copies = counted(len(self.copies), "released image"), int(self.copies.sum())
        count = "counts as a copy" if copies == 1 else "count as copies"
        return f"<AuditResult of {n}, of which {copies} {count}: {(self.alarms or self.verdict)[0]}>"

    @property
    def verdict(self) -> list[str]:
        """Plain sentences, the most important first."""
        from harness.audit.verdict import verdict

        return verdict(self.found)

    @property
    def alarms(self) -> list[str]:
        """Why no membership figure can be trusted; none where all is well."""
        return list(self.found.alarms)

    @property
    def copies(self) -> NDArray[np.bool_]:
        """Which released images count as copies of members, bool [m]."""
        return ~self.found.case.kept

    def report(self) -> dict[str, Any]:
        """What `report.json` holds, schema 1."""
        from harness.audit.write import report

        return dict(json.loads(report(self.found)))

    def write(self, out: str | Path) -> None:
        """As the command's `--out`: reports, the filtered release and what was removed, in a new or empty folder.

        Raises InputError where that cannot be written, and for a release that was given as an array, whose files the
        filtered release is made of: `copies` says which images to leave out.
        """
        from harness.audit.write import check_out, write
        from harness.cli import disk_errors
        from harness.places import user_path

        if not self.found.case.material.release_files:
            raise InputError(
                "The release was an array, so there are no files to filter; leave out those of `copies`."
            )
        with disk_errors():
            check_out(folder := user_path(str(out), "out="), {})
            write(self.found, folder)

    def to_pandas(self) -> pd.DataFrame:
        """The records of `report.json`: a row a figure, of the release as given and of what the filter leaves."""
        import pandas as pd  # start-up: a second

        frame = pd.DataFrame([record for one in self.found.figures for record in one.records()])
        return frame.set_index(["section", "measure", "release"])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every figure that is a fraction or an AUC with its interval, and a cross at what to compare it with."""
        axes = axes_of(ax)
        shown = [one for one in self.found.figures if one.given.value is not None and one.section != "fidelity"]
        for place, one in enumerate(shown):
            value, low, high = (
                np.nan if end is None else end for end in (one.given.value, one.given.low, one.given.high)
            )
            axes.plot([low, high], [place, place], color="C0", linewidth=2)
            axes.plot([value], [place], "o", color="C0")
            if one.reference is not None:
                axes.plot([one.reference], [place], "x", color="0.4")
        axes.set_yticks(range(len(shown)), [one.title for one in shown])
        axes.set(xlim=(-0.02, 1.02), xlabel="fraction or AUC; x: chance or control")
        axes.invert_yaxis()
        return axes

    def _repr_html_(self) -> str:
        import pandas as pd  # start-up: a second

        from harness.audit.figures import shown
        from harness.audit.tables import given

        rows = [
            {"section": one.section, "figure": one.title, "release [95 %]": shown(one.given), "beside": one.beside}
            for one in self.found.figures
        ]
        frame = pd.DataFrame(rows).set_index("section")
        return told_html([*self.alarms, *given(self.found), *self.verdict]) + frame_html(frame)


@in_python()
def audit(
    release: Given,
    members: Given,
    holdout: Given,
    other: Given | None = None,
    *,
    member_patients: Whose = None,
    holdout_patients: Whose = None,
    other_patients: Whose = None,
    size: int | None = None,
    attacks: Sequence[str] = ATTACKS,
    distance: str = DISTANCE,
    check: str = CHECK,
    moves: bool = True,
    false_copies: float = FALSE_COPIES,
    encoder: str | Path | None = None,
    pictures: bool = False,
    seed: int = 0,
) -> AuditResult:
    """Does a release give away who was trained on? Every argument is the command's (docs/audit.md says what each is).

    release: the synthetic images; members: the slices that were trained on; holdout: real slices of other patients;
    other: slices of members' patients that were not trained on. Each uint8 [n, h, w], floats of 0 to 1, or the path
    of a folder, whose `metadata.csv` then names patients. member_patients and its kin: whose each slice of an array
    is, [n]; without, each counts as a patient. size: the working size, pixels; left out, that of the arrays, and 64
    for folders. pictures: whether the page that `write` makes shows real slices.

    Raises InputError, in a sentence, for what makes an audit meaningless.
    """
    from harness.audit.examine import audited

    side = side_of([release, members, holdout, other], size)
    check_numbers(side, false_copies, "{}=")
    whose = {"members": member_patients, "holdout": holdout_patients, "other": other_patients}
    given = {"release": release, "members": members, "holdout": holdout, "other": other}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", HarnessWarning)
        material = _material(given, whose, side)
    for one in said:
        warnings.warn(one.message, stacklevel=2)
    remarks = list(dict.fromkeys(str(one.message) for one in said if isinstance(one.message, HarnessWarning)))
    found = audited(
        material,
        attacks=attacks,
        distance=distance,
        check=check,
        encoder=None if encoder is None else Path(encoder),
        false_copies=false_copies,
        seed=seed,
        moves=moves,
        pictures=pictures,
        said=lambda: remarks,
    )
    return AuditResult(found)


def _material(given: dict[str, Given | None], whose: dict[str, Whose], side: int) -> Material:
    from harness.audit.folders import Material, check_material, read_material

    there = {name: one for name, one in given.items() if one is not None}
    folders = {name: Path(one) for name, one in there.items() if isinstance(one, str | os.PathLike)}
    for name, patients in whose.items():
        if patients is not None and (name in folders or name not in there):
            told = "its folder's metadata.csv names them" if name in folders else f"there are no {name} slices"
            raise InputError(f"{_option(name)} is for an array; {told}.")
    if len(folders) == len(there):
        other = folders.get("other")
        return read_material(folders["release"], folders["members"], folders["holdout"], other, side, option="{}")
    if folders:
        raise InputError(f"{', '.join(folders)} are folders and the others arrays; give all as one or the other.")
    released = images_of(there["release"], side, "release").pixels
    names = tuple(f"release_{place:05d}" for place in range(len(released)))
    sides = {name: _slices(one, name, whose[name], side) for name, one in there.items() if name != "release"}
    images = _named(released, names)
    material = Material(images, (), sides["members"], sides["holdout"], sides.get("other"), (), names)
    check_material(material, {name: name for name in there})
    return material


def _option(name: str) -> str:
    return f"{name.removesuffix('s')}_patients"


def _named(pixels: NDArray[np.uint8], names: tuple[str, ...]) -> Slices:
    from harness.data.sources.slices import Slices

    return Slices(pixels, names, names, frozenset(names))


def _slices(given: Given, name: str, patients: Whose, side: int) -> Slices:
    from harness.data.sources.slices import Slices

    pixels = images_of(given, side, name).pixels
    ids = tuple(f"{name}_{place:05d}" for place in range(len(pixels)))
    if patients is None:
        return _named(pixels, ids)
    return Slices(pixels, ids, people(patients, len(ids), _option(name)))
