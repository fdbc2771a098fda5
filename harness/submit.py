"""The submission: written strictly in an edition's format, and checked as it stands on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

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
