"""The answers of an attribution, written as an edition wants them, and the numbers of subsets in a truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError
from harness.submission.ids import check_ids
from harness.writing import replace_file

Labels = NDArray[np.intp]


def write_answers(path: Path, ids: Sequence[str], answers: Labels) -> None:
    """One line an image, `<id>,<number>`, no header, numbers from 1; answers: intp [n] from 0.

    Raises InputError for ids that no line can carry.
    """
    check_ids(ids)
    lines = [f"{name},{answer + 1}\n" for name, answer in zip(ids, answers, strict=True)]
    replace_file(path, "".join(lines))


def subset_numbers(path: Path, values: Sequence[str], n_subsets: int) -> Labels:
    """Subset numbers of a truth, written from 1, as intp [n] from 0. InputError for one that is none of them."""
    known = {str(number + 1): number for number in range(n_subsets)}
    for value in values:
        if value not in known:
            raise InputError(f"{path} names the subset {value!r}; the {n_subsets} --subsets are numbered from 1.")
    return np.array([known[value] for value in values], dtype=np.intp)
