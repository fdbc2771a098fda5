"""Runs beside one another: means over seeds, ranks, paired tests; what is not to be ranked together stands apart.

from harness.compare import compare
found = compare([Path("runs")], by="attack", metric="auc")
[(row.attack, row.setting, row.estimate.value, row.rank) for row in found.rows]
found.to_pandas()
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.compare.compared import By, ComparedRuns
    from harness.evaluation.records import TargetSet


def compare(
    paths: Sequence[Path | str], *, by: By = "attack", metric: str = "auc", on: TargetSet = "shadow", seed: int = 0
) -> ComparedRuns:
    """Compare the runs that lie in folders.

    paths: folders of runs, or folders that hold some at any depth; by: what a row is: `attack` ranks attacks within
    each setting, `data`, `shadow`, `preset` and `seed` put settings or seeds of every attack beside one another,
    unranked; metric: `auc`, `tpr@RATE`, `f1`, `accuracy`, `brier`, `ece` and the other fields of a record; on: which
    targets, of `shadow` (held out), `dev` and `test`; seed: of the bootstrap. Raises InputError for a name that is
    none of these and where no run can be read; a folder that cannot be read beside others is told in `refused`.
    """
    from harness.compare.comparing import compared  # start-up: --help needs no numpy

    return compared([Path(path) for path in paths], by=by, metric=metric, on=on, seed=seed)
