"""The submission: written strictly in an edition's format, and checked as it stands on the disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError


def write_submission(path: Path, ids: Sequence[str], used: NDArray[np.bool_]) -> None:
    """One line a candidate, `<id>,<0 or 1>`, no header (ImageCLEFmedical GANs 2023); then check the file."""
    lines = [f"{name},{int(flag)}\n" for name, flag in zip(ids, used, strict=True)]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    check_submission(path, ids)


def check_submission(path: Path, ids: Sequence[str]) -> None:
    """Raise InputError, naming the line and the fault, unless the file is a valid submission for `ids`."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    seen: Counter[str] = Counter()
    wanted = set(ids)
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        fields = line.split(",")
        if len(fields) != 2:
            raise InputError(f"{path}, line {number}: {line!r} is not `<figure_id>,<score>`.")
        name, used = (field.strip() for field in fields)  # the official checker trims, too
        if name not in wanted:
            raise InputError(f"{path}, line {number}: {name!r} is not a candidate of this test set.")
        if used not in ("0", "1"):
            raise InputError(f"{path}, line {number}: the score {used!r} must be 0 or 1.")
        seen[name] += 1
        if seen[name] > 1:
            raise InputError(f"{path}, line {number}: {name!r} stands there more than once.")
    missing = sorted(wanted - set(seen))
    if missing:
        raise InputError(f"{path}: {len(missing)} of {len(wanted)} candidates are missing, first {missing[0]!r}.")


class Reading(NamedTuple):
    """What a file answers, bool [n] in the order of the ids, and what was forgiven in reading it, in words."""

    used: NDArray[np.bool_]
    forgiven: tuple[str, ...]


def read_submission(path: Path, ids: Sequence[str]) -> Reading:
    """Read a submission as handed in: CRLF, a BOM, a TAB or comma and TAB between the fields are forgiven.

    Raises InputError, naming the line and the fault, where the rest is no valid submission for `ids`.
    """
    text = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    held: dict[str, str] = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        fields = [field.strip() for field in re.split(r",\t?|\t", line.strip())]
        if len(fields) != 2 or fields[0] not in ids or fields[1] not in ("0", "1") or fields[0] in held:
            raise InputError(f"{path}, line {number}: {line!r} is not `<figure_id>,<0 or 1>` of a new candidate.")
        held[fields[0]] = fields[1]
    missing = [name for name in ids if name not in held]
    if missing:
        raise InputError(f"{path}: {len(missing)} of {len(ids)} candidates are missing, first {missing[0]!r}.")
    return Reading(np.array([held[name] == "1" for name in ids], dtype=np.bool_), ())
