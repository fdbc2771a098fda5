"""Where output goes: terminals of few signs, closed pipes, full disks; a command ends in a sentence, or as usual."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.hospital import hospital
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import full_range, write_all

_FOLDERS = " ".join(f"--{side} {{root}}/{side}" for side in ("release", "members", "holdout"))
_AUDIT = f"harness.audit {_FOLDERS} --size 16 --attacks knn"
COMMANDS = {
    "editions": "harness.editions",
    "leaderboard": "harness.leaderboard --edition imageclef2023",
    "submission check": "harness.submission check {root}/submission.csv --edition imageclef2023 --ids {root}/ids.txt",
    "audit": _AUDIT,
    "audit as Markdown": f"{_AUDIT} --format markdown",
    "attribution": "harness.attribution --images {root}/images --subsets {root}/one {root}/two --size 16",
    "a refusal": f"{_AUDIT} --release nowhere-\u00e9-\u533b",
    "a dry run": "harness.run dry_run=true store.root={root}/store out={root}/out",
}
SINKS = ("ascii", "latin-1", "closed", "full")
# Each command is a process of seconds: those that print like another go into fewer.
FEWER = {
    "editions": ("closed", "full"),
    "audit as Markdown": ("ascii", "closed"),
    "attribution": ("ascii",),
    "a dry run": ("ascii", "closed"),
}
_WELL = {"ascii": (0,), "latin-1": (0,), "closed": (0, 1, 2, 120, 141), "full": (1, 2, 74)}


def _asked(root: Path, command: str, sink: str) -> list[Right]:
    """The command and its sink, left for the question; a closed pipe and a full device end as in other programs."""
    hospital(root)
    (root / "ids.txt").write_text("Schädel_1\n医_2\n", encoding="utf-8")
    (root / "submission.csv").write_text("Schädel_1,1\n医_2,0\n", encoding="utf-8")
    for number, name in enumerate(("images", "one", "two")):
        write_all(root / name, {f"é_{number}_{k}": full_range(10 * number + k) for k in range(4)})
    (root / "command.txt").write_text(COMMANDS[command].format(root=root), encoding="utf-8")
    (root / "sink.txt").write_text(sink, encoding="utf-8")
    codes = (2,) if command == "a refusal" and sink in ("ascii", "latin-1", "full") else _WELL[sink]
    return [Right({"code": code}) for code in codes]


def cases(real: Path | None = None) -> Sequence[Case]:
    """The commands that print the most, into each of the sinks."""
    full = "" if Path("/dev/full").exists() else "there is no /dev/full"
    return [
        Case(
            f"{command}, {sink}",
            partial(_asked, command=command, sink=sink),
            "printing",
            lacking=full if sink == "full" else "",
        )
        for command in COMMANDS
        for sink in FEWER.get(command, SINKS)
    ]


BENCHMARK = class_of_inputs(
    "terminals", "terminals of few signs, closed pipes and full disks: no traceback", cases, quick=8
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
